"""The words around the tables of the pages that the code writes."""

from __future__ import annotations

# What "house rule on ..." stands for, where a rule has no law or label behind it.
HOUSE_RULES = {
    "doses": "The right person, the right mass, now: no dose is permitted that the rules refuse, none twice.",
    "stock": "Stock moves in two phases: permitted reserves, prepared takes out; what was drawn closes to 0.",
    "numbers": "Every number is exact, of a named expression; what a syringe cannot measure is rounded down.",
    "sources": "Every clinical number is data with its source; without one it is absent, never guessed.",
    "containers": "A container has an id, a lot and a use-by date of its own.",
    "records": "What is stored has one spelling. What a pair of statements permits begins with the second.",
    "persons": "Two people, two statements, each with a key and a role of their own: persons, not accounts.",
    "time": "A pause is counted on a clock that can be trusted; a day is the clinic's own.",
}
# Ids of rules that are gone. They are never given to another rule.
RETIRED = {
    "CD39": "closing without a word on what was found: the finding is a code of a closed list now",
    "RX16": "a reason that is not one of the closed list: no other can be written down now",
}
RULEBOOK = """\
# Rulebook

Made from the code by `make docs`; a test fails when it is stale.

A rule stops a **permit**, always together with all other reasons. It never stops a **report**: there its
id is kept in the entry and an incident opens; only form, arithmetic and identity turn a report away.
`grep -r AD04` leads from a complaint to the rule, its words and its tests. Paths begin in `hat_clinic/`
and in `tests/`; where the domain's own tests name a rule, those of other floors are left out.
"""
GONE = """
## Gone

Rules that were needed once. Their ids are never used again.

| rule | refused |
|---|---|
"""
HOUSE = """
## House rules

Where no law and no label was found that asks for it, a source says `house rule`: it is our own decision.
`house rule: ...` says why itself; `house rule on ...` follows from one of these:

| house rule on | says |
|---|---|
"""
ENTRIES = """\
# Entries

Made from the code by `make docs`; a test fails when it is stale.

All that can be in a ledger, from `SIGNERS` in `hat_clinic/domain/entries/signers.py`. Under each name:
its tag, its class, whose key signs, what the signature means, and who makes the **second** statement
that it needs before it counts, or which entry that is.

Classes `register`, `staff` and `system` are stored in clear, `patient` and `clinical` sealed under the
patient's own key. What the machine's key signs is said by the server for whoever was signed in: a server
that was taken over could invent those, listed at the end, and no others. A field with `?` may be absent.
"""
ACTS = """\
# Acts

Made from the code by `make docs`; a test fails when it is stale.

Everything a person can ask for, from `hat_clinic/handlers/grants.py`. An *attributed* act is one
`POST /v1/sites/{site}/<act>`. A *signed* one is `POST .../<act>/statement`, which answers the bytes to
sign, and then `POST .../statements/{id}/signature`. A **permit** lets drug or trust out and is closed
while the clock is in doubt. *Blind*: signed before the server compares. Every route against every role,
as really answered: [authorisation.md](authorisation.md).

| act | says | becomes | how | permit | second | roles |
|---|---|---|---|---|---|---|
"""
VIEWS = """
## Views

Who may read what, from `READS` in `hat_clinic/handlers/reads.py`. The log itself is no view: `entries` is
for anybody signed in, heads and proofs for any enrolled terminal.

| view | roles |
|---|---|
"""
