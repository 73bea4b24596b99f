"""Which terminals are enrolled."""

from __future__ import annotations

from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.terminals import Terminal, evolve_terminal, terminal_of
from hat_clinic.projections.keyed import Keyed
from hat_clinic.store.schema import projection_terminal
from hat_clinic.store.states import States

TERMINALS: Keyed[Terminal] = Keyed(projection_terminal, Terminal)


def apply(tx: States, recorded: Recorded) -> None:
    """The terminal this entry is about has taken note of it."""
    terminal = terminal_of(recorded)
    if terminal is None:
        return
    after = evolve_terminal(TERMINALS.load(tx, terminal), recorded)
    if after is not None:
        TERMINALS.save(tx, terminal, after)
