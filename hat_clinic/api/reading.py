"""Views for screens: the board, identities, doses, containers, register pages.

Each goes through `reads.read`, which knows who may; a route here without a line there cannot answer.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import AfterValidator

from hat_clinic.api import reading_views as views
from hat_clinic.api.body import StrictRoute
from hat_clinic.api.identity import Identify
from hat_clinic.api.problems import RESPONSES
from hat_clinic.domain.register.rows import HEADINGS, page_rows
from hat_clinic.handlers import board as boards
from hat_clinic.handlers import finding, pages, reads
from hat_clinic.handlers.identity import Asking
from hat_clinic.handlers.reads import Look
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.vocabulary.ids import UUID7, DoseId, PatientId, ProductId
from hat_clinic.vocabulary.strict_json import text_fault
from hat_clinic.wire import board as wire
from hat_clinic.wire.kinds import LONGEST_ID


def _sound(text: str) -> str:
    # PostgreSQL cannot even be asked for some of what a path can spell.
    if fault := text_fault(text):
        raise ValueError(fault)
    return text


_Uuid = Annotated[str, Path(pattern=f"^{UUID7.pattern}$")]
_Short = Annotated[str, Path(min_length=1, max_length=LONGEST_ID), AfterValidator(_sound)]
# Digits only, so that " 7" and "1_0" are no numbers.
_PageNumber = Annotated[str, Path(pattern="^[1-9][0-9]{0,8}$")]


def router(runtime: SiteRuntime, who: Identify) -> APIRouter:
    """The routes of views."""
    routes = APIRouter(
        prefix="/v1/sites/{site}", route_class=StrictRoute, tags=["views"], responses=RESPONSES
    )
    _add_care(routes, runtime, who)
    _add_register(routes, runtime, who)
    return routes


def _add_care(routes: APIRouter, runtime: SiteRuntime, who: Identify) -> None:
    @routes.get("/board", operation_id="board", response_model_exclude_none=True)
    async def board(asking: Asking = Depends(who.looking)) -> wire.Board:
        """Who is here, what each may have now, how far each dose is. Keeps no sign-in alive."""

        def work(look: Look) -> wire.Board:
            return views.board(look, boards.board(look))

        return await reads.read(runtime, asking, "board", work)

    @routes.post("/patients/find", operation_id="find-patients", response_model_exclude_none=True)
    async def find(body: wire.FindPatients, asking: Asking = Depends(who.person)) -> wire.FoundPatients:
        """Who is enrolled under a number or a family name. Nothing is written."""

        def work(look: Look) -> wire.FoundPatients:
            found = finding.find(look, body.system, body.value)
            return wire.FoundPatients(patients=[views.identity(each) for each in found])

        return await reads.read(runtime, asking, "find-patients", work)

    @routes.get(
        "/patients/{patient}/identity", operation_id="patient-identity", response_model_exclude_none=True
    )
    async def identity(patient: _Uuid, asking: Asking = Depends(who.person)) -> wire.IdentityView:
        """Who a patient is: the sealed entry itself, opened."""

        def work(look: Look) -> wire.IdentityView:
            return views.identity(boards.identity(look, PatientId(patient)))

        return await reads.read(runtime, asking, "patient-identity", work)

    @routes.get("/doses/{dose}", operation_id="dose", response_model_exclude_none=True)
    async def dose(dose: _Uuid, asking: Asking = Depends(who.person)) -> wire.DoseView:
        """One dose. What was entered is shown once a second person's reading agreed."""

        def work(look: Look) -> wire.DoseView:
            return views.dose(look, boards.dose(look, DoseId(dose)))

        return await reads.read(runtime, asking, "dose", work)

    @routes.get(
        "/products/{product}/containers", operation_id="product-containers", response_model_exclude_none=True
    )
    async def containers(product: _Short, asking: Asking = Depends(who.person)) -> wire.Containers:
        """The containers something can be drawn from; not how much is in them."""

        def work(look: Look) -> wire.Containers:
            return views.containers(*boards.shelf(look, ProductId(product)))

        return await reads.read(runtime, asking, "product-containers", work)


def _add_register(routes: APIRouter, runtime: SiteRuntime, who: Identify) -> None:
    @routes.get("/register/pages", operation_id="register-pages", response_model_exclude_none=True)
    async def register_pages(asking: Asking = Depends(who.person)) -> wire.Pages:
        """Every page of the controlled-drug register."""

        def work(look: Look) -> wire.Pages:
            return wire.Pages(pages=[views.page(look, each) for each in pages.all_pages(look)])

        return await reads.read(runtime, asking, "register-pages", work)

    @routes.get(
        "/register/pages/{product}/{number}", operation_id="register-page", response_model_exclude_none=True
    )
    async def register_page(
        product: _Short, number: _PageNumber, asking: Asking = Depends(who.person)
    ) -> wire.PageWithLines:
        """One page with its lines, sub-lines and footnotes."""

        def work(look: Look) -> wire.PageWithLines:
            page, lines = pages.one_page(look, ProductId(product), int(number))
            return wire.PageWithLines(
                page=views.page(look, page),
                headings=list(HEADINGS),
                rows=page_rows(page, lines, look.site.zone, pages.unread_on(look, page)),
            )

        return await reads.read(runtime, asking, "register-page", work)
