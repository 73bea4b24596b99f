"""`replace` for values that are frozen and have slots, as all of ours: that of `dataclasses`, but faster.

Why our own: a prepared dose replaces seven values, and that of `dataclasses` takes more than twice
as long (measured, 14 members: 7.1 to 7.7 microseconds against 2.4 to 3.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # To whoever checks types it is the one of `dataclasses`: only of that one are the arguments checked.
    from dataclasses import replace as replace
else:

    def replace(value: Any, /, **members: Any) -> Any:
        """A new value, `value` but for these members; it has checked itself as when it is made.

        Raises: TypeError for a member that it does not have; what its checks raise.
        """
        kind = type(value)
        parts, puts, check = _of(kind)
        made = object.__new__(kind)
        for put, part in zip(puts.values(), parts(value), strict=True):
            put(made, part)
        try:
            for name, part in members.items():
                puts[name](made, part)
        except KeyError:
            raise TypeError(f"{kind.__name__} has no {name}") from None
        if check is not None:
            check(made)
        return made


@cache
def _of(kind: Any) -> tuple[Callable[[Any], Any], dict[str, Callable[[Any, Any], None]], Any]:
    """All members of a value at once, what puts each into its slot, and how a value checks itself."""
    names = [each.name for each in fields(kind)]
    parts = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    return parts, {name: getattr(kind, name).__set__ for name in names}, getattr(kind, "__post_init__", None)
