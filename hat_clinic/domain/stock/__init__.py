"""Stock: products, containers, receipts and counts.

Read in this order: `state`, `commands`, `rules` and `assess`, `decide`, `evolve`.
"""

from __future__ import annotations

from hat_clinic.domain.stock.rules import draw_findings
from hat_clinic.domain.stock.state import (
    Container,
    Count,
    Product,
    Receipt,
    Reservation,
    available,
    usable_until,
)

__all__ = [
    "Container",
    "Count",
    "Product",
    "Receipt",
    "Reservation",
    "available",
    "draw_findings",
    "usable_until",
]
