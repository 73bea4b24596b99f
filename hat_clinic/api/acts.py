"""The routes that write: two or one for every act there is, all made the same way.

    attributed   POST /v1/sites/{site}/<act>                        decided and on record
    signed       POST /v1/sites/{site}/<act>/statement              a statement to sign
                 POST /v1/sites/{site}/statements/{id}/signature    on record

`Idempotency-Key` carries the request id, a UUIDv7 that the client makes and stores before it
sends. It is spent by its first decision: sent again, it gets the same one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from inspect import Parameter, Signature
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path
from starlette.responses import JSONResponse, Response

from hat_clinic.api.act_route import ActRoute
from hat_clinic.api.identity import Identify
from hat_clinic.api.problems import PROBLEMS, RESPONSES, problem
from hat_clinic.handlers import requests
from hat_clinic.handlers.acts import Act
from hat_clinic.handlers.identity import Asking
from hat_clinic.handlers.requests import Answer, ToSign
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.vocabulary.errors import NotPermitted, Refused
from hat_clinic.vocabulary.ids import UUID7
from hat_clinic.vocabulary.moments import moment_text
from hat_clinic.wire.answers import Receipt, StatementToSign
from hat_clinic.wire.clock_in import SignedEnvelope
from hat_clinic.wire.columns import form_of
from hat_clinic.wire.forms import Form, Making
from hat_clinic.wire.kinds import b64

UUID7_PATTERN = f"^{UUID7.pattern}$"
RequestIdHeader = Annotated[
    str,
    Header(alias="Idempotency-Key", pattern=UUID7_PATTERN, description="The request id: a UUIDv7 you make."),
]
_Endpoint = Callable[..., Awaitable[Response]]


def router(runtime: SiteRuntime, who: Identify) -> APIRouter:
    """The routes of every act of this runtime, and the one that takes signatures."""
    routes = APIRouter(prefix="/v1/sites/{site}", route_class=ActRoute)
    # First, because routes are tried in their order, and every signature comes this way.
    _add_signatures(routes, runtime, who)
    for act in runtime.acts.values():
        form: Form[Any] = form_of(act.command)
        common: dict[str, Any] = {"tags": [act.kind.__name__], "responses": RESPONSES}
        if act.signed:
            routes.add_api_route(
                f"/{act.name}/statement",
                _typed(_statement(runtime, act, form), form, who),
                methods=["POST"],
                response_model=StatementToSign,
                summary=f"Ask for the statement of {act.name}",
                description=act.command.__doc__,
                operation_id=f"{act.name}-statement",
                **common,
            )
        else:
            routes.add_api_route(
                f"/{act.name}",
                _typed(_attributed(runtime, act, form), form, who),
                methods=["POST"],
                status_code=201,
                response_model=Receipt,
                summary=act.name,
                description=act.command.__doc__,
                operation_id=act.name,
                **common,
            )
    return routes


def _add_signatures(routes: APIRouter, runtime: SiteRuntime, who: Identify) -> None:
    @routes.post(
        "/statements/{statement}/signature",
        status_code=201,
        response_model=Receipt,
        responses=RESPONSES,
        tags=["signatures"],
        operation_id="sign-statement",
    )
    async def signature(
        body: SignedEnvelope,
        statement: str = Path(pattern=UUID7_PATTERN),
        asking: Asking = Depends(who.acting),
    ) -> Response:
        """The statement is signed: the act is decided again, and on record."""
        return receipt(await requests.sign(runtime, asking, statement, body.envelope_bytes()))


def receipt(answer: Answer, made: Mapping[str, str] | None = None) -> Response:
    """The answer to a decided request, accepted or refused."""
    members: dict[str, Any] = {
        "request": answer.request_id,
        "outcome": "accepted" if answer.accepted else "refused",
        "first_seq": answer.first_seq,
        "count": answer.count,
        "entries": [asdict(one) for one in answer.entries],
        "head": answer.head,
        "proofs": list(answer.proofs),
    }
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    if answer.accepted:
        return JSONResponse(members | {"made": dict(made or {})}, 201, headers)
    kind = PROBLEMS[NotPermitted if answer.forbidden else Refused]
    return problem(kind, kind.title, answer.findings, headers=headers, **members)


def _attributed(runtime: SiteRuntime, act: Act[Any], form: Form[Any]) -> _Endpoint:
    async def endpoint(body: Any, request_id: str, asking: Asking) -> Response:
        sent, making = _sent(body), _making(runtime, request_id)
        command = form.to_command(sent, making)
        answer = await requests.perform(runtime, asking, act, request_id, sent, command)
        return receipt(answer, form.made(making))

    return endpoint


def _statement(runtime: SiteRuntime, act: Act[Any], form: Form[Any]) -> _Endpoint:
    async def endpoint(body: Any, request_id: str, asking: Asking) -> Response:
        sent, making = _sent(body), _making(runtime, request_id)
        command = form.to_command(sent, making)
        drawn = await requests.draw(runtime, asking, act, request_id, sent, command)
        if not isinstance(drawn, ToSign):
            return receipt(drawn, form.made(making))
        return JSONResponse(
            {
                "statement": drawn.drawn.statement_id,
                "payload": b64(drawn.drawn.payload),
                "payload_type": drawn.payload_type,
                "expires_at": moment_text(drawn.drawn.expires_at),
                "made": form.made(making),
            }
        )

    return endpoint


def _sent(body: Any) -> dict[str, Any]:
    """The body as it was sent: what was left out stays left out."""
    sent: dict[str, Any] = body.model_dump(exclude_unset=True)
    return sent


def _making(runtime: SiteRuntime, request_id: str) -> Making:
    return Making(runtime.site.origin, request_id, runtime.ids)


def _typed(endpoint: _Endpoint, form: Form[Any], who: Identify) -> _Endpoint:
    """The endpoint, with the signature that FastAPI reads: the model is only known here."""
    asks = Parameter.KEYWORD_ONLY
    endpoint.__signature__ = Signature(  # type: ignore[attr-defined]
        [
            Parameter("body", asks, annotation=form.model),
            Parameter("request_id", asks, annotation=RequestIdHeader),
            Parameter("asking", asks, annotation=Asking, default=Depends(who.acting)),
        ],
        return_annotation=Response,
    )
    return endpoint
