"""Work that goes to a writer in another process: by its name, so it stands in a file of its own."""

from __future__ import annotations

import os
import signal
import threading
import time

from hat_clinic.store.record import Outgoing, Recorded, record
from hat_clinic.store.requests import RequestStamp
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import HatError, LedgerBroken
from hat_clinic.vocabulary.quantities import Expression, MixedExpressions
from tests.store.log_of_site import fold


def append(tx: Transaction, stamp: RequestStamp, entry: Outgoing) -> Recorded:
    return record(tx, stamp, [entry], "accepted", fold)


def size(tx: Transaction) -> int:
    return tx.tip.frontier.size


def where(tx: Transaction) -> int:
    return os.getpid()


def slowly(tx: Transaction, seconds: float) -> str:
    time.sleep(seconds)
    return "done"


def fail(tx: Transaction, error: HatError) -> None:
    raise error


def break_ledger(tx: Transaction) -> None:
    raise LedgerBroken("it is missing", seq=3)


def die(tx: Transaction) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def not_to_be_sent(tx: Transaction) -> threading.Lock:
    return threading.Lock()


def same_object(tx: Transaction, acts: object) -> bool:
    from hat_clinic.handlers.grants import ACTS

    return acts is ACTS




def mix(tx: Transaction) -> None:
    raise MixedExpressions(Expression.BASE, Expression.ANHYDROUS_HYDROCHLORIDE)


class TakesTwo(Exception):
    """An error that can be packed and not unpacked."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one + other)


def fail_unreadably(tx: Transaction) -> None:
    raise TakesTwo("one", "other")


def take_in(tx: Transaction, filling: bytes) -> int:
    return len(filling)


def end_badly(tx: Transaction) -> None:
    os._exit(70)
