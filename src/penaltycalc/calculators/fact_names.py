"""The flat names of facts: one for each fact of a request, however deep it lies, for queries, tables and labels."""

from __future__ import annotations

from typing import Final

PREFIXES: Final = {
    "conduct": "conduct_",
    "granted": "granted_",
    "renewal_lead": "renewal_lead_",
    "harm": "",
    "exemption_facts": "",
    "readings": "",
    "clock_stops": "clock_stops_",
}
"""What stands before the names of the facts in a nested record: something where a name alone says too little."""

PERSON_NAMES: Final = {"role": "person_role", "name": "person_name", "income_during_violation": "person_income"}
"""The flat names of the facts of a responsible person."""

_CHOICES: Final = {"severity": "severity_given", "person_role": "role", "clock_stops_reason": "stop_reason"}


def name_fact(place: str) -> str:
    """The flat name of the fact at a place in a request, written with dots (`conduct.from`) or flat already.

    The parts of a clock stop have none of their own in queries and tables; here they have, for their labels.
    """
    record, _, name = place.rpartition(".")
    if record == "responsible_persons":
        return PERSON_NAMES.get(name, name)
    return f"{PREFIXES.get(record, '')}{name}"


def name_choices(place: str) -> str:
    """The group of labels.toml that holds the choices of the fact at that place."""
    name = name_fact(place)
    return _CHOICES.get(name, name)
