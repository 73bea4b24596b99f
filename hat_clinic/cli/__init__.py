"""The commands an operator types; with the wiring, the composition root."""
