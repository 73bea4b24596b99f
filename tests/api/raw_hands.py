"""Requests to a served ward, made by hand: nothing is repaired, checked or sent again on the way.

Whoever stands here may be at any terminal and may send anything. `refused` is what an inspector
does afterwards: it reads the log and finds the refusal there, with the rules that were answered.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from hat_clinic.handlers.sign_in import begin_sign_in
from hat_clinic.ledger.dsse import make_envelope, parse_envelope
from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.ledger.statement import parse_statement, payload_hash
from hat_clinic.store import ledger_rows
from hat_clinic.store.engine import reading
from hat_clinic.vocabulary.ids import TerminalId
from hat_clinic.vocabulary.moments import moment_text
from hat_clinic.vocabulary.quantities import Expression
from tests.api.served import HERE, Served, b64
from tests.api.served_ward import served_ward
from tests.clinic import Member
from tests.handlers.dosing import DIAPHIN, Ward
from tests.handlers.enrolling import identity

HYDRATE = Expression.HYDROCHLORIDE_MONOHYDRATE
ACCEPTED, REFUSED, FORBIDDEN, FALSE = 201, 409, 403, 422


def mass(milligrams: int, of: Expression = HYDRATE) -> dict[str, Any]:
    return {"of": of.value, "ug": milligrams * 1000}


@dataclass
class Hands:
    """Somebody with a keyboard and no client. `terminals` are the secrets of those enrolled here."""

    ward: Ward
    house: Served
    terminals: dict[str, str] = field(default_factory=dict)
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.terminals[self.ward.clinic.terminal] = self.house.secret

    # --- who is where ---------------------------------------------------------------------

    def enrol(self) -> TerminalId:
        """Another terminal, known here."""
        terminal = TerminalId(self.ward.clinic.ids.uuid7())
        self.terminals[terminal] = self.house.enrol(terminal)
        return terminal

    def at(self, one: Member, terminal: TerminalId | None = None) -> dict[str, str]:
        """The headers of `one`, signed in there."""
        where = terminal or self.ward.clinic.terminal
        if (one.person, where) not in self.tokens:
            found = self.ward.clinic.in_one(lambda tx: begin_sign_in(tx, one.person, where))
            self.tokens[one.person, where] = found.token
        token = self.tokens[one.person, where]
        return {"Hat-Terminal": f"{where}.{self.terminals[where]}", "Authorization": f"Bearer {token}"}

    def later(self, *people: Member, **parts: int) -> None:
        """Time has passed; these have clocked in and signed in again."""
        self.ward.clinic.clock.pass_time(**parts)
        self.tokens.clear()
        for one in people:
            self.ward.clinic.clock_in(one)

    # --- requests -------------------------------------------------------------------------

    def post(
        self, one: Member, path: str, body: Any, request: str | None = None,
        terminal: TerminalId | None = None,
    ) -> Any:  # fmt: skip
        """What is answered to a body with a request id."""
        request = request or self.ward.clinic.ids.uuid7()
        headers = self.at(one, terminal) | {"Idempotency-Key": request}
        return self.house.http.post(f"{HERE}/{path}", json=body, headers=headers)

    def draw(self, one: Member, act: str, body: Any, **how: Any) -> Any:
        """A statement that waits."""
        answer = self.post(one, f"{act}/statement", body, **how)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, one: Member, statement: Any, envelope: bytes, terminal: TerminalId | None = None) -> Any:
        """What is answered to these bytes as the signed statement."""
        path = f"{HERE}/statements/{statement['statement']}/signature"
        return self.house.http.post(path, json={"envelope": b64(envelope)}, headers=self.at(one, terminal))

    def sign(self, one: Member, statement: Any, terminal: TerminalId | None = None) -> Any:
        """What is answered to the statement, honestly signed."""
        return self.send(one, statement, signed(one, statement), terminal)

    def both(self, one: Member, act: str, body: Any, **how: Any) -> Any:
        """A signed act, both halves."""
        return self.sign(one, self.draw(one, act, body, **how), how.get("terminal"))

    # --- what is on record ----------------------------------------------------------------

    def entry(self, seq: int) -> tuple[str, dict[str, Any]]:
        """Tag and body of an entry, as an inspector reads it in the log itself."""
        site_id = self.ward.clinic.site.site_id
        with reading(self.ward.clinic.engine) as connection:
            ((_, leaf),) = ledger_rows.leaf_chunk(connection, site_id, seq, 1)
            envelope = ledger_rows.envelopes(connection, site_id, seq, seq)[seq]
        return parse_leaf(leaf).tag, parse_statement(parse_envelope(envelope).payload).body

    def refused(self, answer: Any, act: str, *rules: str, status: int = REFUSED) -> Any:
        """It was refused by these rules, and so it stands in the log."""
        assert answer.status_code == status, answer.text
        problem = answer.json()
        assert [each["rule"] for each in problem["findings"]] == list(rules)
        assert all(each["words"] and each["source"] for each in problem["findings"])
        assert (problem["outcome"], problem["entries"][0]["tag"]) == ("refused", "act-refused")
        tag, body = self.entry(problem["first_seq"])
        assert (tag, body["act"], body["rules"]) == ("act-refused", act, list(dict.fromkeys(rules)))
        return problem

    # --- a dose ---------------------------------------------------------------------------

    def permit_body(self, milligrams: int = 15) -> dict[str, Any]:
        ward = self.ward
        volume = {"ul": milligrams * 10}
        draw = {"container": ward.vials[0], "lot": "L1", "mass": mass(milligrams), "volume": volume}
        return {
            "patient": ward.patient, "visit": ward.visit, "prescription": ward.prescription,
            "product": DIAPHIN.product, "mass": mass(milligrams), "draws": [draw],
        }  # fmt: skip

    def permitted(self) -> str:
        """A dose that Nia may prepare."""
        answer = self.post(self.ward.nia, "permit-dose", self.permit_body())
        assert answer.status_code == ACCEPTED, answer.text
        dose: str = answer.json()["made"]["dose"]
        return dose

    def prepared(self) -> dict[str, Any]:
        """What a second person must know of a dose that Nia has prepared, to read it rightly."""
        dose = self.permitted()
        statement = self.draw(self.ward.nia, "prepare-dose", {"dose": dose})
        assert self.sign(self.ward.nia, statement).status_code == ACCEPTED
        return self.reading(dose, statement)

    def reading(self, dose: str, prepared: Any) -> dict[str, Any]:
        """What a second person who reads rightly has to say of what was prepared."""
        return {
            "dose": dose,
            "prepared": named(prepared),
            "identity": b64(identity(self.ward.clinic, self.ward.patient).rec),
            "reading": mass(15),
            "container_ending": self.ward.vials[0][-4:],
        }

    def given(self) -> str:
        """A whole dose, from permit to the second person's word that it was given."""
        reading = self.prepared()
        dose: str = reading["dose"]
        assert self.both(self.ward.noa, "verify-dose", reading).status_code == ACCEPTED
        self.hand_over_and_give(dose)
        return dose

    def hand_over_and_give(self, dose: str) -> None:
        """A verified dose is given, and both its people have said so."""
        ward = self.ward
        assert self.post(ward.nia, "hand-over-dose", {"dose": dose}).status_code == ACCEPTED
        now = moment_text(ward.clinic.clock.now())
        body = {"dose": dose, "given": mass(15), "remainder": mass(0), "happened_at": now}
        statement = self.draw(ward.nia, "give-dose", body)
        assert self.sign(ward.nia, statement).status_code == ACCEPTED
        seen = {"dose": dose, "names": named(statement)}
        assert self.both(ward.noa, "verify-given", seen).status_code == ACCEPTED


def named(statement: Any) -> str:
    """How a second person's statement names this one."""
    return b64(payload_hash(b64decode(statement["payload"])))


def signed(one: Member, statement: Any) -> bytes:
    """The envelope of a statement, signed by the key of `one` under the id of that key."""
    payload = b64decode(statement["payload"])
    return make_envelope(statement["payload_type"], payload, one.key.key_id, one.key.sign)


@contextmanager
def hands(engine: Engine) -> Iterator[Hands]:
    """A served ward with somebody at its keyboard."""
    with served_ward(engine) as (ward, house):
        yield Hands(ward, house)
