"""An honestly signed statement, altered in every way we could think of; the same ways in every run."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from hat_clinic.ledger.canonical import encode
from hat_clinic.ledger.dsse import Envelope, pae, parse_envelope
from hat_clinic.security.signing import SigningKey

ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of the base point of Ed25519: S and S + ORDER would both do, if nobody looked."""
KINDS = ("dose-given", "given-verified", "dose-permitted", "act-confirmed", "sign-in", "no-such-entry")


@dataclass(frozen=True)
class Forger:
    """Has the signed statement, every key but the one that counts, and for `signed_anew` that one too."""

    honest: bytes
    own: SigningKey
    others: tuple[tuple[str, SigningKey], ...]
    other_payload: bytes
    chance: Random

    @property
    def parsed(self) -> Envelope:
        return parse_envelope(self.honest)

    def flipped(self, data: bytes) -> bytes:
        """One bit of these bytes is another."""
        at = self.chance.randrange(len(data) * 8)
        changed = bytearray(data)
        changed[at // 8] ^= 1 << (at % 8)
        return bytes(changed)

    # --- altered, in the one form an envelope has -----------------------------------------

    def payload_bit(self) -> bytes:
        return replace(self.parsed, payload=self.flipped(self.parsed.payload)).to_bytes()

    def signature_bit(self) -> bytes:
        return replace(self.parsed, signature=self.flipped(self.parsed.signature)).to_bytes()

    def signature_length(self) -> bytes:
        signature = self.parsed.signature
        length = self.chance.choice([0, 1, 32, 63, 65, 128])
        return replace(self.parsed, signature=(signature * 2)[:length]).to_bytes()

    def signature_second_form(self) -> bytes:
        """S + ORDER: the same signature to whoever reduces before looking."""
        signature = self.parsed.signature
        second = int.from_bytes(signature[32:], "little") + ORDER
        return replace(self.parsed, signature=signature[:32] + second.to_bytes(32, "little")).to_bytes()

    def keyid(self) -> bytes:
        keyid = self.chance.choice([name for name, _ in self.others] + ["", "machine", "f" * 32, "../key"])
        return replace(self.parsed, keyid=keyid).to_bytes()

    def signed_by_another(self) -> bytes:
        """Another key's signature, under its own name or under the right one."""
        name, key = self.chance.choice(self.others)
        kind, payload = self.parsed.payload_type, self.parsed.payload
        keyid = self.chance.choice([name, self.parsed.keyid])
        return Envelope(kind, payload, keyid, key.sign(pae(kind, payload))).to_bytes()

    def payload_type(self) -> bytes:
        """Another kind of entry, with the old signature or with a right one over the new kind."""
        kind = f"application/vnd.hat-clinic.{self.chance.choice(KINDS)}.v1+json"
        kind = self.chance.choice([kind, self.parsed.payload_type.replace("v1", "v2"), "application/json"])
        signature = self.chance.choice([self.parsed.signature, self.own.sign(pae(kind, self.parsed.payload))])
        return replace(self.parsed, payload_type=kind, signature=signature).to_bytes()

    def signed_anew(self) -> bytes:
        """The right key, over a statement that nobody was shown."""
        said: dict[str, Any] = json.loads(self.parsed.payload)
        name = self.chance.choice(["salt", "origin", "request", "terminal", "meaning", "person", "body"])
        if name == "person":
            said["author"]["person"] = said["terminal"]
        elif name == "body":
            member = self.chance.choice(sorted(said["body"]))
            said["body"][member] = said["body"].get("nonce", "changed") if member != "nonce" else "A" * 24
            said["body"]["dose"] = said["request"]
        else:
            said[name] = said["author"]["person"] if name != "salt" else b64encode(bytes(16)).decode()
        return self._signed(encode(said))

    def of_another_statement(self) -> bytes:
        return self._signed(self.other_payload)

    def _signed(self, payload: bytes) -> bytes:
        kind = self.parsed.payload_type
        return Envelope(kind, payload, self.own.key_id, self.own.sign(pae(kind, payload))).to_bytes()

    # --- the same, in another form --------------------------------------------------------

    def byte(self) -> bytes:
        return self.flipped(self.honest)

    def truncated(self) -> bytes:
        return self.honest[: self.chance.randrange(len(self.honest))]

    def longer(self) -> bytes:
        tail = self.chance.choice([b"\n", b" ", b"\0", b"{}", b",", self.honest])
        return self.chance.choice([self.honest + tail, tail + self.honest])

    def written_anew(self) -> bytes:
        """Other spaces, order, escapes or encoding: JSON that means the same."""
        members = json.loads(self.honest)
        turned = dict(reversed(members.items()))
        escaped = self.honest.replace(b"application", b"\\u0061pplication")
        forms = [
            json.dumps(members).encode(),
            json.dumps(members, indent=1).encode(),
            json.dumps(turned, separators=(",", ":")).encode(),
            escaped,
            b"\xef\xbb\xbf" + self.honest,
            self.honest.decode().encode("utf-16"),
        ]
        return self.chance.choice(forms)

    def members(self) -> bytes:
        """A member too many, twice, or not there."""
        said: dict[str, Any] = json.loads(self.honest)
        name = self.chance.choice(["extra", "twice", "gone", "signatures", "none", "inner", "null"])
        if name == "twice":
            return self.honest[:-1] + b"," + self.honest[1:]
        if name == "gone":
            del said[self.chance.choice(sorted(said))]
        elif name == "signatures":
            said["signatures"] *= 2
        elif name == "none":
            said["signatures"] = self.chance.choice([[], {}, "", None, [[]]])
        elif name == "inner":
            said["signatures"][0]["alg"] = "none"
        else:
            said["alg"] = None if name == "null" else "none"
        return json.dumps(said, separators=(",", ":"), sort_keys=True).encode()

    def base64(self) -> bytes:
        """The payload or signature in another spelling of base64."""
        said: dict[str, Any] = json.loads(self.honest)
        holder, name = self.chance.choice([(said, "payload"), (said["signatures"][0], "sig")])
        raw, text = b64decode(holder[name]), holder[name]
        spellings = [text + "=", text[:40] + "\n" + text[40:], text.rstrip("=") + "A", f" {text}", raw.hex()]
        spellings += [each for each in [urlsafe_b64encode(raw).decode(), text.rstrip("=")] if each != text]
        holder[name] = self.chance.choice(spellings)
        return encode(said)

    def ways(self) -> tuple[Callable[[], bytes], ...]:
        return (
            self.payload_bit, self.signature_bit, self.signature_length, self.signature_second_form,
            self.keyid, self.signed_by_another, self.payload_type, self.signed_anew,
            self.of_another_statement, self.byte, self.truncated, self.longer, self.written_anew,
            self.members, self.base64,
        )  # fmt: skip

    def altered(self, count: int) -> Iterator[tuple[str, bytes]]:
        """So many alterations with what was done, one way after the other; none is what was signed."""
        ways, made = self.ways(), 0
        while made < count:
            way = ways[made % len(ways)]
            data = way()
            if data != self.honest:
                made += 1
                yield way.__name__, data
