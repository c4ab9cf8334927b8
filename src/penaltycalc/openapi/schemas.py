"""The components of the OpenAPI document: what requests and answers hold, member by member.

msgspec describes the records. Here they get names for their unions and enumerations, what their members
mean in both languages, and the forms that OpenAPI and its generators understand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

import msgspec

from penaltycalc.api.operations import Health, Readiness
from penaltycalc.calculators.calculate import CALCULATIONS
from penaltycalc.calculators.calendar_queries import CalendarYear, ShiftedDay, WorkingDays
from penaltycalc.calculators.catalogue import (
    RulebookItem,
    StepCatalogue,
    StepItem,
    TermCatalogue,
    TermItem,
    ViolationCatalogue,
    ViolationItem,
)
from penaltycalc.calculators.expiries import Convention
from penaltycalc.calculators.penalties import Applies, FixedBasis, IncomeBasis, MultipleBasis, Severity
from penaltycalc.calculators.problems import Problem, RowProblem
from penaltycalc.calendar.workdays import Status, Why
from penaltycalc.input.flat import list_fields
from penaltycalc.rules import clauses
from penaltycalc.rules.money import ANSWER_PATTERN, PATTERN, Money
from penaltycalc.rules.rows import Event, IssuedBefore, Lapse, RenewalAuthority, StopReason, Unit
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.texts import Notice
from penaltycalc.rules.wording import LANGUAGES, Level

Schema = dict[str, Any]
TEMPLATE: Final = "#/components/schemas/{name}"

RECORDS: Final[tuple[Any, ...]] = (
    *(calculation.answer for calculation in CALCULATIONS.values()),
    RulebookItem,
    ViolationCatalogue,
    ViolationItem,
    StepCatalogue,
    StepItem,
    TermCatalogue,
    TermItem,
    CalendarYear,
    WorkingDays,
    ShiftedDay,
    Problem,
    RowProblem,
    Notice,
    Health,
    Readiness,
)
"""The records that are answered; those inside them come along."""

ROWS: Final[dict[str, str]] = {"penalty": "PenaltyRow", "deadline": "DeadlineRow", "expiry": "ExpiryRow"}
"""The requests as items of a batch: the same facts, but `kind` has to be given."""

_ENUMERATIONS: Final[dict[str, tuple[tuple[Any, ...], str]]] = {
    "Activity": (get_args(clauses.Activity), "activity"),
    "Severity": (get_args(Severity), "severity_given"),
    "Scope": (get_args(clauses.Scope), "scope"),
    "Role": (get_args(clauses.Role), "role"),
    "Tier": (get_args(clauses.TierName), "tier"),
    "Authority": (get_args(clauses.Authority), "authority"),
    "RenewalAuthority": (get_args(RenewalAuthority), "authority"),
    "ConfiscatedObject": (get_args(clauses.ConfiscatedObject), "object"),
    "Licence": (get_args(clauses.Licence), "licence"),
    "BannedActivity": (get_args(clauses.BannedActivity), "activity_banned"),
    "LimitationPeriod": (get_args(Applies), ""),
    "StopReason": (get_args(StopReason), "stop_reason"),
    "StopGround": (("direct", "interpretive", "by_analogy"), ""),
    "Event": (get_args(Event), "event"),
    "Unit": (get_args(Unit), "unit"),
    "Lapse": (get_args(Lapse), "lapse"),
    "DayStatus": (get_args(Status), "status"),
    "DayKind": (get_args(Why), "day"),
    "LedgerReason": (("start_day", "clock_stopped", "calendar_day", "rolled", *get_args(Why)), "day"),
    "Convention": (get_args(Convention), ""),
    "IssuedBefore": (get_args(IssuedBefore), ""),
    "Level": (get_args(Level), "level"),
    "Language": (LANGUAGES, ""),
}
"""The enumerations by name: their values, and the group of labels that says what each means."""

_UNIONS: Final[dict[str, tuple[Any, ...]]] = {
    "Measure": get_args(clauses.Measure),
    "FineBasis": (MultipleBasis, FixedBasis, IncomeBasis),
    "FineClause": (clauses.FixedFine, clauses.GoodsValueMultiple),
    "PersonFineClause": (clauses.FixedFine, clauses.IncomeShare),
}
"""The unions inside answers by name, told apart by `kind`."""


class Bilingual:
    """The texts of the document, Chinese and English side by side."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._wordings = [rulebook.wordings[lang] for lang in LANGUAGES]
        self._texts = [wording.document() for wording in self._wordings]

    def text(self, group: str, name: str = "self") -> str:
        """A text of the document; KeyError where there is none."""
        return _both(texts[group][name] for texts in self._texts)

    def has(self, group: str, name: str) -> bool:
        """Whether there is such a text."""
        return name in self._texts[0].get(group, {})

    def fact(self, name: str) -> str:
        """What a fact of a request means, by its flat name."""
        return _both(wording.field(name) for wording in self._wordings)

    def label(self, group: str, code: str) -> str:
        """What people call a code."""
        return _both(wording.label(group, code) for wording in self._wordings)

    def problem(self, code: str) -> str:
        """The title of a problem."""
        return _both(wording.problem(code)[0] for wording in self._wordings)


