"""Signing in again after a lock, with the key that is clocked in here, and locking: `/sign-ins`."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from hat_clinic.api.body import StrictRoute
from hat_clinic.api.clock_in import signed_in_view
from hat_clinic.api.identity import Identify
from hat_clinic.api.problems import RESPONSES
from hat_clinic.handlers import sign_in as handler
from hat_clinic.handlers.identity import Asking
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.vocabulary.errors import Unauthenticated
from hat_clinic.vocabulary.ids import PersonId, TerminalId
from hat_clinic.vocabulary.moments import moment_text
from hat_clinic.wire import clock_in as wire
from hat_clinic.wire.kinds import b64


def router(runtime: SiteRuntime, who: Identify) -> APIRouter:
    """The routes of signing in again and of locking."""
    routes = APIRouter(
        prefix="/v1/sites/{site}/sign-ins", route_class=StrictRoute, tags=["sign-in"], responses=RESPONSES
    )

    @routes.post("/challenge", status_code=201)
    async def challenge(
        body: wire.AskChallenge, terminal: TerminalId = Depends(who.terminal)
    ) -> wire.Challenge:
        """Bytes to sign within a minute, once."""
        asked = await runtime.write(handler.ask, terminal, PersonId(body.person))
        return wire.Challenge(
            payload=b64(asked.payload),
            payload_type=handler.CHALLENGE_TYPE,
            expires_at=moment_text(asked.expires_at),
        )

    @routes.post("", status_code=201)
    async def sign_in(
        body: wire.SignedEnvelope, terminal: TerminalId = Depends(who.terminal)
    ) -> wire.SignedIn:
        """The person may look again; an earlier token of theirs at this terminal opens nothing."""
        envelope = body.envelope_bytes()
        found = await runtime.write(handler.answer, terminal, envelope)
        if isinstance(found, Unauthenticated):
            raise found
        return signed_in_view(found)

    @routes.delete("/current", status_code=204)
    async def lock(asking: Asking = Depends(who.person)) -> None:
        """The token opens nothing; the clock-in goes on."""
        await runtime.write(handler.lock, asking)

    return routes
