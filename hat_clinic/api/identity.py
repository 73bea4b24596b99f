"""Who is asking, from two headers: the terminal's secret and the person's token.

Hat-Terminal: <terminal id>.<secret>      every request
Authorization: Bearer <token>             every request of a signed-in person
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from fastapi import Depends, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import APIKeyHeader, HTTPBearer

from hat_clinic.handlers import identity
from hat_clinic.handlers.identity import Asking, UnknownTerminal
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.vocabulary.errors import NotFound, Throttled
from hat_clinic.vocabulary.ids import TerminalId

TERMINAL_HEADER = "Hat-Terminal"
SENT_ONCE = (b"hat-terminal", b"authorization", b"idempotency-key")
"""Headers that decide who asks for what: of two, we would take the one, and a proxy the other."""
MOST_SEEN = 1024
_TERMINAL = re.compile(r"([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{1,64})")

terminal_scheme = APIKeyHeader(
    name=TERMINAL_HEADER,
    scheme_name="terminal",
    description="`<terminal id>.<secret>` of an enrolled terminal",
    auto_error=False,
)
bearer_scheme = HTTPBearer(
    scheme_name="sign-in", description="The token of a clock-in or sign-in", auto_error=False
)


@dataclass(frozen=True, slots=True)
class Identify:
    """The dependencies of routes that ask who is there.

    `terminal` wants an enrolled terminal; `person` a signed-in person too, and notes that somebody
    is there; `looking` does not note it, for what a screen asks by itself; `acting` is `person` for
    acts, which are judged again under the lock and need no look before each. `gate` turns strangers
    away before anything else they sent is read.
    """

    gate: Callable[[Request], Awaitable[None]]

    terminal: Callable[..., Awaitable[TerminalId]]
    person: Callable[..., Awaitable[Asking]]
    looking: Callable[..., Awaitable[Asking]]
    acting: Callable[..., Awaitable[Asking]]


def identify(runtime: SiteRuntime) -> Identify:
    """The dependencies for the routes of this runtime's site."""
    site_id = runtime.site.site_id
    seen: set[bytes] = set()

    async def stranger() -> None:
        # One count at a time: a crowd of strangers costs one commit, not one each.
        if runtime.counting_strangers:
            raise Throttled("too many unknown terminals have asked", timedelta(seconds=1)) from None
        runtime.counting_strangers = True
        try:
            await runtime.write(identity.count_unknown_terminal)
        finally:
            runtime.counting_strangers = False

    async def gate(request: Request) -> None:
        shown = sha256(request.headers.get(TERMINAL_HEADER, "").encode()).digest()
        # Seen before only means: read on. The terminal is judged again, as it stands now.
        if shown in seen:
            return
        await terminal(request, request.path_params["site"])
        if len(seen) >= MOST_SEEN:
            seen.clear()
        seen.add(shown)

    async def terminal(
        request: Request,
        site: str = Path(description="The site's id"),
        _scheme: str | None = Depends(terminal_scheme),
    ) -> TerminalId:
        name, secret = _shown(request, site, site_id)
        try:
            return await runtime.read(
                lambda conn: identity.require_terminal(conn, site_id, name, secret, runtime.clock.now())
            )
        except UnknownTerminal:
            await stranger()
            raise

    async def looking(
        request: Request,
        site: str = Path(description="The site's id"),
        _terminal: str | None = Depends(terminal_scheme),
        _person: object = Depends(bearer_scheme),
    ) -> Asking:
        name, secret = _shown(request, site, site_id)
        kind, _, rest = request.headers.get("authorization", "").partition(" ")
        token = rest if kind.lower() == "bearer" else ""
        try:
            return await runtime.read(
                lambda conn: identity.require_asking(conn, site_id, name, secret, token, runtime.clock.now())
            )
        except UnknownTerminal:
            await stranger()
            raise

    async def person(asking: Asking = Depends(looking)) -> Asking:
        if asking.touch_due:
            await runtime.write(identity.touch, asking)
        return asking

    return Identify(gate, terminal, person, looking, _acting(runtime, looking))


def _acting(
    runtime: SiteRuntime,
    looking: Callable[..., Awaitable[Asking]],
) -> Callable[..., Awaitable[Asking]]:
    site_id = runtime.site.site_id

    async def acting(
        request: Request,
        site: str = Path(description="The site's id"),
        _terminal: str | None = Depends(terminal_scheme),
        _person: object = Depends(bearer_scheme),
    ) -> Asking:
        _require_sent_once(request)
        shown, now = _both_shown(request), runtime.clock.now()
        found = runtime.seen_lately.find(shown, now) if site == site_id else None
        if found is None:
            found = await looking(request, site)
            # Each time, for nobody is noted again while this is remembered.
            await runtime.write(identity.touch, found)
            runtime.seen_lately.note(shown, found, now)
        return found

    return acting


def _both_shown(request: Request) -> bytes:
    """The hash of the terminal's secret and the person's token, as they were sent."""
    headers = request.headers
    both = f"{headers.get(TERMINAL_HEADER, '')}\n{headers.get('authorization', '')}"
    return sha256(both.encode()).digest()


def _require_sent_once(request: Request) -> None:
    names = [name for name, _ in request.scope["headers"]]
    twice = [name.decode() for name in SENT_ONCE if names.count(name) > 1]
    if twice:
        raise RequestValidationError([{"loc": ("header", one), "msg": "send it once"} for one in twice])


def _shown(request: Request, site: str, site_id: str) -> tuple[str, str]:
    """The terminal's name and secret, as they were sent.

    What cannot be a secret is compared all the same, so that it counts as a failure.
    Raises: NotFound; RequestValidationError, for a header that came twice.
    """
    if site != site_id:
        raise NotFound("no such site is served here")
    _require_sent_once(request)
    parts = _TERMINAL.fullmatch(request.headers.get(TERMINAL_HEADER, ""))
    name, secret = parts.groups() if parts is not None else ("", "")
    return name, secret
