"""The terminal: screens for the prescriber, the nurse and the auditor."""
