"""The clinic that the commands are tried on: who founds it, and what it is called."""

from __future__ import annotations

from hat_clinic.wiring.ceremony import NewClinic, NewFounder

PEOPLE = (
    NewFounder("A-01", "Ada Invented", "correct horse battery"),
    NewFounder("A-02", "Bo Invented", "another long passphrase"),
)
CLINIC = NewClinic("zh1", "hat.clinic.example/zh1", "North Street", "Europe/Zurich", 0, "terminal 1", False)
