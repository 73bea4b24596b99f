"""The product, as `serve` makes it: one uvicorn process, and its one writer in a process of its own."""

from __future__ import annotations

import sys
from hashlib import sha256
from typing import Any

from benchmarks.places import place_from
from benchmarks.ward import AMPOULE, SINGLE, open_ward
from hat_clinic.domain import codec
from hat_clinic.handlers.sign_in import begin_sign_in
from hat_clinic.security.tokens import new_token, token_hash
from hat_clinic.store import terminal_secrets
from hat_clinic.store.engine import open_engine
from tests.clinic import Clinic, Member
from tests.races.server import serve_place


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
    place = place_from(sys.argv[1])
    engine = open_engine(place)
    ward = open_ward(engine, int(sys.argv[2]))
    clinic = ward.clinic
    people = {"performer": ward.performer, "verifier": ward.verifier}
    plan: dict[str, Any] = {
        "site": f"/v1/sites/{clinic.site.site_id}",
        "terminal": enrol(clinic),
        "people": {name: sign_in(clinic, one) for name, one in people.items()},
        "product": AMPOULE.product,
        "mass": codec.encode(SINGLE),
        "doses": ward.doses,
    }
    clinic.close()
    engine.dispose()
    serve_place(place, **plan)


if __name__ == "__main__":
    main()
