"""Proofs: the append-only log, its signed heads, and how a stranger checks them.

Pure: values in, values out. Formats are those of RFC 6962, RFC 8785, DSSE v1.0.2 and
C2SP (signed-note, tlog-checkpoint, tlog-proof, tlog-policy), taken verbatim, so that
other people's programs can check ours; a checkpoint has one extension line.
"""
