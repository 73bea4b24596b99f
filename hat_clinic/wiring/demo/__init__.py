"""A demo clinic: five clinic days played through the HTTP API, by invented people, on a told clock.

Read in this order: `people`, `premises` (the folder), `titration` (what is given, from a file that
names its source), `team` (people at terminals), `bedside` (the verbs of a dose), `opening`, `days`,
`outcome` (what must have held). Nothing here is reached by a clinic that is no demo.
"""