def _both(texts: Iterable[str]) -> str:
    return " / ".join(texts)


def components(said: Bilingual) -> dict[str, Schema]:
    """The schemas of all records, by name."""
    made = _records()
    requests = [calculation.request for calculation in CALCULATIONS.values()]
    closed = _with_what_they_hold({request.__name__ for request in requests}, made)
    made.update({name: _union(types) for name, types in _UNIONS.items()})
    for name, schema in made.items():
        schema.pop("title", None)
        if name not in closed:
            schema.pop("additionalProperties", None)  # members may be added to answers, and clients ignore them
    made = {name: understood(schema) for name, schema in made.items()}
    made["LedgerDay"]["properties"]["why"] = _reference("LedgerReason")
    made.update({name: {"type": "string", "enum": sorted(values)} for name, (values, _) in _ENUMERATIONS.items()})
    _describe(made, said)
    return {**made, **_rows(made, said)}


def _records() -> dict[str, Schema]:
    """As msgspec describes them; money goes in and comes out in different forms."""
    requests = [calculation.request for calculation in CALCULATIONS.values()]
    made: dict[str, Schema] = {}
    for types, pattern, example in ((requests, PATTERN, "85000.00"), (RECORDS, ANSWER_PATTERN, "1000000.00")):
        money = {"type": "string", "pattern": pattern, "examples": [example]}

        def hook(type: type, money: Schema = money) -> Schema:
            if type is Money:
                return dict(money)
            raise NotImplementedError(type)

        _, found = msgspec.json.schema_components(types, schema_hook=hook, ref_template=TEMPLATE)
        made.update(found)
    return made


def _reference(name: str) -> Schema:
    return {"$ref": TEMPLATE.format(name=name)}


def _union(types: Iterable[Any]) -> Schema:
    return one_of({str(one.__struct_config__.tag): one.__name__ for one in types})


def one_of(names: Mapping[str, str]) -> Schema:
    """One of several components, told apart by `kind`."""
    places = {kind: TEMPLATE.format(name=name) for kind, name in names.items()}
    return {
        "oneOf": [{"$ref": place} for place in places.values()],
        "discriminator": {"propertyName": "kind", "mapping": places},
    }


