"""What people type, turned into values. Whatever has two readings is asked for again.

Raises, everywhere: Rejected, in words that say how it is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.moments import clock_text, require_zone
from hat_clinic.vocabulary.quantities import Expression, Mass

ENDING = 4
LONGEST_AGO = timedelta(hours=12)
_MILLIGRAMS = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,6})(?:\.([0-9]{1,3}))?")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):?([0-5][0-9])")


def milligrams(text: str, expression: Expression, field: str) -> Mass:
    """The mass: `15`, `67.5`, `1,000`; a number below one begins with 0."""
    parts = _MILLIGRAMS.fullmatch(text.strip())
    if parts is None:
        raise Rejected("type milligrams in digits, such as 15 or 67.5", field)
    whole, decimals = parts.groups()
    micrograms = int(whole.replace(",", "")) * 1000 + int((decimals or "").ljust(3, "0"))
    return Mass(micrograms, expression)


def endings(text: str, field: str) -> tuple[str, ...]:
    """The last four characters of each container that was typed or scanned, in that order.

    Why none is left out, not even one that was typed twice: how many there are is being read, too.
    """
    found = apart(text)
    if not found:
        raise Rejected(f"type the last {ENDING} characters of every container, or scan them", field)
    for each in found:
        if len(each) < ENDING:
            raise Rejected(f"“{each}” is less than the last {ENDING} characters of a container", field)
    return tuple(each[-ENDING:] for each in found)


def apart(text: str) -> tuple[str, ...]:
    """What stands between spaces or commas."""
    return tuple(text.replace(",", " ").split())


def ended_at(text: str, zone: str, now: datetime, field: str) -> datetime:
    """When it ended, by the wall clock of `zone`, in the last 12 hours; nothing typed is now.

    Why the latest that is not in the future: in the hour that comes twice both are possible, and a
    pause is never counted longer than it was.
    """
    if not text.strip():
        return now
    parts = _CLOCK.fullmatch(text.strip())
    if parts is None:
        raise Rejected("type the time in 24 hours, such as 09:05", field)
    hours, minutes = map(int, parts.groups())
    today = now.astimezone(require_zone(zone)).replace(hour=hours, minute=minutes, second=0, microsecond=0)
    walls = [(today - timedelta(days=days)).replace(fold=fold) for days in (0, 1) for fold in (0, 1)]
    latest = max(each for each in (wall.astimezone(UTC) for wall in walls) if each <= now)
    if now - latest > LONGEST_AGO:
        raise Rejected(f"it is {clock_text(now, zone)}: this time has not come yet", field)
    return latest


def choices(text: str, of: Sequence[str], field: str) -> tuple[str, ...]:
    """The choices whose digits were typed, in order, each once."""
    digits = dict.fromkeys(text.replace(" ", "").replace(",", ""))
    if not digits or any(not each.isdecimal() or not 1 <= int(each) <= len(of) for each in digits):
        raise Rejected(f"type digits from 1 to {len(of)}", field)
    return tuple(of[int(each) - 1] for each in digits)


def choice(text: str, of: Sequence[str], field: str) -> str:
    """The one choice whose digit was typed."""
    found = choices(text, of, field)
    if len(found) != 1:
        raise Rejected(f"type one digit from 1 to {len(of)}", field)
    return found[0]


def reading(text: str, field: str) -> int | None:
    """What an instrument showed, in whole numbers; None where nothing was measured."""
    found = text.strip()
    if not found:
        return None
    if not found.isascii() or not found.isdecimal() or len(found) > 3:
        raise Rejected("type a whole number, or leave it empty", field)
    return int(found)


def passed(since: datetime, now: datetime) -> timedelta:
    """The time since then; never below nothing, whatever a clock said."""
    return max(now - since, timedelta(0))
