"""The one reader of request bodies, in front of every model.

It stands here because FastAPI's own reader takes the last of two equal keys, and answers NaN
with a 500 (measured). A route that takes a body reads it through `StrictRoute` or `ActRoute`, or not at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hat_clinic.vocabulary import strict_json
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.strict_json import MAX_BYTES, JsonValue

_Handler = Callable[[Request], Coroutine[Any, Any, Response]]
BODY_WITHIN = 10
"""Seconds from the headers to the last byte of a body."""
_CHARSETS = ("", "charset=utf-8", 'charset="utf-8"')


class StrictRoute(APIRoute):
    """A route whose body, if it takes one, has exactly one reading.

    The application's `state.gate` is asked before a body is read: strangers are turned away
    without a byte of theirs being looked at.
    """

    def get_route_handler(self) -> _Handler:
        """The handler, with the gate and the strict reader before it."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def strict(request: Request) -> Response:
            await request.app.state.gate(request)
            return await handle(_ReadRequest(request, await read_body(request)))

        return strict


async def read_body(request: Request) -> JsonValue:
    """The value of the body, at most 64 KiB of strict JSON; a longer one is not read to its end.

    Raises: Rejected, also for a body that does not come in time; HTTPException 415 for another
    content type.
    """
    _require_json(request)
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for chunk in request.stream():
                data += chunk
                if len(data) > MAX_BYTES:
                    raise Rejected(f"the body is longer than {MAX_BYTES} bytes")
    except TimeoutError:
        raise Rejected(f"the body did not come within {BODY_WITHIN} seconds") from None
    except ClientDisconnect:
        raise Rejected("the body did not come to its end") from None
    return strict_json.loads(bytes(data))


def _require_json(request: Request) -> None:
    kind, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    if kind.strip() != "application/json" or parameters.strip() not in _CHARSETS:
        raise HTTPException(415, "send application/json in UTF-8")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise HTTPException(415, "send the body as it is, not compressed")


class _ReadRequest(Request):
    """A request whose body has been read."""

    def __init__(self, request: Request, value: JsonValue) -> None:
        super().__init__(request.scope, request.receive)
        self._value = value

    async def body(self) -> bytes:
        # Only asked whether there is one.
        return b"{}"

    async def json(self) -> Any:
        return self._value
