"""Use cases: load, decide, record; one module per column."""
