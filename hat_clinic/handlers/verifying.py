"""One verdict over everything that is kept of a site. The same way for a database and a bundle.

 1. the heads given, if they are of this log, are signed by its key;
 2. `ledger/audit.py` walks the log, each entry is given to the auditor's checks, and with it the
    request it belongs to;
 3. nothing is stored beside the log that no entry put there;
 4. replaying the log makes a register that adds up, and the stored projections, row by row;
 5. what held is weighed: parts withheld or missing, and what stands on the clinic's word alone.

The first of 2 to 5 that does not hold ends it, and names the first bad entry. A head that cannot be
read as one of this log proves nothing against anybody: then nothing was verified, and it says so.
Here and in `verifying_database.py`, and nowhere else above the store, a LedgerBroken is caught: it is
the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import cast

from hat_clinic.auditor.balances import require_pages
from hat_clinic.auditor.checks import Checks
from hat_clinic.auditor.keyring import StaffKeyring
from hat_clinic.domain.entries.system import LedgerOpened
from hat_clinic.handlers.bundle_files import ENTRIES, HEADS, POLICY, open_bundle
from hat_clinic.handlers.bundles import BundleRecord
from hat_clinic.handlers.records import Record
from hat_clinic.handlers.register_csv import register_csv
from hat_clinic.handlers.replaying import RowBroken, require_projections
from hat_clinic.handlers.verdict import NO_ANCHOR, NO_HEAD, NONE_OF_THIS_LOG, OTHER_ANCHOR, Code, Verdict
from hat_clinic.ledger.audit import AuditResult, audit
from hat_clinic.ledger.checkpoint import Checkpoint
from hat_clinic.ledger.kept_heads import is_of, open_heads
from hat_clinic.ledger.note import Vkey
from hat_clinic.ledger.policy import Policy
from hat_clinic.projections.register import lines_of, pages
from hat_clinic.store.states import States
from hat_clinic.vocabulary.errors import BadProof, LedgerBroken, Rejected

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""
SHOW_EVERY = 200


def silent(what: str, done: int, total: int) -> None:
    """Nobody watches."""


def verify_bundle(
    path: Path, policy: Policy | None, outside_heads: Sequence[str], progress: Progress = silent
) -> Verdict:
    """What is to be said of this bundle, with no database and no key at hand.

    Without `policy` the bundle's own stands in, as the one beside a database does.
    Raises: Rejected, for what is no bundle; OSError.
    """
    with open_bundle(path) as files:
        own = policy
        try:
            record = BundleRecord(files)
            if policy is None and POLICY in files.names:
                policy = Policy.parse(files.small(POLICY))
        except (LedgerBroken, BadProof) as error:
            return Verdict(Code.TAMPERED, str(path), (str(error),))
        if {ENTRIES, HEADS} & set(record.missing_parts):
            words = tuple(f"{part} is missing from this bundle" for part in record.missing_parts)
            return Verdict(Code.INCOMPLETE, record.about.origin, words)
        verdict = verify_record(record, policy, record.about.head, outside_heads, progress)
        return compared(verdict, own, files.anchor())


def compared(verdict: Verdict, own: Policy | None, beside: bytes | None) -> Verdict:
    """The verdict, which also tells if the trust anchor beside the record is not the one that was given."""
    if own is None or beside is None:
        return verdict
    try:
        same = Policy.parse(beside) == own
    except BadProof:
        same = False
    return verdict if same else replace(verdict, words=(*verdict.words, OTHER_ANCHOR))


def verify_record(
    record: Record,
    policy: Policy | None,
    claimed: Vkey,
    outside_heads: Sequence[str],
    progress: Progress = silent,
) -> Verdict:
    """What is to be said of this record.

    `claimed` is the head key that the record's keeper names, which stands in for the trust
    anchor's where there is no trust anchor.
    Raises: Rejected, for a head that says it is of this log and that its key did not sign.
    """
    origin = claimed.name
    vkey = policy.head if policy is not None else claimed
    if policy is not None and policy.origin != origin:
        words = f"the trust anchor is of {policy.origin}; this is the record of {origin}"
        return Verdict(Code.POLICY_UNMET, origin, (words,))
    outside = _open_outside(outside_heads, origin, vkey)
    try:
        result, checks, opened = _prove(record, policy, vkey, outside, progress)
        record.require_nothing_else(result.size, opened)
        register = _Register(checks.balances.totals)
        require_projections(
            record, lambda done: progress("replaying", done, result.size), register.require_adds_up
        )
        register.require_written(record)
    except RowBroken as error:
        return Verdict(Code.TAMPERED, origin, (str(error),), error.seq, error.table, error.key)
    except LedgerBroken as error:
        return Verdict(Code.TAMPERED, origin, (str(error),), error.seq)
    except BadProof as error:
        return Verdict(Code.TAMPERED, origin, (f"entry 0: {error}",), 0)
    aside = sum(not is_of(note, origin) for note in outside_heads)
    weighed = _weigh(record, policy, result, opened, outside, aside)
    return replace(weighed, words=(*weighed.words, *checks.unfinished))


def _open_outside(notes: Sequence[str], origin: str, vkey: Vkey) -> tuple[Checkpoint, ...]:
    """1."""
    try:
        return open_heads(notes, origin, vkey)
    except BadProof as error:
        raise Rejected(
            f"{error}. It could not be read as a head of this log. Typed wrong? If it was not typed, then"
            " it or the trust anchor is another's: compare with your own copies of both. Its key should"
            f" be {vkey.text}",
            "heads",
        ) from error


def _prove(
    record: Record,
    policy: Policy | None,
    vkey: Vkey,
    outside: Sequence[Checkpoint],
    progress: Progress,
) -> tuple[AuditResult, Checks, LedgerOpened]:
    """2."""
    total = record.size()
    ledger = record.ledger
    keyring = StaffKeyring()
    checks = Checks(vkey.public, keyring, record.requests(), (size for size, _ in ledger.heads()))
    walk = audit(ledger, keyring, vkey, outside, anchor=policy)
    result: AuditResult | None = None
    while result is None:
        try:
            audited = next(walk)
        except StopIteration as stop:
            result = cast(AuditResult, stop.value)
        else:
            checks.take(audited)
            if audited.seq % SHOW_EVERY == 0:
                progress("checking", audited.seq, total)
    checks.end(result.size)
    progress("checking", result.size, total)
    if checks.opened is None:
        raise LedgerBroken("a log begins with ledger-opened", seq=0)
    return result, checks, checks.opened


class _Register:
    """4. The register that the log makes."""

    def __init__(self, totals: dict[str, int]) -> None:
        self._totals, self._sha256 = totals, b""

    def require_adds_up(self, tx: States) -> None:
        """Line by line, page by page, and to what the entries come to.

        Raises: LedgerBroken.
        """
        require_pages(pages(tx), lambda page: lines_of(tx, page.page), self._totals)
        self._sha256 = sha256(register_csv(tx)).digest()

    def require_written(self, record: Record) -> None:
        """One that was written out is this one.

        Raises: LedgerBroken.
        """
        written = record.register()
        if written is None:
            return
        said = sha256()
        for line in written:
            said.update(line + b"\n")
        if said.digest() != self._sha256:
            raise LedgerBroken("register.csv is not the register that the entries make")


def _weigh(
    record: Record,
    policy: Policy | None,
    result: AuditResult,
    opened: LedgerOpened,
    outside: Sequence[Checkpoint],
    aside: int,
) -> Verdict:
    """5."""
    covered = max((head.size for head in outside), default=0)
    code, words = Code.HOLDS, [f"every entry, request and projection agrees; {result.heads_checked} heads"]
    if result.erased and record.shows_erasure:
        words.append(f"{result.erased} envelopes erased: their patients' keys are gone; their place stands")
    if not covered:
        code = Code.POLICY_UNMET
        words.append(NONE_OF_THIS_LOG if aside else NO_HEAD)
    elif covered < result.size:
        words.append(
            f"{len(outside)} heads given agree, up to entry {covered - 1};"
            f" for the {result.size - covered} entries after it the clinic's own word stands alone"
        )
    else:
        words.append(f"{len(outside)} heads given agree, the newest with all entries")
    if policy is None:
        code = Code.POLICY_UNMET
        words.append(NO_ANCHOR)
    if aside:
        words.append(f"{aside} heads of other logs were left aside")
    if result.withheld:
        code = Code.INCOMPLETE
        words.append(f"{result.withheld} envelopes withheld: order and register are proven, they are not")
    if result.erased and not record.shows_erasure:
        code = Code.INCOMPLETE
        words.append(
            f"{result.erased} envelopes are missing; the exporter says erased, with their patients' keys."
            " No entry says so, and no bundle can show it"
        )
    for part in record.missing_parts:
        code = Code.INCOMPLETE
        words.append(f"{part} is missing from this bundle")
    return Verdict(
        code, record.ledger.origin, tuple(words), size=result.size, root=result.root, erased=result.erased,
        withheld=result.withheld, heads=result.heads_checked,
        outside_heads=result.outside_heads_checked, covered=covered, demo=opened.demo,
    )  # fmt: skip
