"""A process that is killed in the middle of its work has kept every promise it made."""

from __future__ import annotations

import subprocess
import sys
import time

from hat_clinic.ledger.audit import audit, audit_all
from hat_clinic.store import requests
from hat_clinic.store.engine import PostgresPlace, SqlCipherPlace, open_engine, reading
from hat_clinic.store.stored_ledger import StoredLedger, require_no_strays
from tests.store.log_of_site import LogOfSite, OneKeyring

PROGRAM = """
import sys
from pathlib import Path
from hat_clinic.store.engine import PostgresPlace, SqlCipherPlace, open_engine
from tests.store.log_of_site import CountedIds, LogOfSite
place, seed = {place}, {seed}
log = LogOfSite(open_engine(place), ids=CountedIds(seed))
with log.writer() as writer:
    while True:
        stamp = log.stamp()
        writer.submit(log.recording(stamp)).result()
        sys.stdout.write(stamp.request_id + "\\n")
        sys.stdout.flush()
"""
ROUNDS = (1, 8, 40, 20, 30)


def place_text(place: SqlCipherPlace | PostgresPlace) -> str:
    if isinstance(place, SqlCipherPlace):
        return f"SqlCipherPlace(Path({str(place.path)!r}), {place.key!r})"
    return repr(place)


def test_what_was_answered_is_there_after_a_kill(database: SqlCipherPlace | PostgresPlace) -> None:
    engine = open_engine(database)
    log = LogOfSite(engine).open()
    engine.dispose()
    answered: list[str] = []
    for number, length in enumerate(ROUNDS):
        program = PROGRAM.format(place=place_text(database), seed=b"%d" % number)
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            answered += [child.stdout.readline().strip() for _ in range(length)]
            # At another point of the act each time.
            time.sleep(number * 0.0007)
            child.kill()
            rest = child.stdout.read().split("\n")
            # The last line may be half written; what was read of it is no promise.
            answered += rest[:-1]
    engine = open_engine(database)
    with reading(engine) as connection:
        for request_id in answered:
            assert requests.find(connection, "zh1", request_id) is not None, request_id
        size = audit_all(
            audit(StoredLedger(connection, "zh1", log.keys), OneKeyring(log), log.keys.head_vkey, [])
        ).size
        require_no_strays(connection, "zh1", size)
    # At most one act a kill was durable and not yet answered.
    assert len(answered) <= size <= len(answered) + len(ROUNDS)
    print(f"{len(ROUNDS)} kills, {len(answered)} answers, {size} entries, 0 lost")
    engine.dispose()