def understood(value: Any) -> Any:
    """A schema in the forms that generators understand, its unions and enumerations by their names."""
    if isinstance(value, list):
        return [understood(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if "discriminator" in value and "anyOf" in value:
        return _reference(_NAMED[frozenset(value["discriminator"]["mapping"].values())])
    made = {name: understood(inner) for name, inner in value.items()}
    if isinstance(made.get("enum"), list):
        name = _NAMED.get(frozenset(made["enum"]))
        rest = {key: inner for key, inner in made.items() if key not in ("enum", "type")}
        return {"type": "string", **made} if name is None else {**_reference(name), **rest}
    if made.get("required") == []:
        del made["required"]
    if "$ref" in made or made.get("type") == "array":
        made.pop("default", None)  # none given is none; generators stumble over defaults that are no plain values
    return _nullable(made)


def _named() -> dict[frozenset[str], str]:
    """The names of enumerations by their values, and of unions by the places of their types."""
    named = {frozenset(map(str, values)): name for name, (values, _) in _ENUMERATIONS.items()}
    for name, types in _UNIONS.items():
        named[frozenset(TEMPLATE.format(name=one.__name__) for one in types)] = name
    return named


_NAMED: Final = _named()


def _nullable(schema: Schema) -> Schema:
    """A plain value or null as one schema of two types."""
    either = schema.get("anyOf", [])
    if len(either) == 2 and either[1] == {"type": "null"} and "type" in either[0]:
        return {**either[0], "type": [either[0]["type"], "null"]}
    return schema


def _rows(made: Mapping[str, Schema], said: Bilingual) -> dict[str, Schema]:
    """What a batch holds and how it is answered; in single requests `kind` need not be given."""
    rows: dict[str, Schema] = {}
    for kind, calculation in CALCULATIONS.items():
        request = made[calculation.request.__name__]
        rows[ROWS[kind]] = {**request, "description": said.text(ROWS[kind])}
        rows[calculation.request.__name__] = {
            **request,
            "required": [name for name in request["required"] if name != "kind"],
        }
    answers = {str(kind): calculation.answer.__name__ for kind, calculation in CALCULATIONS.items()}
    unions = {"BatchItem": ROWS, "BatchAnswer": {**answers, "problem": "RowProblem"}}
    return {
        **rows,
        **{name: {"description": said.text(name), **one_of(names)} for name, names in unions.items()},
    }


# ----------------------------------------------------------------------------------- what they mean


def _describe(schemas: dict[str, Schema], said: Bilingual) -> None:
    """Say of each component, member and code what it means."""
    facts = _facts_of_requests()
    for name, schema in schemas.items():
        schema["description"] = said.text(name)
        _, labels = _ENUMERATIONS.get(name, ((), ""))
        if labels:
            codes = "\n".join(f"- `{code}`: {said.label(labels, code)}" for code in schema["enum"])
            schema["description"] += f"\n\n{codes}"
        for member, inner in schema.get("properties", {}).items():
            inner["description"] = _meaning(said, name, member, facts.get((name, member)))


def _meaning(said: Bilingual, component: str, member: str, fact: str | None) -> str:
    """The text of the member itself, or of the fact that it is, or of its like wherever it stands."""
    for group in (component, _LIKE.get(component, "")):
        if said.has(group, member):
            return said.text(group, member)
    return said.text("any", member) if fact is None else said.fact(fact)


_LIKE: Final = {"RowProblem": "Problem"}


def _facts_of_requests() -> dict[tuple[str, str], str]:
    """The flat names of the facts of requests, by component and member."""
    inner = {
        "conduct": "Conduct",
        "harm": "Harm",
        "responsible_persons": "ResponsiblePerson",
        "exemption_facts": "ExemptionFacts",
        "readings": "Readings",
        "granted": "Granted",
        "renewal_lead": "RenewalLead",
    }
    found: dict[tuple[str, str], str] = {}
    for calculation in CALCULATIONS.values():
        for field in list_fields(calculation.request).values():
            first, last = str(field.path[0]), str(field.path[-1])
            component = calculation.request.__name__ if len(field.path) == 1 else inner[first]
            found[component, last] = field.name
    return found


# --------------------------------------------------------------------------------- what refers to what


def _with_what_they_hold(names: set[str], schemas: Mapping[str, Schema]) -> set[str]:
    """These components, and all that they refer to, directly or through others."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        if name in schemas and name not in found:
            found.add(name)
            waiting |= references(schemas[name])
    return found


def reachable(value: Any, schemas: Mapping[str, Schema]) -> set[str]:
    """The names of the components that something refers to, directly or through others."""
    return _with_what_they_hold(references(value), schemas)


def references(value: Any) -> set[str]:
    """The names of the schemas that something refers to."""
    found: set[str] = set()
    for place in places(value):
        if place.startswith(TEMPLATE.format(name="")):
            found.add(place.rsplit("/", 1)[-1])
    return found


def places(value: Any) -> set[str]:
    """Everything that something refers to."""
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(places(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(places(inner) for inner in value))
    return set()
