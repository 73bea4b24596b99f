"""Reading the log: `/ledger` for heads and proofs, `/entries` for the feed, `/requests` for one's own."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BeforeValidator
from starlette.responses import Response

from hat_clinic.api.acts import UUID7_PATTERN, receipt
from hat_clinic.api.identity import Identify
from hat_clinic.api.problems import RESPONSES
from hat_clinic.handlers import feed as feeding
from hat_clinic.handlers import ledger as handler
from hat_clinic.handlers import reads, requests
from hat_clinic.handlers.identity import Asking
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.vocabulary.ids import TerminalId
from hat_clinic.wire import ledger as wire
from hat_clinic.wire.answers import Receipt
from hat_clinic.wire.kinds import LARGEST_INTEGER, b64

_DECIMAL = re.compile(r"-?[0-9]{1,20}")


def _require_decimal(text: object) -> object:
    # Else " 7", "7.0" and "1_0" would be numbers too.
    if isinstance(text, str) and _DECIMAL.fullmatch(text) is None:
        raise ValueError("a whole number in decimal digits is wanted here")
    return text


# FastAPI forgets what stands beside `int` unless the `Query` stands there too.
_Decimal = BeforeValidator(_require_decimal)


def router(runtime: SiteRuntime, who: Identify) -> APIRouter:
    """The routes that read the log."""
    routes = APIRouter(prefix="/v1/sites/{site}", tags=["ledger"], responses=RESPONSES)
    site_id = runtime.site.site_id

    @routes.get("/ledger/head")
    async def head(terminal: TerminalId = Depends(who.terminal)) -> wire.Head:
        """The newest signed head."""
        size, note = await runtime.read(lambda conn: handler.newest_head(conn, site_id))
        return wire.Head(size=size, head=note)

    @routes.get("/ledger/consistency")
    async def consistency(
        old: Annotated[int, _Decimal, Query(alias="from", ge=1, le=LARGEST_INTEGER)],
        new: Annotated[int | None, _Decimal, Query(alias="to", ge=1, le=LARGEST_INTEGER)] = None,
        terminal: TerminalId = Depends(who.terminal),
    ) -> wire.Consistency:
        """The proof that nothing before an older head was changed."""
        found = await runtime.read(lambda conn: handler.consistency(conn, site_id, old, new))
        hashes = [b64(each) for each in found.hashes]
        return wire.Consistency(old=found.old, new=found.new, hashes=hashes, head=found.head)

    @routes.get("/ledger/proof")
    async def proof(
        seq: Annotated[int, _Decimal, Query(ge=0, le=LARGEST_INTEGER)],
        terminal: TerminalId = Depends(who.terminal),
    ) -> wire.Proven:
        """The proof that an entry is in the log."""
        found = await runtime.read(lambda conn: handler.proof(conn, site_id, seq))
        return wire.Proven(seq=found.seq, leaf=b64(found.leaf), proof=found.proof)

    @routes.get("/entries", operation_id="entries", tags=["views"], response_model_exclude_none=True)
    async def entries(
        after: Annotated[int, _Decimal, Query(ge=-1, le=LARGEST_INTEGER)] = -1,
        limit: Annotated[int, _Decimal, Query(ge=1, le=handler.MOST_ENTRIES)] = 100,
        asking: Asking = Depends(who.looking),
    ) -> wire.Feed:
        """The entries after one that is known; asking does not keep a sign-in alive.

        Every leaf is there. An envelope is left out where it is sealed, where the roles of who asks
        do not go with it, and of a dose or a count while a second person has yet to read it blindly.
        """
        found = await reads.read(runtime, asking, "entries", lambda look: feeding.feed(look, after, limit))
        lines = [
            wire.FedEntry(
                seq=one.seq,
                leaf=b64(one.leaf),
                envelope=None if one.envelope is None else b64(one.envelope),
            )
            for one in found.entries
        ]
        return wire.Feed(
            entries=lines, next=lines[-1].seq if lines else after, size=found.size, head=found.head
        )

    @routes.get("/requests/{request}", response_model=Receipt)
    async def request(
        request: str = Path(pattern=UUID7_PATTERN), asking: Asking = Depends(who.person)
    ) -> Response:
        """What a request of this person came to, with receipts against the newest head.

        A refusal is answered as it was: 409 or 403, with the entry that names the rules.
        """
        return receipt(await runtime.read(lambda conn: requests.find(conn, site_id, asking, request)))

    return routes
