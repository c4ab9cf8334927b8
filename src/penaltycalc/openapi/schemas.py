"""The schemas of the OpenAPI document: what requests and answers hold, member by member.

msgspec describes the records. Here their unions and enumerations get names, their members get descriptions in both
languages, and schemas get the forms that OpenAPI and the generators of clients understand.
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
from penaltycalc.calculators.coverage import CoverageAnswer
from penaltycalc.calculators.penalties import Applies, FixedBasis, IncomeBasis, MultipleBasis, Severity
from penaltycalc.calculators.problems import Problem, RowProblem
from penaltycalc.calendar.workdays import Status, Why
from penaltycalc.input.flat import list_fields
from penaltycalc.rules import clauses
from penaltycalc.rules.money import ANSWER_PATTERN, PATTERN, Money
from penaltycalc.rules.rows import Convention, Event, IssuedBefore, Lapse, RenewalAuthority, StopReason, Unit
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.texts import Notice
from penaltycalc.rules.wording import LANGUAGES, Level, RowKind

Schema = dict[str, Any]
TEMPLATE: Final = "#/components/schemas/{name}"


def refer(name: str) -> Schema:
    """Refer to a component by its name."""
    return {"$ref": TEMPLATE.format(name=name)}


FILE: Final = {"type": "string", "format": "binary"}
ROWS: Final = {"type": "array", "items": refer("BatchItem")}
ROW_ANSWERS: Final = {"type": "array", "items": refer("BatchAnswer")}

RECORDS: Final[tuple[Any, ...]] = (
    *(calculation.answer for calculation in CALCULATIONS.values()),
    RulebookItem,
    ViolationCatalogue,
    ViolationItem,
    StepCatalogue,
    StepItem,
    TermCatalogue,
    TermItem,
    CoverageAnswer,
    CalendarYear,
    WorkingDays,
    ShiftedDay,
    Problem,
    RowProblem,
    Notice,
    Health,
    Readiness,
)
"""The records that are answered; msgspec adds those inside them."""

_ROW_NAMES: Final[dict[str, str]] = {"penalty": "PenaltyRow", "deadline": "DeadlineRow", "expiry": "ExpiryRow"}
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
    "RowKind": (get_args(RowKind), ""),
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


class DocTexts:
    """The texts of the document, Chinese and English side by side."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._wordings = [rulebook.wordings[lang] for lang in LANGUAGES]
        self._texts = [wording.document() for wording in self._wordings]

    def text(self, group: str, name: str = "self") -> str:
        """Return a text of the document; KeyError where there is none."""
        return _join_languages(texts[group][name] for texts in self._texts)

    def has(self, group: str, name: str) -> bool:
        """Whether there is such a text."""
        return name in self._texts[0].get(group, {})

    def fact(self, name: str) -> str:
        """Return what a fact of a request means, by its flat name."""
        return _join_languages(wording.field(name) for wording in self._wordings)

    def label(self, group: str, code: str) -> str:
        """Return what people call a code."""
        return _join_languages(wording.label(group, code) for wording in self._wordings)

    def problem(self, code: str) -> str:
        """Return the title of a problem."""
        return _join_languages(wording.problem(code)[0] for wording in self._wordings)


def _join_languages(texts: Iterable[str]) -> str:
    return " / ".join(texts)


def describe_components(texts: DocTexts) -> dict[str, Schema]:
    """Describe all records, by name."""
    schemas = _describe_records()
    requests = {calculation.request.__name__ for calculation in CALCULATIONS.values()}
    request_parts = _find_contained(requests, schemas)
    schemas.update({name: _describe_tagged(types) for name, types in _UNIONS.items()})
    for name, schema in schemas.items():
        # The title that msgspec writes only repeats the name of the component.
        schema.pop("title", None)
        if name not in request_parts:
            # Members may be added to answers in v1, and clients must accept them.
            schema.pop("additionalProperties", None)
    schemas = {name: normalize_schema(schema) for name, schema in schemas.items()}
    # The ledger adds reasons of its own to those of the calendar; msgspec sees only a text.
    schemas["LedgerDay"]["properties"]["why"] = refer("LedgerReason")
    schemas.update({name: {"type": "string", "enum": sorted(codes)} for name, (codes, _) in _ENUMERATIONS.items()})
    _add_descriptions(schemas, texts)
    return {**schemas, **_describe_rows(schemas, texts)}


