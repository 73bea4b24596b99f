"""Which new ids each command brings into being; every other member comes from the body."""

from __future__ import annotations

from typing import Any

from hat_clinic.wire.forms import Form

MAKES: dict[type[Any], tuple[str, ...]] = {}


def form_of(command: type[Any]) -> Form[Any]:
    """The form of this command."""
    return Form(command, MAKES.get(command, ()))
