"""Heads and consistency proofs as a liar would answer them; the same lies in every run."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from hat_clinic.ledger.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from hat_clinic.security.signing import SigningKey
from hat_clinic.wire.ledger import Consistency

PARTS = "\n\n"


@dataclass(frozen=True)
class HeadForger:
    """Has an honest head and every key but the head's."""

    honest: str
    strangers: tuple[SigningKey, ...]
    chance: Random

    @property
    def _parts(self) -> tuple[str, str]:
        text, signatures = self.honest.split(PARTS)
        return f"{text}\n", signatures

    @property
    def _true(self) -> Checkpoint:
        return parse_checkpoint(self._parts[0])

    def _other(self) -> Checkpoint:
        """What somebody would like to be true: another size, another root or both."""
        true, root = self._true, bytearray(self._true.root)
        root[self.chance.randrange(32)] ^= 1 << self.chance.randrange(8)
        size = max(1, true.size + self.chance.choice([-3, -1, 1, 1000, 2**40]))
        return self.chance.choice(
            [
                replace(true, size=size, previous=min(true.previous, size - 1)),
                replace(true, root=bytes(root)),
                replace(true, size=size, root=bytes(root), previous=0),
                replace(true, origin="hat.invalid/other"),
                replace(true, previous=(true.previous + 1) % true.size),
            ]
        )

    def text_changed(self) -> str:
        return f"{self._other().text()}\n{self._parts[1]}"

    def by_a_stranger(self) -> str:
        key = self.chance.choice(self.strangers)
        checkpoint = self.chance.choice([self._true, self._other()])
        return sign_checkpoint(checkpoint, key.sign, key.public_raw)

    def by_a_stranger_in_its_name(self) -> str:
        """The head key's own name and id, over a stranger's signature."""
        key, (text, signatures) = self.chance.choice(self.strangers), self._parts
        dash, name, raw = signatures.split(" ")
        forged = b64decode(raw)[:4] + key.sign(text.encode())
        return f"{text}\n{dash} {name} {b64encode(forged).decode()}\n"

    def signature_bit(self) -> str:
        text, signatures = self._parts
        dash, name, raw = signatures.split(" ")
        data = bytearray(b64decode(raw))
        data[self.chance.randrange(4, len(data))] ^= 1 << self.chance.randrange(8)
        return f"{text}\n{dash} {name} {b64encode(data).decode()}\n"

    def unsigned(self) -> str:
        text = self._parts[0]
        return self.chance.choice([text, f"{text}\n", f"{text}\n\n", f"{text}\n— hat.invalid/zh1 AAAA\n", ""])

    def truncated(self) -> str:
        return self.honest[: self.chance.randrange(len(self.honest) - 1)]

    def lines(self) -> str:
        text, signatures = self._parts
        first, *rest = text.splitlines()
        return self.chance.choice(
            [
                "\n".join([first, *reversed(rest), "", signatures]),
                f"{text}extension\n\n{signatures}",
                self.honest.replace("\n", "\r\n"),
                f"\n{self.honest}",
                f"{self.honest}trailing\n",
            ]
        )

    def forged(self, count: int) -> Iterator[str]:
        """So many, one way after the other."""
        ways = (
            self.text_changed, self.by_a_stranger, self.by_a_stranger_in_its_name, self.signature_bit,
            self.unsigned, self.truncated, self.lines,
        )  # fmt: skip
        for number in range(count):
            note = ways[number % len(ways)]()
            assert note != self.honest
            yield note


def forged_proofs(
    honest: Consistency, chance: Random, ask: Callable[[int, int], Consistency]
) -> Iterator[Consistency]:
    """Without end: this proof with hashes changed, left out, put in, moved, or between other sizes."""
    hashes = [b64decode(each) for each in honest.hashes]
    assert len(set(hashes)) > 1

    def with_hashes(some: list[bytes]) -> Consistency:
        return honest.model_copy(update={"hashes": [b64encode(each).decode() for each in some]})

    while True:
        at = chance.randrange(len(hashes))
        bit = bytearray(hashes[at])
        bit[chance.randrange(32)] ^= 1 << chance.randrange(8)
        yield with_hashes([*hashes[:at], bytes(bit), *hashes[at + 1 :]])
        yield with_hashes([*hashes[:at], *hashes[at + 1 :]])
        yield with_hashes([*hashes[:at], chance.randbytes(32), *hashes[at:]])
        yield with_hashes(hashes[::-1] if hashes[::-1] != hashes else [])
        yield with_hashes([])
        yield with_hashes([*hashes[:-1], hashes[-1][: chance.randrange(32)]])
        yield ask(honest.old - 1, honest.new)
        yield ask(honest.old, honest.new - 1)
        yield ask(honest.old - 1, honest.new).model_copy(update={"old": honest.old})
        yield honest.model_copy(update={"hashes": ["not base64", *honest.hashes[1:]]})
