"""Routes of acts: documented as all others are, and read here in one go.

Why not by FastAPI: an act is asked for by one body, at most one word in the address or the headers,
and somebody signed in. Its general way to find these, and its routes, took about a third of what this
process computed for a dose. Its fields are asked here too, so the words are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from hat_clinic.api.body import read_body
from hat_clinic.vocabulary.strict_json import JsonValue

_MISSING = {"type": "missing", "msg": "Field required"}


class ActRoute(APIRoute):
    """A route of an act: its endpoint takes `asking`, `body`, and words of the path or the headers.

    In this order, and no further once something is wrong: the application's `state.gate`, the one
    strict reader of bodies, its `state.acting`, every fault of the body and the words together.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler."""
        endpoint, read = self.endpoint, _reader(self)

        async def handle(request: Request) -> Response:
            state = request.app.state
            await state.gate(request)
            sent = await read_body(request)
            asking = await state.acting(request, request.path_params["site"])
            answer: Response = await endpoint(asking=asking, **read(request, sent))
            return answer

        return handle


def _reader(route: APIRoute) -> Callable[[Request, JsonValue], dict[str, Any]]:
    asked, body = route.dependant, route.body_field
    if body is None or asked.query_params or asked.cookie_params or len(asked.dependencies) != 1:
        raise TypeError(f"{route.path} is not asked for as acts are")
    words = [
        (place, field)
        for place, some in (("path", asked.path_params), ("header", asked.header_params))
        for field in some
    ]

    def read(request: Request, sent: JsonValue) -> dict[str, Any]:
        found, faults = dict[str, Any](), list[dict[str, Any]]()
        for place, field in words:
            loc = (place, field.alias)
            word = (request.path_params if place == "path" else request.headers).get(field.alias)
            if word is None:
                faults.append({**_MISSING, "loc": loc})
            else:
                found[field.name], wrong = field.validate(word, loc=loc)
                faults += wrong
        found[body.name], wrong = body.validate(sent, loc=("body",))
        faults += wrong
        if faults:
            raise RequestValidationError(faults)
        return found

    return read
