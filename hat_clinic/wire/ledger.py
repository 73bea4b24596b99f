"""Views of the log: heads, proofs, and the feed."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from hat_clinic.wire.answers import VIEW, Base64


class Head(BaseModel):
    """The newest signed head: a C2SP checkpoint as signed note. Keep it."""

    model_config = VIEW
    size: int
    head: str


class Consistency(BaseModel):
    """RFC 6962 proof that the log of `from` entries begins the log of `to`; `head` is the newest."""

    model_config = VIEW | ConfigDict(populate_by_name=True)
    old: Annotated[int, Field(alias="from")]
    new: Annotated[int, Field(alias="to")]
    hashes: list[Base64]
    head: str


class Proven(BaseModel):
    """An entry's leaf, and its C2SP tlog-proof against the newest head."""

    model_config = VIEW
    seq: int
    leaf: Base64
    proof: str


class FedEntry(BaseModel):
    """An entry as stored: its leaf, and its envelope unless that is sealed under a patient's key."""

    model_config = VIEW
    seq: int
    leaf: Base64
    envelope: Base64 | None = None


class Feed(BaseModel):
    """Entries in their order. Ask again with `after` = `next`."""

    model_config = VIEW
    entries: list[FedEntry]
    next: int
    size: int
    head: str
