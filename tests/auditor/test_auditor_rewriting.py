"""The past made anew: with which keys it is found out from what, and when nobody can tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select

import tests.clinic
from hat_clinic.domain.staff import GrantRole
from hat_clinic.handlers import patients
from hat_clinic.handlers.verdict import Code
from hat_clinic.store.schema import metadata
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.terms import Role
from tests.auditor.verified_clinic import Inspector, Intruder, open_clinic, with_a_past
from tests.clinic import Clinic, founded
from tests.store.log_of_site import site_keys


@pytest.fixture
def clinic(engine: Engine) -> Iterator[Clinic]:
    one = open_clinic(engine)
    yield one
    one.close()


@pytest.fixture
def inspector(clinic: Clinic) -> Inspector:
    one = Inspector(clinic)
    assert one.verify().code is Code.HOLDS
    return one


@pytest.fixture
def intruder(clinic: Clinic, database: Any) -> Iterator[Intruder]:
    one = Intruder(clinic, database)
    yield one
    one.close()


def copy(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Everything in the database."""
    return {
        name: [dict(row._mapping) for row in connection.execute(select(table))]
        for name, table in metadata.tables.items()
    }


def wipe(connection: Connection) -> None:
    for table in metadata.tables.values():
        connection.execute(table.delete())


def restore(connection: Connection, everything: dict[str, list[dict[str, Any]]]) -> None:
    wipe(connection)
    for name, stored in everything.items():
        if stored:
            connection.execute(insert(metadata.tables[name]), stored)


def rewrite(clinic: Clinic, intruder: Intruder) -> Clinic:
    """The same two founders begin the same log once more, and then other things happen."""
    clinic.close()
    with intruder.at_work(keep=True) as connection:
        wipe(connection)
    again = founded(clinic.engine)
    again.acts |= {act.name: act for act in patients.ACTS}
    again.hire("X-01", Role.PHARMACIST)
    return with_a_past(again)


def test_with_the_real_keys_a_head_kept_outside_tells(
    clinic: Clinic, inspector: Inspector, intruder: Intruder
) -> None:
    forged = rewrite(clinic, intruder)
    try:
        found = inspector.verify()
        assert found.code is Code.TAMPERED
        # Its first head is the real one's, for the log begins with the same four entries.
        assert found.entry == 4, found.text()
    finally:
        forged.close()


def test_with_the_real_keys_and_no_head_nobody_can_tell_and_it_says_so(
    clinic: Clinic, inspector: Inspector, intruder: Intruder
) -> None:
    forged = rewrite(clinic, intruder)
    try:
        found = inspector.verify(())
        assert found.code is Code.POLICY_UNMET
        assert any("kept outside" in words and "rewritten" in words for words in found.words)
    finally:
        forged.close()


def test_with_another_head_key_the_trust_anchor_tells(
    clinic: Clinic, inspector: Inspector, intruder: Intruder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tests.clinic, "site_keys", lambda origin: site_keys(origin, "stolen"))
    forged = rewrite(clinic, intruder)
    try:
        for notes in ((), inspector.notes):
            found = inspector.verify(notes)
            assert (found.code, found.entry) == (Code.TAMPERED, 0), found.text()
    finally:
        forged.close()


def test_with_another_head_key_and_another_trust_anchor_the_heads_tell(
    clinic: Clinic, inspector: Inspector, intruder: Intruder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tests.clinic, "site_keys", lambda origin: site_keys(origin, "stolen"))
    forged = rewrite(clinic, intruder)
    try:
        fooled = Inspector(forged)  # was given the intruder's policy.txt
        assert fooled.verify(()).code is Code.POLICY_UNMET
        with pytest.raises(Rejected, match="it or the trust anchor is another's"):
            fooled.verify(inspector.notes)
    finally:
        forged.close()


