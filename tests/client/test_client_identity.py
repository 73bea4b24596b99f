"""Whose name is on the screen: a server that shows another patient's is refused."""

from __future__ import annotations

from datetime import date

import pytest

from hat_clinic.client.identity import Identity, open_identity, require_enrolled
from hat_clinic.client.statements import require_asked
from hat_clinic.domain.entries.patients import Identifier
from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.ledger.leaf import envelope_hash
from hat_clinic.ledger.statement import MACHINE, Statement, payload_type
from hat_clinic.vocabulary.errors import BadProof
from tests.client.log_in_memory import ORIGIN, MemoryLog, request_id
from tests.client.told_statements import (
    ANA_KELLER,
    BEA_MEIER,
    KELLER,
    KELLERS,
    KEY,
    MEIER,
    NOON,
    asked,
    drawn,
    enrolled,
)


def test_refuses_a_server_that_shows_another_patients_name() -> None:
    """Meier's name on the screen, Keller's dose in the statement: refused wherever it is tried."""
    with pytest.raises(BadProof, match="not the identity entry that the statement relies on"):
        open_identity(MEIER, KELLERS.rec, ANA_KELLER, ORIGIN)
    with pytest.raises(BadProof, match="identity of another patient"):
        open_identity(MEIER, envelope_hash(MEIER), ANA_KELLER, ORIGIN)
    meiers = open_identity(MEIER, envelope_hash(MEIER), BEA_MEIER, ORIGIN)
    one = asked(identity=meiers)
    with pytest.raises(BadProof, match="another patient than the one shown"):
        require_asked(drawn(one), one, NOON)


def test_refuses_a_name_made_up_for_this_screen() -> None:
    made_up = enrolled(ANA_KELLER, "Meier")
    shown = open_identity(made_up, envelope_hash(made_up), ANA_KELLER, ORIGIN)
    one = asked(identity=shown)
    with pytest.raises(BadProof, match="does not rely on the identity"):
        require_asked(drawn(one), one, NOON)
    log = MemoryLog()
    log.add(KELLER, "patient-enrolled")
    require_enrolled(KELLERS, log.proven(0), log.vkey)
    with pytest.raises(BadProof, match="not in the log"):
        require_enrolled(shown, log.proven(0), log.vkey)


def test_the_identity_shown_is_what_the_entry_says() -> None:
    numbers = (Identifier("ahv", "756"),)
    wanted = Identity(ANA_KELLER, "Keller", "Ana", date(1984, 2, 29), numbers, envelope_hash(KELLER))
    assert wanted == KELLERS


@pytest.mark.parametrize("wrong", [{"origin": "hat.invalid/zh2"}, {"tag": "patient-arrived"}])
def test_refuses_an_identity_of_another_log_or_kind(wrong: dict[str, str]) -> None:
    envelope = enrolled(ANA_KELLER, "Keller", **wrong)
    with pytest.raises(BadProof, match="no identity entry of this log"):
        open_identity(envelope, envelope_hash(envelope), ANA_KELLER, ORIGIN)


def test_refuses_an_identity_that_cannot_be_read() -> None:
    said = Statement(bytes(16), ORIGIN, request_id(5), "t1", "s", MACHINE, "attributed", {"patient": "x"})
    envelope = make_envelope(payload_type("patient-enrolled"), said.payload(), MACHINE, KEY.sign)
    with pytest.raises(BadProof, match="cannot be read"):
        open_identity(envelope, envelope_hash(envelope), ANA_KELLER, ORIGIN)
