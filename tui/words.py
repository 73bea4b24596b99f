"""Every word the screens say, and what each error means for the person in front of them.

Source: NHS Common User Interface and ISMP for dates, numbers and what is never abbreviated; marks
always stand beside a word, so that nothing depends on colour: ■ stops, ▲ needs something, ✔ done.
"""

from __future__ import annotations

from hat_clinic.client.answers import NoAnswer
from hat_clinic.vocabulary.errors import (
    BadProof,
    Clash,
    Finding,
    HatError,
    LedgerBroken,
    NotFound,
    NotPermitted,
    Refused,
    Rejected,
    Throttled,
    Unauthenticated,
)
from hat_clinic.vocabulary.moments import duration_text
from hat_clinic.vocabulary.terms import LossReason

DEMO = "DEMO"
SMALL = "This terminal needs a window of 80 columns and 24 rows. Make it larger."
NO_PIN = "type your PIN"
NOT_A_PIN = "what stands in PIN has more than digits in it: type your PIN"
WAIT = "Wait…"
BUSY = "Wait: what you asked for before is not finished."
HELD = "A key that is held down counts once. Let go, and press it again."
NOTHING_HERE = "{key} does nothing on this screen. The keys that do are in the last line."
NO_EMERGENCY = "This version has no emergency screen. Follow your clinic's protocol, now."
CHANGED = (
    "■ STOP. What the server answered does not hold.",
    "Nothing more is signed from this answer. Do not go on with this patient on this terminal.",
    "Call the administrator, and keep this terminal as it is.",
)

CLOCK_IN = "Clock in"
CLOCK_IN_HOW = (
    "Type all four, Tab goes on, F6 clocks you in until the end of your shift.",
    "The PIN is yours for this shift: 6 digits or more, not 1111 or 3456. It signs each act.",
    "Passphrase and PIN do not leave this terminal.",
)
OR_STAFF_CODE = (
    "Or the staff code is nobody's: the server does not say which. Type it as you were given it,",
    "capital letters as capital letters.",
)
CLOCKED_IN = "✔ {name} is clocked in on this terminal for {time}."
ASKED_AGAIN = "✔ {act}, sent before without an answer: accepted."
ANOTHERS = (
    "▲ {name} sent something without an answer, too. Lock this screen (Ctrl-L); {name} opens it, then F4."
)
WAS_REFUSED = "■ What you sent before without an answer was refused, and that is on record. It was not done."
NOT_DONE = "■ {act}, asked for before without an answer: it was not done, and will not be."
LOCKED_ALONE = "Nobody pressed a key for 2min."
LOCKED = "Locked"
LOCKED_HOW = "Whoever is clocked in here opens it with staff code and PIN. F6 opens."
NOT_CLOCKED_IN = "Nobody with this staff code is clocked in on this terminal. Clock in first: Esc, F3."

BOARD = "Board"
STALE = "▲ THIS BOARD IS OF {at}. Nothing newer could be read: what was given since is not on it."
NOBODY = "Nobody is here, and no dose is open."
SCAN = "a card or a name; Enter finds, Enter opens"
NOT_FOUND_HERE = "Nobody on this board has “{text}”. Let the patient arrive first: F6."
FOUND_SEVERAL = "{count} on this board have “{text}”. Type more of it."
GONE = "▲ The patient you had selected is no longer on this board. Look at the selected row, then Enter."
NOT_HERE = "This patient is not here, and nothing of theirs is open."
NOTHING_OPEN = "✔ Nothing you sent is without an answer."
NO_ALLERGIES = "Allergies not recorded"
TEST_PATIENT = "INVENTED\N{NO-BREAK SPACE}PERSON"
NAMED = "WHAT THE FIRST PERSON SIGNED"
ERASED = "identity erased"
NO_COURSE = "■ No prescription is in force: ask the prescriber."

PERMIT = "Dose: may I prepare?"
PERMIT_HOW = "Take the container in your hand, scan or type its last four, then F6. Nothing is signed yet."
PERMIT_STOPS = "These speak against the largest dose now:"
DOSE_FIELD = "DOSE"
CONTAINER_FIELD = "CONTAINER"
SEVERAL = "several: a space between them"
CONTAINERS = "CONTAINERS in stock"
NO_CONTAINERS = "■ No container of this product has anything in it."