def test_an_older_copy_is_found_out_by_a_newer_head(
    clinic: Clinic, inspector: Inspector, intruder: Intruder
) -> None:
    with intruder.at_work() as connection:
        older = copy(connection)
    size = inspector.size
    nia = clinic.hire("N-02")
    clinic.both("grant-role", GrantRole(nia.person, Role.NURSE))
    later = Inspector(clinic)
    assert later.verify().code is Code.HOLDS and later.size > size
    with intruder.at_work(keep=True) as connection:
        restore(connection, older)
    found = later.verify()
    assert (found.code, found.entry) == (Code.TAMPERED, size), found.text()
    # Heads as old as the copy agree with it; without any nothing can be said.
    assert later.verify(inspector.notes).code is Code.HOLDS
    assert later.verify(()).code is Code.POLICY_UNMET


def test_what_is_newer_than_every_kept_head_is_told(clinic: Clinic, inspector: Inspector) -> None:
    clinic.hire("N-02")
    found = inspector.verify()
    assert found.code is Code.HOLDS
    assert (found.covered, found.size) == (inspector.size, inspector.size + 4)
    assert any("4 entries after it" in words for words in found.words)


def test_a_head_of_an_empty_log_covers_nothing(clinic: Clinic, inspector: Inspector) -> None:
    from hat_clinic.ledger.checkpoint import Checkpoint, sign_checkpoint
    from hat_clinic.ledger.tree import EMPTY_ROOT

    head = clinic.keys.head
    note = sign_checkpoint(Checkpoint(clinic.site.origin, 0, EMPTY_ROOT, 0), head.sign, head.public_raw)
    assert inspector.verify((note,)).code is Code.POLICY_UNMET


def test_heads_of_other_logs_are_left_aside_and_counted(clinic: Clinic, inspector: Inspector) -> None:
    note = inspector.notes[0].replace("hat.invalid/zh1", "hat.invalid/be1")
    found = inspector.verify((note, *inspector.notes))
    assert found.code is Code.HOLDS
    assert "1 heads of other logs were left aside" in found.words
    assert inspector.verify((note,)).code is Code.POLICY_UNMET


def test_a_head_that_nobody_signed_is_no_alarm(clinic: Clinic, inspector: Inspector) -> None:
    forged = inspector.notes[-1].replace(f"\n{inspector.size}\n", f"\n{inspector.size + 1}\n")
    with pytest.raises(Rejected, match="Typed wrong"):
        inspector.verify((*inspector.notes, forged))


def test_a_head_that_was_truly_signed_and_contradicts_is_an_alarm(
    clinic: Clinic, inspector: Inspector
) -> None:
    from hat_clinic.ledger.checkpoint import Checkpoint, sign_checkpoint

    head = clinic.keys.head
    other = Checkpoint(clinic.site.origin, inspector.size - 1, bytes(32), 0)
    found = inspector.verify((*inspector.notes, sign_checkpoint(other, head.sign, head.public_raw)))
    assert found.code is Code.TAMPERED, found.text()


def test_a_deleted_patient_s_key_is_told_and_everything_stands(
    clinic: Clinic, inspector: Inspector, intruder: Intruder
) -> None:
    from hat_clinic.store.schema import patient_key

    with intruder.at_work() as connection:
        first = connection.execute(select(patient_key.c.patient_id).limit(1)).scalar_one()
        connection.execute(patient_key.delete().where(patient_key.c.patient_id == first))
        found = inspector.verify_inside(connection)
    assert (found.code, found.erased) == (Code.HOLDS, 1), found.text()
    assert any("1 envelopes erased" in words for words in found.words)


def test_a_database_of_another_log_does_not_meet_the_policy(clinic: Clinic, inspector: Inspector) -> None:
    from hat_clinic.handlers.verifying_database import verify_database

    found = verify_database(clinic.engine, site_keys("hat.invalid/be1"), None, ())
    assert found.code is Code.POLICY_UNMET
    assert "hat.invalid/zh1" in found.words[0]
