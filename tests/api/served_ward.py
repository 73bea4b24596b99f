"""The ward of `tests.handlers.dosing`, asked over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from starlette.testclient import TestClient

from hat_clinic.handlers.grants import ACTS
from hat_clinic.handlers.runtime import SiteRuntime
from tests.api.apps import app_around
from tests.api.served import KEYS, PackedWriter, Served
from tests.handlers.dosing import Ward
from tests.remembered_hashes import hashes_remembered


@contextmanager
def served_ward(engine: Engine) -> Iterator[tuple[Ward, Served]]:
    """A ward with a patient who may have a dose, served with every act there is."""
    ward = Ward.open(engine)
    clinic = ward.clinic
    runtime = SiteRuntime(
        clinic.site, engine, PackedWriter(clinic, ACTS), clinic.keys, KEYS, clinic.clock, clinic.ids, ACTS
    )
    try:
        with hashes_remembered(), app_around(runtime) as app, TestClient(app) as http:
            house = Served(clinic, runtime, http, "")
            house.secret = house.enrol(clinic.terminal)
            yield ward, house
    finally:
        runtime.close()
        clinic.close()
