"""Secrets: derivation, sealing, signing, tokens; values in, values out."""
