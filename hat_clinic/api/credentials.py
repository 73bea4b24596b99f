"""What a person clocks in with, kept once for each granted key: `/credentials`."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from hat_clinic.api.body import StrictRoute
from hat_clinic.api.identity import Identify
from hat_clinic.api.problems import RESPONSES
from hat_clinic.handlers import credentials as handler
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.vocabulary.ids import KeyId, PersonId, TerminalId
from hat_clinic.wire import clock_in as wire
from hat_clinic.wire.kinds import unbase64


def router(runtime: SiteRuntime, who: Identify) -> APIRouter:
    """The route that keeps a credential."""
    routes = APIRouter(
        prefix="/v1/sites/{site}/credentials", route_class=StrictRoute, tags=["clock-in"], responses=RESPONSES
    )

    @routes.post("", status_code=201)
    async def keep(
        body: wire.NewCredential, terminal: TerminalId = Depends(who.terminal)
    ) -> wire.CredentialKept:
        """The person can clock in with this key; the key itself has signed that."""
        kdf = handler.derivation(body.memory_kib, body.passes, body.lanes)
        new = handler.NewCredential(
            PersonId(body.person),
            KeyId(body.key),
            unbase64(body.salt, "/salt"),
            kdf,
            unbase64(body.auth, "/auth"),
            unbase64(body.c1, "/c1"),
        )
        await handler.keep_credential(runtime, terminal, new, unbase64(body.envelope, "/envelope"))
        return wire.CredentialKept(person=body.person, key=body.key)

    return routes
