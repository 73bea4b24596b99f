"""The register as a file of rows, which a bundle carries and anybody's spreadsheet opens."""

from __future__ import annotations

import csv
import io

from hat_clinic.domain.register import csv_rows
from hat_clinic.projections.doses import calendar
from hat_clinic.projections.register import lines_of_all, pages
from hat_clinic.store.states import States


def register_csv(tx: States) -> bytes:
    """Every page with its lines under the headings the law asks for; ids stand where names belong.

    The zone is that of the first entry, so that whoever replays the log writes the same bytes.
    """
    some, text = pages(tx), io.StringIO()
    rows = csv_rows(some, lines_of_all(tx, some), calendar(tx).zone)
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
