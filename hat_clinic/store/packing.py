"""Frames between a server's process and its writer's: eight bytes of number, four of length, a pickle.

The two are joined by a socket pair that has no name and that nobody else holds, and both are this
very program: a pickle is as safe as its other end. What both hold from the start (the table of
acts) goes by its name. The number lies outside the pickle, so that what cannot be read still says
whom it was for.
"""

from __future__ import annotations

import io
import pickle
import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Any

Shared = Mapping[str, object]
_HEAD = struct.Struct(">QL")
_AT_ONCE = 1 << 16


class Packing:
    """To a frame and back; what is in `shared` goes by its name."""

    def __init__(self, shared: Shared) -> None:
        self._shared, self._names = shared, {id(each): name for name, each in shared.items()}

    def pack(self, number: int, value: object) -> bytes:
        """The frame that carries `value` under this number."""
        if self._names:
            file = io.BytesIO()
            _Pickler(file, self._names).dump(value)
            data = file.getvalue()
        else:
            data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        return _HEAD.pack(number, len(data)) + data

    def unpack(self, data: bytes) -> Any:
        """The value that a frame carried."""
        return _Unpickler(io.BytesIO(data), self._shared).load()


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, names: dict[int, str]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._names = names

    def persistent_id(self, value: object) -> str | None:
        return self._names.get(id(value))


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: Shared) -> None:
        super().__init__(file)
        self._shared = shared

    def persistent_load(self, name: str) -> object:
        return self._shared[name]


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
