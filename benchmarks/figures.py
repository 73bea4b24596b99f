"""Figures: the median of the rounds and their spread, printed as they come and kept for the file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median


class Figures:
    """What was measured, in the order of measuring."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, float | str, str]] = []

    def note(self, name: str, value: float | str, unit: str) -> None:
        """One line `NAME VALUE UNIT`; a text stands for a value where there is none."""
        if not isinstance(value, str):
            value = round(value, 3 if abs(value) < 10 else 1)
        self.lines.append((name, value, unit))
        print(name, value, unit, flush=True)

    def rounds(self, name: str, values: Sequence[float], unit: str) -> None:
        """The median of the rounds, and how far apart they lie in percent of it."""
        middle = median(values)
        self.note(name, middle, unit)
        self.note(f"{name}_spread", 100 * (max(values) - min(values)) / (middle or 1), "percent")

    def write(self, path: Path) -> None:
        """The same as was printed, as JSON."""
        rows = [{"name": name, "value": value, "unit": unit} for name, value, unit in self.lines]
        path.write_text(json.dumps(rows, indent=1) + "\n")


def at(part: float, ordered: Sequence[float]) -> float:
    """The value which that part of the ordered ones does not exceed."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
