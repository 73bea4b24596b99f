"""Screens as text, one file a screen and size: read a changed one before it is committed.

After a change that is meant: `HAT_WRITE_SCREENS=1 make test TESTS=tests/tui`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "screens"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_BASE64 = re.compile(r"(?<![\w/+])(?=[\w/+]*[A-Z])(?=[\w/+]*[0-9a-z])[\w/+]{22,}={0,2}")
_ENDING = re.compile(r"…[0-9a-f]{4}\b")


def masked(text: str) -> str:
    """The screen without what differs from run to run: ids, hashes, and where they make lines wrap."""
    for pattern, mask in ((_UUID, "<id>"), (_BASE64, "<hash>"), (_ENDING, "…<id>")):
        text = pattern.sub(mask, text)
    return "\n".join(line.rstrip(" ▁▂▃▄▅▆▇█▎") for line in text.splitlines()) + "\n"


def require_golden(name: str, size: tuple[int, int], text: str) -> None:
    """The screen is the one that is kept under this name."""
    path, found = FOLDER / f"{name}-{size[0]}x{size[1]}.txt", masked(text)
    if os.environ.get("HAT_WRITE_SCREENS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8"), path.name
