"""Clocking in and signing in, as sent and as answered."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.ids import UUID7
from hat_clinic.wire.answers import VIEW, Base64, Moment
from hat_clinic.wire.kinds import LONGEST_BYTES, STRICT, UUID_EXAMPLE, unbase64

HALF_BYTES = 32
StaffCode = Annotated[str, Field(min_length=1, max_length=64, description="As on the badge.")]


class KdfParameters(BaseModel):
    """How to turn a passphrase into its halves: Argon2id. Refuse less than you expect.

    Units: `memory_kib` in KiB.
    """

    model_config = VIEW
    salt: Base64
    memory_kib: int
    passes: int
    lanes: int


class ClockIn(BaseModel):
    """Clock in, with the half of the derived passphrase that proves it (32 bytes)."""

    model_config = STRICT | {
        "json_schema_extra": {"examples": [{"staff_code": "ANA", "auth": "A" * 43 + "="}]}
    }
    staff_code: StaffCode
    auth: Annotated[str, Field(max_length=64, json_schema_extra={"contentEncoding": "base64"})]

    def auth_half(self) -> bytes:
        """The half.

        Raises: Rejected.
        """
        half = unbase64(self.auth, "/auth")
        if len(half) != HALF_BYTES:
            raise Rejected(f"{HALF_BYTES} bytes are wanted here", "/auth")
        return half


class SignedIn(BaseModel):
    """The right to look, sent as `Authorization: Bearer`. Ends after `idle_seconds` without any act."""

    model_config = VIEW
    token: str
    idle_seconds: int
    until: Moment


class ClockedIn(BaseModel):
    """Who is clocked in, until when, with which key; `c1` opens with the other half alone."""

    model_config = VIEW
    person: str
    staff_code: str
    name: str
    roles: list[str]
    key: str
    alg: str
    public: Base64
    c1: Base64
    until: Moment
    sign_in: SignedIn


class AskChallenge(BaseModel):
    """Ask for a challenge to sign with the key that is clocked in here."""

    model_config = STRICT | {"json_schema_extra": {"examples": [{"person": UUID_EXAMPLE}]}}
    person: Annotated[str, Field(pattern=f"^{UUID7.pattern}$", description="PersonId, a UUIDv7.")]


class Challenge(BaseModel):
    """The exact bytes to sign, as those of a statement. Check that they name you and this terminal."""

    model_config = VIEW
    payload: Base64
    payload_type: str
    expires_at: Moment


class SignedEnvelope(BaseModel):
    """A DSSE envelope in canonical JSON, as base64: one signature, made by the clocked-in key."""

    model_config = STRICT | {"json_schema_extra": {"examples": [{"envelope": "eyJwYXlsb2FkIjoi"}]}}
    envelope: Annotated[
        str, Field(max_length=LONGEST_BYTES + 16, json_schema_extra={"contentEncoding": "base64"})
    ]

    def envelope_bytes(self) -> bytes:
        """The envelope.

        Raises: Rejected.
        """
        return unbase64(self.envelope, "/envelope")


class NewCredential(BaseModel):
    """Keep what this person clocks in with, for a key that was granted. Sent once for each key.

    `envelope` is DSSE by that key over canonical JSON of `auth` and `c1` (their SHA-256), `kdf` (an
    object of the three parameters), `key`, `origin`, `person`, `salt` and `terminal`.
    Units: `memory_kib` in KiB.
    """

    model_config = STRICT | {
        "json_schema_extra": {
            "examples": [
                {
                    "person": UUID_EXAMPLE,
                    "key": "0" * 32,
                    "salt": "A" * 22 + "==",
                    "memory_kib": 65536,
                    "passes": 3,
                    "lanes": 1,
                    "auth": "A" * 43 + "=",
                    "c1": "A" * 87 + "=",
                    "envelope": "eyJwYXlsb2FkIjoi",
                }
            ]
        }
    }
    person: Annotated[str, Field(pattern=f"^{UUID7.pattern}$", description="PersonId, a UUIDv7.")]
    key: Annotated[str, Field(pattern="^[0-9a-f]{32}$", description="KeyId.")]
    salt: Annotated[Base64, Field(max_length=64)]
    memory_kib: Annotated[int, Field(ge=8, le=1024 * 1024)]
    passes: Annotated[int, Field(ge=1, le=64)]
    lanes: Annotated[int, Field(ge=1, le=16)]
    auth: Annotated[Base64, Field(max_length=64)]
    c1: Annotated[Base64, Field(max_length=256)]
    envelope: Annotated[Base64, Field(max_length=8192)]


class CredentialKept(BaseModel):
    """The person can clock in with this key."""

    model_config = VIEW
    person: str
    key: str
