"""Is the process there, and can it write? Asked by machines, without a terminal's secret."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from hat_clinic.handlers.runtime import SiteRuntime


def router(runtime: SiteRuntime) -> APIRouter:
    """The two routes of health."""
    routes = APIRouter(tags=["health"])

    @routes.get("/health")
    async def health() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @routes.get("/ready", responses={503: {"description": "Nothing can be written here"}})
    async def ready() -> Response:
        """Acts are taken and recorded. 503 says that they are not; why is in the log of the server."""
        if runtime.not_ready_because:
            return JSONResponse({"status": "not ready"}, 503)
        return JSONResponse({"status": "ready"})

    return routes
