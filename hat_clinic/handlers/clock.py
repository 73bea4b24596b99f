"""Two people accept the time after the clock was in doubt; and what is asked of it before a permit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hat_clinic.domain.clock import AcceptClock, AgreeClock, decide_accept, decide_agree
from hat_clinic.domain.entries import Entry
from hat_clinic.domain.entries.system import ClockAccepted, ClockAgreed, ClockDoubted
from hat_clinic.handlers.acts import Act, Actor, Decision
from hat_clinic.projections.clock import site_clock
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.terms import Role

_MILLISECOND = timedelta(milliseconds=1)
KEEPERS = frozenset(Role) - {Role.AUDITOR}


def drift(tx: Transaction) -> timedelta | None:
    """By how much the wall clock is off the time that surely passed; None if it can be trusted."""
    return tx.timekeeper.drift(tx.now, tx.boot_ns, tx.tip.at, site_clock(tx).agreed_seq)


def doubt_to_record(tx: Transaction, found: timedelta | None) -> tuple[Entry, ...]:
    """The entry that tells of a doubt nobody has recorded yet."""
    if found is None or site_clock(tx).doubted:
        return ()
    return (ClockDoubted(found > timedelta(0), abs(found) // _MILLISECOND),)


def _accept(tx: Transaction, actor: Actor, command: AcceptClock) -> Decision:
    return Decision(decide_accept(command, tx.now))


def _agree(tx: Transaction, actor: Actor, command: AgreeClock) -> Decision:
    return Decision(decide_agree(site_clock(tx), command, actor.person, tx.now))


ACTS: tuple[Act[Any], ...] = (
    Act("accept-clock", AcceptClock, ClockAccepted, KEEPERS, _accept),
    Act("agree-clock", AgreeClock, ClockAgreed, KEEPERS, _agree),
)
