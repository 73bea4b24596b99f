"""Frames between a server's process and its writer's: eight bytes of number, four of length, a pickle.

The two are joined by a socket pair that has no name and that nobody else holds, and both are this
very program: a pickle is as safe as its other end. What both hold from the start (the table of
acts) goes by its name. The number lies outside the pickle, so that what cannot be read still says
whom it was for.
"""

from __future__ import annotations

import pickle
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hat_clinic.store.turns import Call

Shared = Mapping[str, object]
_HEAD = struct.Struct(">QL")
_AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True)
class _Named:
    """Stands for what both processes hold."""

    name: str


class Packing:
    """To a frame and back; what is in `shared` goes by its name, where a call is told it.

    Why only there: to look at each object of what is sent for its name takes longer than sending it.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared, self._names = shared, {id(each): _Named(name) for name, each in shared.items()}

    def pack(self, number: int, value: object) -> bytes:
        """The frame that carries `value` under this number."""
        if isinstance(value, Call):
            value = Call(value.work, tuple([self._names.get(id(each), each) for each in value.said]))
        data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        return _HEAD.pack(number, len(data)) + data

    def unpack(self, data: bytes) -> Any:
        """The value that a frame carried."""
        value = pickle.loads(data)
        if isinstance(value, Call):
            said = [self._shared[each.name] if type(each) is _Named else each for each in value.said]
            value = Call(value.work, tuple(said))
        return value


def frames(joined: socket.socket) -> Iterator[list[tuple[int, bytes]]]:
    """(number, pickle) of each frame, as many at a time as have come, until the other end has closed."""
    buffer = bytearray()
    while True:
        try:
            data = joined.recv(_AT_ONCE)
        except ConnectionResetError:
            return
        if not data:
            return
        buffer += data
        if found := cut(buffer):
            yield found


def cut(buffer: bytearray) -> list[tuple[int, bytes]]:
    """(number, pickle) of each whole frame that `buffer` begins with; what comes after them stays in it."""
    found = []
    while len(buffer) >= _HEAD.size:
        number, length = _HEAD.unpack_from(buffer)
        end = _HEAD.size + length
        if len(buffer) < end:
            break
        found.append((number, bytes(buffer[_HEAD.size : end])))
        del buffer[:end]
    return found
