"""Clocking in and out: `/clock-ins`. The passphrase itself never comes here."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Depends, Query

from hat_clinic.api.body import StrictRoute
from hat_clinic.api.identity import Identify
from hat_clinic.api.problems import RESPONSES
from hat_clinic.handlers import clock_in as handler
from hat_clinic.handlers.clock_in import ClockedIn
from hat_clinic.handlers.identity import IDLE, Asking
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.handlers.sign_in import SignedIn
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.ids import TerminalId
from hat_clinic.vocabulary.moments import moment_text
from hat_clinic.vocabulary.strict_json import text_fault
from hat_clinic.wire import clock_in as wire
from hat_clinic.wire.kinds import b64

PARAMETERS_EVERY = 0.02
"""Seconds. Parameters are answered so long after they were asked for, or twice, or three times so long."""


def router(runtime: SiteRuntime, who: Identify) -> APIRouter:
    """The routes of clocking in and out."""
    routes = APIRouter(
        prefix="/v1/sites/{site}/clock-ins", route_class=StrictRoute, tags=["clock-in"], responses=RESPONSES
    )

    @routes.get("/parameters")
    async def parameters(
        staff_code: str = Query(min_length=1, max_length=64),
        terminal: TerminalId = Depends(who.terminal),
    ) -> wire.KdfParameters:
        """How to derive the halves of this person's passphrase; every staff code gets an answer."""
        began = asyncio.get_running_loop().time()
        if fault := text_fault(staff_code):
            raise Rejected(f"the staff code {fault}", "staff_code")
        site_id, unknown = runtime.site.site_id, runtime.clock_in_keys.unknown
        found = await runtime.read(lambda conn: handler.parameters(conn, site_id, unknown, staff_code))
        kdf = found.kdf
        # Else the time of the answer would tell whether a credential was read (measured: 0.1 ms of 1.7).
        await asyncio.sleep(until_told(asyncio.get_running_loop().time() - began))
        return wire.KdfParameters(
            salt=b64(found.salt), memory_kib=kdf.memory_kib, passes=kdf.passes, lanes=kdf.lanes
        )

    @routes.post("", status_code=201)
    async def clock_in(body: wire.ClockIn, terminal: TerminalId = Depends(who.terminal)) -> wire.ClockedIn:
        """The person's key may sign at this terminal for a shift, and the person may look."""
        return _view(await handler.clock_in(runtime, terminal, body.staff_code, body.auth_half()))

    @routes.delete("/current", status_code=204)
    async def clock_out(asking: Asking = Depends(who.person)) -> None:
        """The person can neither sign nor look at this terminal."""
        await runtime.write(handler.clock_out, asking)

    return routes


def until_told(passed: float) -> float:
    """Seconds to wait yet with what was found in `passed` seconds."""
    return PARAMETERS_EVERY - passed % PARAMETERS_EVERY


def signed_in_view(found: SignedIn) -> wire.SignedIn:
    """The token, as it is sent this once."""
    idle = int(IDLE.total_seconds())
    return wire.SignedIn(token=found.token, idle_seconds=idle, until=moment_text(found.until))


def _view(found: ClockedIn) -> wire.ClockedIn:
    return wire.ClockedIn(
        person=found.person.person,
        staff_code=found.person.staff_code,
        name=found.person.name,
        roles=[str(role) for role in found.person.roles],
        key=found.key.key,
        alg=found.key.alg,
        public=b64(found.key.public),
        c1=b64(found.c1),
        until=moment_text(found.until),
        sign_in=signed_in_view(found.sign_in),
    )
