"""The auditor's checking: people, roles, balances and the equation, from iterators alone."""
