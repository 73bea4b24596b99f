"""What waits for a second person, opened from the entry itself, so that they confirm what they read."""

from __future__ import annotations

from hat_clinic.client.http import SiteHttp
from hat_clinic.client.log import FollowedLog
from hat_clinic.client.recorded import read_entry
from hat_clinic.client.statements import Named, open_named
from hat_clinic.ledger.canonical import unb64
from hat_clinic.ledger.statement import payload_type
from hat_clinic.vocabulary.errors import BadProof
from hat_clinic.wire.board import WaitingView


def read_named(http: SiteHttp, log: FollowedLog, token: str, waiting: WaitingView) -> Named:
    """The statement that waits, which is in the log and has the hash a second person will name.

    Refuses: a statement of another kind or person than the server said.
    Raises: BadProof.
    """
    leaf = log.leaf(waiting.seq)
    opened = read_entry(http, token, leaf)
    found = open_named(opened.payload, payload_type(opened.tag), unb64(waiting.names, 32), leaf.origin)
    if (found.tag, found.said.person) != (waiting.tag, waiting.person):
        raise BadProof("this is not the statement, or not the person, that the server named")
    return found
