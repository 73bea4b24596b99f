"""Who plays: invented people, with passphrases that stand here for everybody to read.

Why published: nobody can then mistake them for secrets. A demo clinic is refused off loopback.
The NHS numbers are from the range 999, which no person is ever given.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hat_clinic.vocabulary.terms import Role

BEDSIDE, SECOND = "bedside", "second"
"""The two terminals: where doses are prepared, and where a second person reads them."""


@dataclass(frozen=True, slots=True)
class Player:
    """A member of the demo's staff: sits at one terminal, has one passphrase and one PIN."""

    staff_code: str
    name: str
    passphrase: str
    pin: str
    roles: tuple[Role, ...]
    seat: str


@dataclass(frozen=True, slots=True)
class InventedPatient:
    """A patient nobody ever was."""

    family: str
    given: str
    born: date
    nhs_number: str


ADA = Player("A-01", "Ada Amsel", "demo only: ada opens the log", "739164", (Role.ADMINISTRATOR,), BEDSIDE)
BO = Player("A-02", "Bo Buchfink", "demo only: bo opens it too", "280517", (Role.ADMINISTRATOR,), BEDSIDE)
DARA = Player(
    "D-01", "Dara Dohle", "demo only: dara prescribes", "914370", (Role.PRESCRIBER, Role.MEDICAL_LEAD), SECOND
)
NIA = Player("N-01", "Nia Nachtigall", "demo only: nia prepares", "604829", (Role.NURSE,), BEDSIDE)
NOA = Player("N-02", "Noa Neuntöter", "demo only: noa reads it anew", "158302", (Role.NURSE,), SECOND)
PIA = Player(
    "P-01",
    "Pia Pirol",
    "demo only: pia keeps the stock",
    "473095",
    (Role.PHARMACIST, Role.CONTROLLED_DRUGS_LEAD),
    SECOND,
)
FOUNDERS = (ADA, BO)
HIRED = (DARA, NIA, NOA, PIA)

ANA = InventedPatient("Zeisig", "Ana", date(1984, 2, 29), "9990000018")
BEN = InventedPatient("Stieglitz", "Ben", date(1971, 6, 5), "9990000026")
