"""The HTTP application of one site, around a runtime that wiring hands in."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

import hat_clinic
from hat_clinic.api import acts, clock_in, credentials, health, ledger, problems, reading, sign_in
from hat_clinic.api.headers import SecurityHeaders
from hat_clinic.api.identity import identify
from hat_clinic.handlers.failures import book_failures
from hat_clinic.handlers.old_statements import MOST_DROPPED, drop_statements
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.vocabulary.errors import HatError

log = logging.getLogger(__name__)
BOOK_FAILURES_EVERY = 60
"""Seconds."""
_PROBLEM = "#/components/schemas/Problem"


def create_app(runtime: SiteRuntime) -> FastAPI:
    """The application. It answers everything, bad input included, in its own words."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        booking = asyncio.create_task(_keep_tidy(runtime))
        yield
        booking.cancel()
        with suppress(asyncio.CancelledError):
            await booking

    app = FastAPI(
        title="hat-clinic",
        version=hat_clinic.__version__,
        summary="Supervised dosing, its controlled-drug register, and the proof that nobody changed it",
        description=(
            "Masses are whole micrograms of a named expression, volumes whole microlitres, moments"
            " RFC 3339 in UTC with six digits. There are no fractions and no nulls."
        ),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.add_middleware(SecurityHeaders)
    problems.install(app, runtime)
    who = identify(runtime)
    app.state.gate, app.state.acting = who.gate, who.acting
    for routes in (
        acts.router(runtime, who),  # first, because routes are tried in their order
        health.router(runtime),
        clock_in.router(runtime, who),
        credentials.router(runtime, who),
        sign_in.router(runtime, who),
        ledger.router(runtime, who),
        reading.router(runtime, who),
    ):
        # Not `include_router`, which makes every route anew, and looks for it twice at each request.
        app.router.routes.extend(routes.routes)
    _document_problems(app)
    _serve_document(app)
    return app


async def _keep_tidy(runtime: SiteRuntime) -> None:
    """Failed sign-ins get their entry, and what nobody signed goes, also when nobody comes afterwards."""
    while True:
        await asyncio.sleep(BOOK_FAILURES_EVERY)
        try:
            await runtime.write(book_failures)
            while await runtime.write(drop_statements) == MOST_DROPPED:
                pass
        except HatError as error:
            log.warning("failed sign-ins or old statements are left as they are: %s", error)


def _document_problems(app: FastAPI) -> None:
    """OpenAPI names the media type that problems really have."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            for path in plain()["paths"].values():
                for operation in path.values():
                    for response in operation["responses"].values():
                        content = response.get("content", {})
                        if content.get("application/json", {}).get("schema", {}).get("$ref") == _PROBLEM:
                            content[problems.MEDIA_TYPE] = content.pop("application/json")
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]


def _serve_document(app: FastAPI) -> None:
    """`/openapi.json` is there for everybody, written once and not for each who asks.

    Why for everybody: it is the same in every clinic. Why written once: it takes the loop longer than
    a dose does, and strangers may ask as often as they like.
    """
    once, written = asyncio.Lock(), list[bytes]()

    async def document(_: Request) -> Response:
        async with once:
            if not written:
                text = await asyncio.to_thread(lambda: json.dumps(app.openapi(), ensure_ascii=False))
                written.append(text.encode())
        return Response(written[0], media_type="application/json")

    app.add_route("/openapi.json", document, include_in_schema=False)
