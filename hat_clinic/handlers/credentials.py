"""A person's first passphrase for a key that two people have granted.

Nobody can clock in yet, so the key itself proves whose it is: it signs what is to be kept. The
server keeps the wrapped seed and a slow hash of one half; neither passphrase nor seed comes
here. A key gets one credential: changing a passphrase is another act.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from sqlalchemy import Connection

from hat_clinic.domain.staff import Key
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.ledger.canonical import b64, encode
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.ledger.statement import payload_type
from hat_clinic.projections.staff import KEYS
from hat_clinic.security.sealing import OVERHEAD
from hat_clinic.security.signing import CLOCK_IN_FLOOR, KdfParams, wrap_outer
from hat_clinic.security.slow_hash import SlowHash, slow_hash
from hat_clinic.store import credentials
from hat_clinic.store.credentials import Credential
from hat_clinic.store.states import States
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import BadProof, Clash, Rejected
from hat_clinic.vocabulary.ids import KeyId, PersonId, TerminalId

SALT_BYTES = 16
SEED_BYTES = 32
PROOF_TYPE = payload_type("credential")
"""No entry has this tag, so what the key signs here can never pass for an entry."""


@dataclass(frozen=True, slots=True)
class NewCredential:
    """What a terminal made of a passphrase and a seed: see `security.signing`."""

    person: PersonId
    key: KeyId
    salt: bytes
    kdf: KdfParams
    auth: bytes = field(repr=False)
    c1: bytes = field(repr=False)

    def payload(self, origin: str, terminal: TerminalId) -> bytes:
        """The bytes that the key signs: all of it, the secret parts as hashes, for this log."""
        kdf = {"lanes": self.kdf.lanes, "memory_kib": self.kdf.memory_kib, "passes": self.kdf.passes}
        return encode(
            {
                "auth": b64(sha256(self.auth).digest()),
                "c1": b64(sha256(self.c1).digest()),
                "kdf": kdf,
                "key": self.key,
                "origin": origin,
                "person": self.person,
                "salt": b64(self.salt),
                "terminal": terminal,
            }
        )


def derivation(memory_kib: int, passes: int, lanes: int) -> KdfParams:
    """What the terminal says its derivation cost.

    Raises: Rejected, below the floor.
    """
    try:
        kdf = KdfParams(memory_kib, passes, lanes)
    except ValueError as error:
        raise Rejected(str(error), "memory_kib") from error
    if not kdf.reaches(CLOCK_IN_FLOOR):
        raise Rejected(f"a passphrase is derived with {CLOCK_IN_FLOOR} at least", "memory_kib")
    return kdf


async def keep_credential(
    runtime: SiteRuntime, terminal: TerminalId, new: NewCredential, envelope: bytes
) -> None:
    """The person can clock in with this key.

    Refuses: a key that is not the person's, a second credential.
    Raises: Rejected, BadProof, Clash, Throttled.
    """
    _require_form(new)
    site_id = runtime.site.site_id

    def look(connection: Connection) -> None:
        _require_proof(States(connection, site_id), runtime.site.origin, terminal, new, envelope)

    await runtime.read(look)
    hashed = await runtime.slowly(lambda: slow_hash(new.auth, runtime.ids.random(SALT_BYTES)))
    await runtime.write(_keep, runtime.clock_in_keys.server, terminal, new, envelope, hashed)


def _require_form(new: NewCredential) -> None:
    for name, raw, length in (
        ("salt", new.salt, SALT_BYTES),
        ("auth", new.auth, 32),
        ("c1", new.c1, OVERHEAD + SEED_BYTES),
    ):
        if len(raw) != length:
            raise Rejected(f"{length} bytes are wanted here", name)


def _require_proof(
    states: States, origin: str, terminal: TerminalId, new: NewCredential, envelope: bytes
) -> Key:
    key = KEYS.load(states, new.key)
    if key is None or key.person != new.person or key.until is not None:
        raise BadProof("this key is not granted to this person, or not yet, or no more")
    parsed = parse_envelope(envelope)
    if parsed.payload_type != PROOF_TYPE or parsed.payload != new.payload(origin, terminal):
        raise BadProof("the key signed something else")
    parsed.require_signed(PublicKey(key.alg, key.public))
    return key


def _keep(
    tx: Transaction,
    server_key: bytes,
    terminal: TerminalId,
    new: NewCredential,
    envelope: bytes,
    hashed: SlowHash,
) -> None:
    key = _require_proof(tx, tx.site.origin, terminal, new, envelope)
    before = credentials.get(tx.conn, new.person, key.key)
    if before is not None:
        if (before.kdf_salt, before.kdf) == (new.salt, new.kdf):
            return  # sent again, because the answer was lost
        raise Clash("this key has a passphrase already")
    box = wrap_outer(server_key, new.c1, new.person, key.key, tx.ids.random)
    credentials.put(tx.conn, Credential(new.person, key.key, new.salt, new.kdf, hashed, box, tx.now))