def _describe_records() -> dict[str, Schema]:
    """Describe records as msgspec does; requests and answers write money in different forms."""
    requests = [calculation.request for calculation in CALCULATIONS.values()]
    schemas: dict[str, Schema] = {}
    for types, pattern, example in ((requests, PATTERN, "85000.00"), (RECORDS, ANSWER_PATTERN, "1000000.00")):
        money = {"type": "string", "pattern": pattern, "examples": [example]}

        # The default binds the form of money of this turn; a closure would follow the variable of the loop.
        def describe_type(type: type, money: Schema = money) -> Schema:
            if type is Money:
                return dict(money)
            raise NotImplementedError(type)

        _, components = msgspec.json.schema_components(types, schema_hook=describe_type, ref_template=TEMPLATE)
        schemas.update(components)
    return schemas


def _describe_tagged(types: Iterable[Any]) -> Schema:
    """Describe a union of tagged records."""
    return _describe_union({str(record.__struct_config__.tag): record.__name__ for record in types})


def _describe_union(names: Mapping[str, str]) -> Schema:
    """Describe one of several components, told apart by `kind`."""
    references = {kind: TEMPLATE.format(name=name) for kind, name in names.items()}
    return {
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "kind", "mapping": references},
    }


def normalize_schema(value: Any) -> Any:
    """Bring a schema into the forms that generators understand, with its unions and enumerations by their names."""
    if isinstance(value, list):
        return [normalize_schema(element) for element in value]
    if not isinstance(value, dict):
        return value
    # msgspec writes a union out at each place; by its name, generators make one type of it.
    if "discriminator" in value and "anyOf" in value:
        return refer(_NAMES[frozenset(value["discriminator"]["mapping"].values())])
    schema = {name: normalize_schema(element) for name, element in value.items()}
    # A mark that is true or absent. Generators know enumerations of texts only, so that it is any boolean for them.
    if schema.get("enum") == [True]:
        return {"type": "boolean", **{key: element for key, element in schema.items() if key not in ("enum", "type")}}
    # A member may be called `enum` too; its value is then a schema and no list.
    if isinstance(schema.get("enum"), list):
        name = _NAMES.get(frozenset(schema["enum"]))
        rest = {key: element for key, element in schema.items() if key not in ("enum", "type")}
        return {"type": "string", **schema} if name is None else {**refer(name), **rest}
    # Draft 4 of JSON Schema, on which OpenAPI 3.0 rests, allows no empty list; generators may follow it.
    if schema.get("required") == []:
        del schema["required"]
    if "$ref" in schema or schema.get("type") == "array":
        schema.pop("default", None)  # generators fail on defaults that are no plain values
    return _merge_null(schema)


def _name_types() -> dict[frozenset[str], str]:
    """Name enumerations by their values, and unions by the references to their types."""
    # msgspec names neither unions nor literals, so that only what they contain can identify them.
    names = {frozenset(map(str, codes)): name for name, (codes, _) in _ENUMERATIONS.items()}
    for name, types in _UNIONS.items():
        names[frozenset(TEMPLATE.format(name=record.__name__) for record in types)] = name
    return names


_NAMES: Final = _name_types()


def _merge_null(schema: Schema) -> Schema:
    """Describe a plain value or null as one schema of two types."""
    either = schema.get("anyOf", [])
    if len(either) == 2 and either[1] == {"type": "null"} and "type" in either[0]:
        return {**either[0], "type": [either[0]["type"], "null"]}
    return schema


