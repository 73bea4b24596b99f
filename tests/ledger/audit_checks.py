"""Running the audit over a log in memory."""

from __future__ import annotations

import re

import pytest

from hat_clinic.ledger.audit import AuditResult, audit, audit_all
from hat_clinic.ledger.checkpoint import Checkpoint
from hat_clinic.vocabulary.errors import LedgerBroken
from tests.ledger.ledger_hands import HEAD
from tests.ledger.memory_log import MemoryKeyring, MemoryLog, written


def check(log: MemoryLog, *outside: Checkpoint, anchor: bool = False) -> AuditResult:
    policy = written(2).anchor() if anchor else None
    return audit_all(audit(log, MemoryKeyring(), HEAD.vkey(), outside, anchor=policy))


def broken(log: MemoryLog, seq: int, words: str, *outside: Checkpoint, anchor: bool = False) -> None:
    with pytest.raises(LedgerBroken, match=re.escape(words)) as caught:
        check(log, *outside, anchor=anchor)
    assert caught.value.seq == seq
