"""What was read somewhere, made fit to be shown on a terminal: one line that can hide nothing."""

from __future__ import annotations


def one_line(text: str) -> str:
    """The text with everything that does not print written out, as in `\\x1b` or `\\u202e`.

    Why: a control sequence moves the cursor over what was said before, a line end begins a line
    that nobody said, and marks of direction turn one word into another.
    """
    return "".join(each if each.isprintable() else _written_out(each) for each in text)


def _written_out(mark: str) -> str:
    code = ord(mark)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
