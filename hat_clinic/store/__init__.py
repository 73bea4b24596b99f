"""Engines, the writer, ledger rows and sealed bytes, on SQLCipher and PostgreSQL."""
