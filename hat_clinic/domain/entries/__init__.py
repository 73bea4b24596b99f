"""Every fact that can stand in the ledger, one frozen dataclass each."""
