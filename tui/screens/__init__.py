"""One module a step; each screen shows what its step needs, and Esc always leads back unsaved."""
