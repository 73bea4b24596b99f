"""A served site: two processes, of which the one that faces the network can only read."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hat_clinic.handlers import runtime as runtime_module
from hat_clinic.store.turns import Call
from hat_clinic.store.unusable import Busy
from hat_clinic.wiring.ceremony import init_clinic
from hat_clinic.wiring.folder import ClinicFolder
from hat_clinic.wiring.serving import open_served_site, open_site
from hat_clinic.wiring.system import SystemClock, SystemIds
from tests.store import sent_works as works
from tests.wiring.test_wiring_serving import DEMO, PEOPLE


def test_the_writer_writes_the_server_reads_and_nobody_else_opens_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "clinic with spaces"
    # Started in a folder where somebody has put a module of their own.
    (tmp_path / "pickle.py").write_text("raise SystemExit('imported from the folder it was started in')")
    monkeypatch.chdir(tmp_path)
    init_clinic(path, DEMO, PEOPLE, SystemClock(), SystemIds())
    folder = ClinicFolder.open(path)
    with open_served_site(folder) as runtime:
        assert runtime.writer.submit(Call(works.size, ())).result() > 0
        assert not runtime.not_ready_because
        with runtime.engine.connect() as connection, pytest.raises(DBAPIError, match="readonly"):
            connection.execute(text("DELETE FROM statement"))
        with pytest.raises(Busy), open_site(folder, SystemClock(), SystemIds()):
            pass
        with pytest.raises(Busy, match=f"process id {os.getpid()}"), open_served_site(folder):
            pass
        monkeypatch.setattr(runtime_module, "SILENT_FOR", 0.1)
        writes = runtime.writer.submit(Call(works.where, ())).result()
        os.kill(writes, signal.SIGSTOP)
        try:
            waiting = runtime.writer.submit(Call(works.size, ()))
            assert not runtime.not_ready_because
            time.sleep(0.2)
            assert "answered nobody" in runtime.not_ready_because
        finally:
            os.kill(writes, signal.SIGCONT)
        assert waiting.result() > 0
        assert not runtime.not_ready_because
    with open_site(folder, SystemClock(), SystemIds()) as runtime:
        assert not runtime.not_ready_because, "its lock is gone with it"
