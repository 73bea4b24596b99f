"""A terminal that is killed at any step loses nothing, and does nothing twice or otherwise."""

from __future__ import annotations

import json
import multiprocessing
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.staff import GrantRole
from hat_clinic.handlers import patients
from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.store import ledger_rows
from hat_clinic.store.engine import reading
from hat_clinic.vocabulary.terms import Role
from tests.api.served import seed_of
from tests.client.at_work import AtWork, at_work
from tests.client.killed_terminal import Shift, work

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.client.killed_terminal"])
FEWEST_STEPS = 25
"""Fewer would mean that the steps are not counted any more."""
GRANTED, ENROLLED = "role-granted", "patient-enrolled"


@dataclass
class Watched:
    """The server's side of the pipe: what was sent stood on the terminal's disk before it came."""

    at: AtWork
    meanings: dict[str, bytes] = field(default_factory=dict)

    def answer(self, method: str, url: str, content: bytes, headers: dict[str, str]) -> Any:
        kept = (self.at.folder / "outbox" / f"{self.at.enrolment.terminal}.jsonl").read_bytes()
        request = headers.get("idempotency-key")
        if request is not None:
            assert request.encode() in kept, "it was sent before it was kept"
            assert self.meanings.setdefault(request, content) == content, "one id, two meanings"
        elif url.endswith("/signature"):
            assert json.loads(content)["envelope"].encode() in kept, "signed, sent, and not kept"
        answer = self.at.house.http.request(method, url, content=content, headers=headers)
        return answer.status_code, dict(answer.headers), answer.content

    def run(self, *arguments: Any) -> bool:
        """Whether the terminal's process came to its end by itself."""
        ours, theirs = FORKS.Pipe()
        child = FORKS.Process(target=work, args=(theirs, self.at.folder, self.at.enrolment, *arguments))
        child.start()
        theirs.close()
        with suppress(EOFError, OSError):
            while True:
                ours.send(self.answer(*ours.recv()))
        child.join(30)
        assert child.exitcode in (0, -9)
        return child.exitcode == 0


def entries(at: AtWork, since: int) -> dict[str, str]:
    """The kind of each entry since then, by its request."""
    with reading(at.house.clinic.engine) as conn:
        chunk = ledger_rows.leaf_chunk(conn, at.house.clinic.site.site_id, since, 100)
        return {leaf.request: leaf.tag for leaf in (parse_leaf(data) for _, data in chunk)}


@pytest.mark.only_on("sqlcipher", reason="the terminal's files are the same whatever the server's engine")
def test_killed_at_any_step_nothing_is_lost_and_nothing_done_twice(
    engine: Engine, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    with at_work(engine, tmp_path, patients.ACTS) as at:
        clinic = at.house.clinic
        third = clinic.hire("A-03", Role.ADMINISTRATOR)
        clinic.both("grant-role", GrantRole(clinic.ada.person, Role.NURSE), clinic.bo, third)
        at.terminal.look_at_log()
        shift = Shift(
            at.ada.person, at.ada.key, seed_of(clinic.ada), at.ada.require_token(), clinic.clock.now()
        )
        watched, last, ended = Watched(at), 0, False
        while not ended:
            last += 1
            at.terminal.close()
            before = at.house.size()
            ended = watched.run(shift, acts(at, last), last)
            reached = entries(at, before)
            at.terminal = at.start()
            waiting = {each.request for each in at.terminal.outbox.waiting()}
            told = {each.answer.receipt.request for each in at.terminal.resend(at.ada)}
            assert at.terminal.outbox.waiting() == ()
            after = entries(at, before)
            assert max(Counter(after.values()).values(), default=0) <= 1, "done twice"
            assert reached.items() <= after.items() and after.keys() - reached.keys() <= told
            assert after.keys() & waiting == told, "done, and the terminal does not know"
        assert sorted(after.values()) == [ENROLLED, GRANTED] and last > FEWEST_STEPS
        tell(f"a terminal killed at each of {last - 1} steps: nothing lost, nothing done twice")


def acts(at: AtWork, number: int) -> Any:
    identifiers = [{"system": "invented-number", "value": f"756.{number}"}]
    patient = {
        "family": f"Invented {number}",
        "given": "Ana",
        "born": "1984-02-29",
        "identifiers": identifiers,
    }
    return ("enrol-patient", patient), ("grant-role", {"person": at.house.clinic.bo.person, "role": "nurse"})
