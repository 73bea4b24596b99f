"""Why a store cannot be opened: each one ends the start-up, none of them changes anything."""

from __future__ import annotations

from hat_clinic.vocabulary.errors import HatError


class StoreUnusable(HatError):
    """The database cannot be used as it stands; the words say what to do."""


class Busy(StoreUnusable):
    """Another process has this database file open."""


class WrongKey(StoreUnusable):
    """The file does not open with this key, or is not a database."""


class UnsafeVersion(StoreUnusable):
    """This SQLite can corrupt a file, or this PostgreSQL is older than what was tested."""


class WrongRole(StoreUnusable):
    """This PostgreSQL role could rewrite the ledger."""


class SchemaBehind(StoreUnusable):
    """The tables are not those of this version of the program."""