def _describe_rows(schemas: Mapping[str, Schema], texts: DocTexts) -> dict[str, Schema]:
    """Describe the items of a batch and their answers; in single requests `kind` need not be given."""
    rows: dict[str, Schema] = {}
    for kind, calculation in CALCULATIONS.items():
        request = schemas[calculation.request.__name__]
        # In a batch `kind` stays required: the discriminator cannot tell items apart without it.
        rows[_ROW_NAMES[kind]] = {**request, "description": texts.text(_ROW_NAMES[kind])}
        rows[calculation.request.__name__] = {
            **request,
            "required": [name for name in request["required"] if name != "kind"],
        }
    answers = {str(kind): calculation.answer.__name__ for kind, calculation in CALCULATIONS.items()}
    unions = {"BatchItem": _ROW_NAMES, "BatchAnswer": {**answers, "problem": "RowProblem"}}
    return {
        **rows,
        **{name: {"description": texts.text(name), **_describe_union(names)} for name, names in unions.items()},
    }


# ------------------------------------------------------------------------------------------ descriptions


def _add_descriptions(schemas: dict[str, Schema], texts: DocTexts) -> None:
    """Add to each component, member and code what it means."""
    facts = _name_request_facts()
    for name, schema in schemas.items():
        schema["description"] = texts.text(name)
        _, labels = _ENUMERATIONS.get(name, ((), ""))
        if labels:
            codes = "\n".join(f"- `{code}`: {texts.label(labels, code)}" for code in schema["enum"])
            schema["description"] += f"\n\n{codes}"
        for member, member_schema in schema.get("properties", {}).items():
            member_schema["description"] = _find_description(texts, name, member, facts.get((name, member)))


def _find_description(texts: DocTexts, component: str, member: str, fact: str | None) -> str:
    """Find the text of the member itself, or of the fact that it is, or of members of that name anywhere."""
    for group in (component, _SAME_MEMBERS.get(component, "")):
        if texts.has(group, member):
            return texts.text(group, member)
    return texts.text("any", member) if fact is None else texts.fact(fact)


_SAME_MEMBERS: Final = {"RowProblem": "Problem"}
"""Components whose members mean the same as those of another component."""


def _name_request_facts() -> dict[tuple[str, str], str]:
    """Name the facts of requests as queries do, by component and member."""
    parts = {
        "conduct": "Conduct",
        "harm": "Harm",
        "responsible_persons": "ResponsiblePerson",
        "exemption_facts": "ExemptionFacts",
        "readings": "Readings",
        "granted": "Granted",
        "renewal_lead": "RenewalLead",
    }
    names: dict[tuple[str, str], str] = {}
    for calculation in CALCULATIONS.values():
        for field in list_fields(calculation.request).values():
            first, last = str(field.path[0]), str(field.path[-1])
            component = calculation.request.__name__ if len(field.path) == 1 else parts[first]
            names[component, last] = field.name
    return names


# -------------------------------------------------------------------------------------------- references


def _find_contained(names: set[str], schemas: Mapping[str, Schema]) -> set[str]:
    """Find these components and all that they refer to, directly or through others."""
    contained: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        # Each component is visited once: one that refers to itself would otherwise never end.
        if name in schemas and name not in contained:
            contained.add(name)
            waiting |= _list_schemas(schemas[name])
    return contained


def find_reachable(value: Any, schemas: Mapping[str, Schema]) -> set[str]:
    """Find the names of the components that a value refers to, directly or through others."""
    return _find_contained(_list_schemas(value), schemas)


def _list_schemas(value: Any) -> set[str]:
    """List the names of the schemas that a value refers to itself."""
    prefix = TEMPLATE.format(name="")
    return {reference.removeprefix(prefix) for reference in list_references(value) if reference.startswith(prefix)}


def list_references(value: Any) -> set[str]:
    """List everything that a value refers to itself."""
    if isinstance(value, dict):
        reference = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return reference.union(*(list_references(element) for element in value.values()))
    if isinstance(value, list):
        return set().union(*(list_references(element) for element in value))
    return set()
