"""The register as a file of rows, which a bundle carries and anybody's spreadsheet opens."""

from __future__ import annotations

import csv
import io

from hat_clinic.domain.register import csv_rows
from hat_clinic.projections.register import lines_of_all, pages
from hat_clinic.store.states import States


def register_csv(tx: States) -> bytes:
    """Every page with its lines under the headings the law asks for; ids stand where names belong."""
    some, text = pages(tx), io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(csv_rows(some, lines_of_all(tx, some)))
    return text.getvalue().encode()
