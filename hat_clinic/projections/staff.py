"""Who works here, and which keys speak for them."""

from __future__ import annotations

from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.staff import Key, Person, changes, evolve_key, evolve_person, founding
from hat_clinic.projections.keyed import Keyed
from hat_clinic.store.schema import projection_key, projection_person
from hat_clinic.store.states import States

PERSONS: Keyed[Person] = Keyed(projection_person, Person, lambda one: {"staff_code": one.staff_code})
KEYS: Keyed[Key] = Keyed(projection_key, Key, lambda one: {"person_id": one.person})


def apply(tx: States, recorded: Recorded) -> None:
    """Persons and keys have taken note of this entry."""
    for person, key in founding(recorded):
        PERSONS.save(tx, person.person, person)
        KEYS.save(tx, key.key, key)
    changed = changes(recorded)
    for person_id in changed.persons:
        after = evolve_person(PERSONS.load(tx, person_id), recorded)
        if after is not None:
            PERSONS.save(tx, person_id, after)
    for key_id in changed.keys:
        key_after = evolve_key(KEYS.load(tx, key_id), recorded)
        if key_after is not None:
            KEYS.save(tx, key_id, key_after)
