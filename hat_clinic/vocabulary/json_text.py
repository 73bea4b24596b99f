"""One spelling of a value as JSON: sorted members, no spaces, every character as itself.

Why not `JSONEncoder.encode`: it makes its C encoder anew for each value, which takes as long as writing
a small one, and every act writes eight. Where that encoder cannot be had, it is `encode` after all.
"""

from __future__ import annotations

import json
from json import encoder as _json

_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
)
_make = getattr(_json, "c_make_encoder", None)
_write = _make and _make(
    None, _ENCODER.default, _json.encode_basestring, None, ":", ",", True, False, False
)  # no markers against circles, no indent, sorted members, nothing left out, no NaN


def json_text(value: object) -> str:
    """`value` as JSON. What it may hold is asked by whoever calls this.

    Raises: TypeError for what JSON does not have; ValueError for a float that is no number.
    """
    return "".join(_write(value, 0)) if _write else _ENCODER.encode(value)