DRAW = "Dose: draw it up"
DRAW_HOW = "Permitted until {until}. Draw exactly this, then F6: the statement to sign is shown."
SIGN_PREPARED = "Dose: sign what you prepared"
SIGN_GIVEN = "Dose: sign what was given"
SIGN_ACCOUNT = "Dose: sign where it went"
SIGN_HOW = "Read it. If all of it is so, type your PIN and press F8. Not so: Esc, nothing is signed."
STATEMENT = "THE STATEMENT, exactly as it will be signed"
ALSO_SAID = "It also says, checked by this terminal"

SECOND = "SECOND SIGNER"
SECOND_ASKS = "{name} asks you to check a dose for"
SECOND_HOW = (
    "Look at the syringe, its label and every container it was drawn from.",
    "Type what YOU read. What was entered is hidden until you have answered.",
)
EVERY_CONTAINER = "every container, last 4 characters, separated by spaces"
SO_FAR = "{count} so far: {ends}   {then}"
ENDS_IT = "Enter ends this one, Tab goes on"
GOES_ON = "Enter or Tab goes on"
PIN_AMONG = (
    "▲ What looks like a PIN stood last among the containers and was taken out. Nothing was signed.",
    "Look that every container stands there, then type your PIN in its own field and press F8.",
)
SECOND_ONCE = (
    "If it does not match you will see only “does not match”. Both of you then stop: the dose is dead and"
    " all of it must be accounted for. The mismatch is kept as a near miss."
)
SECOND_NOT = "You cannot be the second signer for a dose that you prepared or prescribed."
MATCHES = "✔ Verified by {name}. It may be handed over."
NO_MATCH = (
    "■ Does not match.",
    "Both stop. Put the dose down. All of it must be accounted for: open the patient on the board.",
)

HAND_OVER = "Dose: hand it over"
HAND_OVER_HOW = "F6 asks every rule again. Only after that does the patient get the syringe."
HANDED_OVER = "✔ The patient may have it now."
GIVEN = "Dose: what was given"
GIVEN_HOW = "When the injection has ended: type what is left in the syringe, 0 if nothing, then F6."
WITNESS = "SECOND SIGNER: what you saw"
WITNESS_HOW = "Read the statement of {name}. If you saw it so, type staff code and PIN and press F8."
CLOSED = "✔ On record, signed by both."
ACCOUNT = "Dose: where did it go?"
ACCOUNT_HOW = "Say where it is, how much, and why. F6 shows the statement; a second person signs after you."
ACCOUNT_OPEN = "NOT ACCOUNTED FOR  {mass}"

IDENTIFY = "Visit: is this the right person?"
IDENTIFY_HOW = "Ask for two of these, compare with what stands above, type their digits, then F6."
ASSESS = "Visit: is a dose safe now?"
ASSESS_HOW = "Type what you read and what you conclude, then F6. Leave out what you did not measure."
ARRIVE = "Visit: who has come?"
ARRIVE_HOW = "Scan or type a number, or the family name; Enter finds, F6 lets the patient arrive."
NOT_ENROLLED = (
    "Nobody is enrolled here under “{text}”. Type the whole family name, or a number: a part finds nobody.",
    "A patient who is not enrolled is enrolled first.",
)
ARRIVED = "✔ {name} has arrived."
LEFT = "✔ {name} has left."
LEAVE = "Visit: leaving"
LEAVE_HOW = "{name} leaves the clinic now. F6 puts it on record; Esc, and nothing is."
NOBODY_CHOSEN = "Nobody is chosen. Type a number or the family name, then Enter; the arrow keys choose."
CHOOSE_ONE = "▲ {count} people are enrolled under this. Look at the birthday, and choose with the arrow keys."

FAILED = "The program failed and has ended; why is in its log. What was sent without an answer is kept."
UNFORESEEN = (
    "■ Something unforeseen went wrong on this terminal; it is in its log.",
    "It may have been done. Do not do it again: go to the board (Esc), press F4, and read.",
)
MAYBE_DONE = (
    "It may have been done. Do not do it again: go to the board (Esc), press F4, and read",
    "what became of it.",
)
ONLY_LOOKED = (
    "Only looking failed; what was done before stands. Look again from the board: Esc, then F2.",
)
NOT_CLOCKED = ("Nothing was signed. Press the key again.",)
OWN_FILES = "▲ This terminal cannot write its own files: {error}. Call the administrator."

