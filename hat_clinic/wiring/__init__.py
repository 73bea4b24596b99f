"""The composition root: where clock, randomness, files and engines meet the rest."""
