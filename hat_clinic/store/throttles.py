"""Throttles: who failed to sign in too often waits, and only who failed there.

A bucket is one account at one terminal, so a stranger cannot lock a nurse out from
elsewhere. All unknown terminals share one bucket. Guesses at a staff code are counted in a bucket
that goes by the code alone: one for persons would tell which codes are somebody's. Waiting is
decided by comparing times; nothing runs in the background. Failures are also counted in windows
of 15 minutes, each of which becomes one `SignInFailures` entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from hat_clinic.store.schema import throttle, throttle_window
from hat_clinic.vocabulary.moments import moment_text, parse_moment

FREE_FAILURES = 5
LONGEST_WAIT = timedelta(minutes=15)
WINDOW = timedelta(minutes=15)

_BUCKET = (
    throttle.c.site_id == bindparam("here"),
    throttle.c.account == bindparam("of"),
    throttle.c.terminal_id == bindparam("at"),
)
_GET = select(throttle.c.failures, throttle.c.last_at).where(*_BUCKET)
_ADD = insert(throttle)
_COUNT = update(throttle).where(*_BUCKET).values(failures=bindparam("count"), last_at=bindparam("moment"))
_CLEAR = delete(throttle).where(*_BUCKET)
_IN_WINDOW = (
    throttle_window.c.site_id == bindparam("here"),
    throttle_window.c.account == bindparam("of"),
    throttle_window.c.terminal_id == bindparam("at"),
    throttle_window.c.window_at == bindparam("window"),
)
_ADD_WINDOW = insert(throttle_window)
_COUNT_WINDOW = update(throttle_window).where(*_IN_WINDOW).values(failures=throttle_window.c.failures + 1)
_TAKE_WINDOWS = (
    delete(throttle_window)
    .where(throttle_window.c.site_id == bindparam("here"), throttle_window.c.window_at <= bindparam("last"))
    .returning(
        throttle_window.c.account,
        throttle_window.c.terminal_id,
        throttle_window.c.window_at,
        throttle_window.c.failures,
    )
)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where failures are counted together: an account at a terminal.

    An account is a person, or one of a fixed number of slots for staff codes, so that guessing cannot
    fill the table. In what goes on record it is a person, or "" for a code that is nobody's.
    """

    account: str
    terminal_id: str


UNKNOWN_TERMINAL = Bucket("", "")


@dataclass(frozen=True, slots=True)
class FailureWindow:
    """How often one bucket failed in the quarter of an hour from `window_at` on."""

    bucket: Bucket
    window_at: datetime
    failures: int


def wait_after(failures: int) -> timedelta:
    """How long nobody may try again after that many failures in a row.

    Five are free; then 2, 4, 8 ... seconds, at most 15 minutes.
    """
    over = failures - FREE_FAILURES
    if over <= 0:
        return timedelta(0)
    return min(timedelta(seconds=1 << min(over, 16)), LONGEST_WAIT)


def wait(connection: Connection, site_id: str, bucket: Bucket, now: datetime) -> timedelta:
    """How long this bucket must still wait; zero if it may try.

    Why never longer than the wait itself: after the clock was set back, `now` lies before the
    last failure, and somebody must not be locked out until the clock catches up.
    """
    found = connection.execute(_GET, _bucket(site_id, bucket)).one_or_none()
    if found is None:
        return timedelta(0)
    whole = wait_after(found.failures)
    left = parse_moment(found.last_at) + whole - now
    return min(max(left, timedelta(0)), whole)


def note_failure(
    connection: Connection, site_id: str, bucket: Bucket, now: datetime, account: str | None = None
) -> int:
    """The failure counts; returns how many there are now in a row.

    `account` is whose failure goes on record, where the bucket does not say it.
    """
    here = _bucket(site_id, bucket)
    found = connection.execute(_GET, here).one_or_none()
    failures = 1 if found is None else found.failures + 1
    if found is None:
        row = _row(site_id, bucket) | {"failures": failures, "last_at": moment_text(now)}
        connection.execute(_ADD, row)
    else:
        connection.execute(_COUNT, here | {"count": failures, "moment": moment_text(now)})
    window = moment_text(window_of(now))
    told = bucket if account is None else Bucket(account, bucket.terminal_id)
    if connection.execute(_COUNT_WINDOW, _bucket(site_id, told) | {"window": window}).rowcount == 0:
        connection.execute(_ADD_WINDOW, _row(site_id, told) | {"window_at": window, "failures": 1})
    return failures


def clear(connection: Connection, site_id: str, bucket: Bucket) -> None:
    """The bucket may try at once: somebody signed in. The windows keep their counts."""
    connection.execute(_CLEAR, _bucket(site_id, bucket))


def take_windows(connection: Connection, site_id: str, now: datetime) -> tuple[FailureWindow, ...]:
    """The windows that have ended, each handed out once, oldest first."""
    ended = connection.execute(_TAKE_WINDOWS, {"here": site_id, "last": moment_text(window_of(now - WINDOW))})
    windows = [
        FailureWindow(Bucket(row.account, row.terminal_id), parse_moment(row.window_at), row.failures)
        for row in ended
    ]
    return tuple(sorted(windows, key=lambda w: (w.window_at, w.bucket.account, w.bucket.terminal_id)))


def window_of(moment: datetime) -> datetime:
    """The start of the quarter of an hour in which `moment` lies."""
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def _bucket(site_id: str, bucket: Bucket) -> dict[str, str | int]:
    return {"here": site_id, "of": bucket.account, "at": bucket.terminal_id}


def _row(site_id: str, bucket: Bucket) -> dict[str, str | int]:
    return {"site_id": site_id, "account": bucket.account, "terminal_id": bucket.terminal_id}
