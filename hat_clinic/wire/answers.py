"""What comes back from every act: a receipt, a statement to sign, or a problem."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Base64 = Annotated[str, Field(json_schema_extra={"contentEncoding": "base64"})]
Moment = Annotated[str, Field(description="RFC 3339 in UTC.", json_schema_extra={"format": "date-time"})]
VIEW = ConfigDict(extra="forbid", frozen=True)


class EntryLine(BaseModel):
    """An entry's place in the log, its kind, the SHA-256 of its envelope, and its leaf as proven."""

    model_config = VIEW
    seq: int
    tag: str
    rec: Base64
    leaf: Base64


class Receipt(BaseModel):
    """What the request came to, for ever: its entries, and a proof of each under the signed head.

    `head` is a C2SP checkpoint and each of `proofs` a C2SP tlog-proof; keep them. `made` holds the
    ids of what this request brought into being.
    """

    model_config = VIEW
    request: str
    outcome: Literal["accepted", "refused"]
    first_seq: int
    count: int
    entries: list[EntryLine]
    head: str
    proofs: list[str]
    made: dict[str, str] = {}


class StatementToSign(BaseModel):
    """The exact bytes to be shown and signed: DSSE over `payload_type` and `payload`."""

    model_config = VIEW
    statement: str
    payload: Base64
    payload_type: str
    expires_at: Moment
    made: dict[str, str] = {}


class Finding(BaseModel):
    """One reason of the rules, in words for people."""

    model_config = VIEW
    rule: str
    words: str
    source: str


class Fault(BaseModel):
    """One malformed thing: a pointer into the body (RFC 6901 as a fragment), or a parameter's name."""

    model_config = VIEW
    detail: str
    pointer: str | None = None
    parameter: str | None = None


class Problem(BaseModel):
    """RFC 9457. A refusal that is on record also carries the members of a receipt."""

    model_config = ConfigDict(extra="allow", frozen=True)
    type: str
    title: str
    status: int
    detail: str | None = None
    findings: list[Finding] | None = None
    errors: list[Fault] | None = None
