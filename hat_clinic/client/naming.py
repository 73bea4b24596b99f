"""What waits for a second person, opened from the entry itself, so that they confirm what they read."""

from __future__ import annotations

from base64 import b64decode

from hat_clinic.client.http import SiteHttp
from hat_clinic.client.statements import Named, open_named
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.vocabulary.errors import BadProof


def read_named(http: SiteHttp, token: str, seq: int, names: bytes, origin: str) -> Named:
    """The statement in entry `seq`, which has exactly the hash that a second person will name.

    Raises: BadProof.
    """
    feed = http.entries(token, after=seq - 1, limit=1)
    envelope = feed.entries[0].envelope if feed.entries else None
    if envelope is None:
        raise BadProof("the server does not show the statement that is to be confirmed")
    try:
        opened = parse_envelope(b64decode(envelope, validate=True))
    except ValueError:
        raise BadProof("the statement is not base64") from None
    return open_named(opened.payload, opened.payload_type, names, origin)
