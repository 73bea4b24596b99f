"""What stands beside the micrograms says the same in other units: volumes, pieces, site time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from tests.stories.recompute_register import NAMES


def require_same_said_twice(rows: Iterable[Mapping[str, str]]) -> None:
    """ValueError for a volume, a number of pieces or a time that is not what its row says otherwise."""
    for row in rows:
        line = f"{row['page']} line {row['line']}"
        for unit, one in ("microlitres", int(row["one container (microlitres)"] or 0)), ("pieces", 1):
            for name in NAMES:
                amount = int(row[f"{name} (micrograms)"] or 0)
                follows = abs(amount) * one // int(row["one container (micrograms)"])
                beside = row.get(f"{name} ({unit})")
                if beside and int(beside) != (follows if amount >= 0 else -follows):
                    raise ValueError(f"{line}: {beside} {unit} are written, {follows} follow")
        for what in ("obtained or supplied", "entered"):
            told, utc = (row[f"{what} ({clock})"] or "0001-01-01" for clock in ("site time", "UTC"))
            if datetime.fromisoformat(told) != datetime.fromisoformat(utc).replace(microsecond=0):
                raise ValueError(f"{line}: {told} is not {utc}")
