"""The tables people read: folds of the entries, disposable, rebuilt by replay."""
