"""A mass as the shelf knows it: so much liquid, or so many pieces, by the label of the page's product.

The register's balance is a mass; what stands beside it follows from it and can never disagree.
Source: BtMVV §14: mg or g, pieces where it is divided, also mL for liquids used in treatment.
"""

from __future__ import annotations

from hat_clinic.domain.register.state import Page
from hat_clinic.vocabulary.quantities import LARGEST, Mass, Volume
from hat_clinic.vocabulary.terms import ContainerKind


def volume_of(page: Page, mass: Mass) -> Volume | None:
    """The liquid that holds `mass` as the label has it, rounded down; None where it is no liquid.

    Units: rounded down to the microlitre.
    """
    content, liquid = page.content, page.content_volume
    if content is None or liquid is None or content.is_zero or content.expression is not mass.expression:
        return None
    microlitres = mass.micrograms * liquid.microlitres // content.micrograms
    return Volume(microlitres) if microlitres <= LARGEST else None


def pieces_of(page: Page, mass: Mass) -> int | None:
    """How many whole single-use containers `mass` is; None where it is not a whole number of them."""
    content = page.content
    if content is None or page.container_kind is not ContainerKind.SINGLE_USE or content.is_zero:
        return None
    pieces, rest = divmod(mass.micrograms, content.micrograms)
    return None if rest or content.expression is not mass.expression else pieces
