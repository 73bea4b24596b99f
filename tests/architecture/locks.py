"""What a lock in requirements/ must be: exact, hashed, and silent about where things come from."""

from __future__ import annotations

import re

ADDRESSES = ("://", "--index", "--extra-index", "--find-links", " @ ", "file:")
PIN = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]*)(?:\[[a-z,-]+\])?==(?P<version>\S+)(?: ; .+)?")


def breaches(text: str) -> list[str]:
    """Lines that name an address, pin nothing, or carry no hash."""
    found = [
        f"names an address: {line}" for line in text.splitlines() if any(one in line for one in ADDRESSES)
    ]
    for entry in _entries(text):
        requirement, *hashes = entry
        if PIN.fullmatch(requirement) is None:
            found.append(f"not an exact pin: {requirement}")
        if not hashes or not all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for one in hashes):
            found.append(f"without a hash: {requirement}")
    return found


def pins(text: str) -> dict[str, str]:
    """Name and version of everything a lock installs."""
    matches = [PIN.fullmatch(entry[0]) for entry in _entries(text)]
    return {one["name"]: one["version"] for one in matches if one is not None}


def _entries(text: str) -> list[list[str]]:
    joined = text.replace("\\\n", "\n")
    entries: list[list[str]] = []
    for line in joined.splitlines():
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        if line.startswith(" ") and entries:
            entries[-1].append(words)
        else:
            entries.append([words])
    return entries