FIELDS = {
    "patient": "PATIENT",
    "mass": "DOSE",
    "surplus": "SURPLUS, wasted",
    "volume": "VOLUME",
    "route": "ROUTE",
    "product": "PRODUCT",
    "prescriber": "PRESCRIBED BY",
    "given": "GIVEN",
    "remainder": "LEFT IN SYRINGE",
    "happened at": "ENDED",
    "whereabouts": "WENT",
    "reason": "REASON",
    "verifier waived": "NO SECOND SIGNER",
    "reading": "READ",
    "container ending": "CONTAINER ENDS",
    "other container endings": "ANOTHER ENDS",
}
"""How members of a statement are called on the screen, lists once for each; others under their own name."""
CHOSEN = ("reason", "whereabouts")
"""Members whose value was chosen by a digit, and is shown as the choice was."""
FIELDS_OF = {"dose-remainder-accounted": {"mass": "HOW MUCH", "happened at": "WHEN"}}
"""Where an entry of this kind means something else by them."""
FIRST = ("patient", "mass", "volume", "route", "product", "given", "remainder", "whereabouts", "reason")
"""What is read first; then draws and the rest of the named ones, then what machines need."""
STAGES = {
    "permitted": ("◐", "Permitted, not drawn"),
    "prepared": ("◐", "Drawn, second signer"),
    "verified": ("◐", "Checked, hand over"),
    "mismatched": ("■", "Does not match"),
    "handed_over": ("▲", "With the patient"),
    "given": ("▲", "Given, rest open"),
    "closed": ("▲", "Second signer missing"),
}
IDENTIFIERS = ("name", "born", "number", "address", "photograph")
IDENTIFIER_WORDS = ("name", "date of birth", "number", "address", "photograph")
CONSCIOUSNESS = ("alert", "confused", "voice", "pain", "unresponsive")
LOSSES: tuple[str, ...] = (
    LossReason.PATIENT_STOPPED,
    LossReason.VEIN_LOST,
    LossReason.REFUSED_BY_PATIENT,
    LossReason.NOT_VERIFIED,
    LossReason.LEFT_IN_SYRINGE,
    LossReason.DROPPED,
    LossReason.BROKEN,
    LossReason.NOT_FOUND,
    LossReason.OTHER,
)
"""Why something of a dose did not enter the patient; as the statement says it."""
WHEREABOUTS = ("wasted", "spilled", "returned", "unaccounted")


def numbered(choices: tuple[str, ...]) -> str:
    """Choices by the digit that is typed for each, which never parts from its word at a line's end."""
    parts = (f"{number} {plain(each)}" for number, each in enumerate(choices, start=1))
    return "   ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)


def plain(choice: str) -> str:
    """A choice of a statement as people say it."""
    return choice.replace("_", " ")


def finding(one: Finding) -> str:
    """One reason: what is wrong and what to do, its rule, and who says so."""
    source = f"  ({one.source})" if one.source else ""
    return f"■ {capital(one.words)}  [{one.rule}]{source}"


def stop(rule: str, why: str) -> str:
    """One reason, short."""
    return f"■ {capital(why)}  [{rule}]"


def capital(text: str) -> str:
    """The text as a sentence begins."""
    return text[:1].upper() + text[1:]


def of_error(error: HatError, unanswered: tuple[str, ...] = MAYBE_DONE) -> tuple[str, ...]:
    """What went wrong, every reason of it, and what to do next.

    `unanswered` is what it means that no answer came: an act is another matter than a look.
    """
    match error:
        case Refused():
            return ("■ Refused, and on record. Nothing else was done.", *map(finding, error.findings))
        case NotPermitted():
            reasons = tuple(map(finding, error.findings))
            return ("■ You may not do this here.", *(reasons or (_sentence(error),)))
        case Rejected():
            where = f"  [{error.field.strip('/')}]" if error.field else ""
            return (f"▲ {_sentence(error)}{where}", "Nothing was done. Put it right and press the key again.")
        case Throttled():
            return (f"▲ {_sentence(error)}", f"Try again in {duration_text(error.wait)}.")
        case Unauthenticated():
            looked = unanswered is ONLY_LOOKED
            return (f"▲ {_sentence(error)}", *(unanswered if looked else ("Nothing was signed.",)))
        case BadProof():
            return (*CHANGED, str(error))
        case NoAnswer():
            return (f"▲ {_sentence(error)}", *unanswered)
        case LedgerBroken():
            return ("■ STOP. The server's own record contradicts itself; nothing is written.", CHANGED[2])
        case Clash() | NotFound():
            return (f"▲ {_sentence(error)}", "Go back to the board (Esc) and open it again.")
        case _:
            return (f"▲ {_sentence(error)}", "Go back to the board (Esc) and open it again.")


def _sentence(error: HatError) -> str:
    return capital(str(error))
