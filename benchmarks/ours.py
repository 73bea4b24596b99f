"""The product, served: a clinic with its staff, in one uvicorn process with its one writer."""

from __future__ import annotations

import sys
from hashlib import sha256
from typing import Any

from benchmarks.places import place_from
from benchmarks.serving import serve
from benchmarks.ward import AMPOULE, SINGLE, open_ward
from hat_clinic.api.app import create_app
from hat_clinic.domain import codec
from hat_clinic.handlers.runtime import ClockInKeys, SiteRuntime
from hat_clinic.handlers.sign_in import begin_sign_in
from hat_clinic.security.tokens import new_token, token_hash
from hat_clinic.store import terminal_secrets
from hat_clinic.store.engine import open_engine
from tests.clinic import Clinic, Member

KEYS = ClockInKeys(server=sha256(b"server").digest(), unknown=sha256(b"unknown").digest())


def enrol(clinic: Clinic) -> str:
    """The clinic's terminal is known; returns what it sends to say so."""
    secret, site = new_token(clinic.ids.random), clinic.site.site_id
    clinic.in_one(lambda tx: terminal_secrets.put(tx.conn, site, clinic.terminal, token_hash(secret)))
    return f"{clinic.terminal}.{secret}"


def sign_in(clinic: Clinic, one: Member) -> dict[str, str]:
    """`one` may look and sign; returns what a terminal of theirs holds."""
    signed_in = clinic.in_one(lambda tx: begin_sign_in(tx, one.person, clinic.terminal))
    seed = sha256(one.staff_code.encode()).hexdigest()
    return {"person": one.person, "token": signed_in.token, "seed": seed}


def main() -> None:
    engine = open_engine(place_from(sys.argv[1]))
    ward = open_ward(engine, int(sys.argv[2]))
    clinic = ward.clinic
    runtime = SiteRuntime(
        clinic.site,
        engine,
        clinic.writer,
        clinic.keys,
        KEYS,
        clinic.clock,
        clinic.ids,
        clinic.acts.values(),
    )
    people = {"performer": ward.performer, "verifier": ward.verifier}
    plan: dict[str, Any] = {
        "site": f"/v1/sites/{clinic.site.site_id}",
        "terminal": enrol(clinic),
        "people": {name: sign_in(clinic, one) for name, one in people.items()},
        "product": AMPOULE.product,
        "mass": codec.encode(SINGLE),
        "doses": ward.doses,
    }
    try:
        serve(create_app(runtime), **plan)
    finally:
        runtime.close()
        clinic.close()
        engine.dispose()


if __name__ == "__main__":
    main()
