"""Adds a controlled-drug register up again from `hat-clinic register --csv` alone."""

import csv
import sys

NAMES, PARTS = ("in", "out", "balance", "of which"), {"given", "wasted", "spilled", "returned", "unaccounted"}


def recompute(rows: list[dict[str, str]]) -> dict[str, int]:
    """The balance of every page; ValueError for a row that does not follow from those before it."""
    balances, left, carried = dict[str, int](), dict[str, int](), dict[str, int]()
    for row in rows:
        came, went, said, part = (int(row[f"{name} (micrograms)"] or 0) for name in NAMES)
        page, kind, line = row["page"], row["kind"], f"{row['page']} line {row['line']}"
        if kind in PARTS:
            left[line] -= part
        elif kind != "footnote":
            start = carried.pop(page.rpartition("/")[0], 0) if kind == "brought_forward" else balances[page]
            balances[page] = start + came - went
            left[line] = went if "dose" in kind else 0
            if balances[page] != said:
                raise ValueError(f"{line}: {said} is written, {balances[page]} follows")
        carried |= {page.rpartition("/")[0]: said} if kind == "page_closed" else {}
    if any(left.values()):
        raise ValueError(f"doses that are not closed to nothing: {[each for each in left if left[each]]}")
    return balances


if __name__ == "__main__":
    print(*recompute(list(csv.DictReader(sys.stdin))).items(), sep="\n")
