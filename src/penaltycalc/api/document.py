"""The OpenAPI document: Litestar's own, with the components of msgspec and the facts of the flat form.

Litestar describes paths, bodies and responses; msgspec describes the records (named unions with
discriminators, nothing unknown allowed). What both leave out is added here, once: the parameters of
queries, the money form, the meaning of fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import cleandoc
from typing import Any, Final, get_args

import msgspec
from litestar import Litestar
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from msgspec import inspect

from penaltycalc._version import __version__
from penaltycalc.api.batches import CSV, NDJSON, XLSX, BatchQuery, CsvBatchQuery
from penaltycalc.api.cells import QUERIES as CELL_QUERIES
from penaltycalc.api.feeds import CsvQuery
from penaltycalc.api.requests import StrictRequest
from penaltycalc.api.responses import JSON
from penaltycalc.calculations import CALCULATIONS
from penaltycalc.calendars import CalendarYear, CountQuery, ShiftedDay, ShiftQuery, WorkingDays
from penaltycalc.catalogues import (
    RulebookItem,
    StepCatalogue,
    StepItem,
    TermCatalogue,
    TermItem,
    ViolationCatalogue,
    ViolationItem,
)
from penaltycalc.flat import FlatField, fields_of
from penaltycalc.money import ANSWER_PATTERN, PATTERN, Money
from penaltycalc.refusals import Problem, RowProblem
from penaltycalc.rulebook import Rulebook, StopReason
from penaltycalc.wording import LANGUAGES

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
)


def encode(handlers: Sequence[Any], rulebook: Rulebook) -> bytes:
    """The document of these handlers as JSON."""
    return msgspec.json.format(msgspec.json.encode(build(handlers, rulebook)), indent=2) + b"\n"


def build(handlers: Sequence[Any], rulebook: Rulebook) -> dict[str, Any]:
    """The document as plain data, described by an application that serves nothing."""
    config = OpenAPIConfig(
        title="penaltycalc", version=__version__, use_handler_docstrings=True, render_plugins=[JsonRenderPlugin()]
    )
    described = Litestar(handlers, request_class=StrictRequest, openapi_config=config, logging_config=None)
    made: dict[str, Any] = described.openapi_schema.to_schema()
    zh, en = (rulebook.wordings[lang] for lang in LANGUAGES)
    for operations in made["paths"].values():
        for operation in operations.values():
            if operation["operationId"] in _BATCHES:
                _describe_batch(operation)
    schemas = made["components"]["schemas"]
    schemas.update(_components())
    schemas.update(_rows())
    for name in list(schemas):
        if name not in _reachable(made):
            del schemas[name]

    def meaning(name: str) -> str:
        return f"{zh.field(name)} / {en.field(name)}"

    for path, operations in made["paths"].items():
        for operation in operations.values():
            _finish(path, operation, meaning)
    for calculation in CALCULATIONS.values():
        _describe(schemas, calculation.request, meaning)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "penaltycalc",
            "version": made["info"]["version"],
            "summary": "药品监管处罚、期限、有效期计算 / Fines, deadlines and terms of drug regulation",
            "description": (
                "回答《药品管理法实施条例》及临时进口方案下的处罚、期限和有效期问题，逐步说明并引用条款。"
                " / Answers what a violation costs, when a step is due and when a licence ends, step by step with "
                "citations. Within v1 fields, codes and ids may be added; clients ignore what they do not know."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": description} for name, description in _TAGS.items()],
        "paths": made["paths"],
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


_TAGS: Final = {
    "penalties": "违法行为的法律后果 / What a violation costs",
    "deadlines": "办理期限 / When a step is due",
    "expiries": "有效期、保护期 / When a licence or a protection ends",
    "batch": "批量计算 / Many calculations at once",
    "calendar": "工作日历 / The working-day calendar",
    "cells": "单元格取值 / One value for one spreadsheet cell",
    "catalogues": "目录 / What can be asked",
    "operations": "运行 / Operations",
}


def _components() -> dict[str, Any]:
    requests = [calculation.request for calculation in CALCULATIONS.values()]
    made: dict[str, Any] = {}
    for types, pattern, example in ((requests, PATTERN, "85000.00"), (RECORDS, ANSWER_PATTERN, "1000000.00")):
        money = {"type": "string", "pattern": pattern, "examples": [example]}

        def hook(type: type, money: dict[str, Any] = money) -> dict[str, Any]:
            if type is Money:
                return dict(money)
            raise NotImplementedError(type)

        _, components = msgspec.json.schema_components(types, schema_hook=hook, ref_template=TEMPLATE)
        made.update(components)
    for component in made.values():
        if "description" in component:  # docstrings are indented before Python 3.13, and not from there on
            component["description"] = cleandoc(component["description"])
    return made


def _rows() -> dict[str, Any]:
    """What a batch holds and how it is answered: one of several records, told apart by `kind`."""
    requests = {str(kind): calculation.request.__name__ for kind, calculation in CALCULATIONS.items()}
    answers = {str(kind): calculation.answer.__name__ for kind, calculation in CALCULATIONS.items()}
    return {
        "BatchItem": _one_of("One calculation of a batch.", requests),
        "BatchAnswer": _one_of(
            "The answer to one item of a batch, or the problem in its place.", {**answers, "problem": "RowProblem"}
        ),
    }


def _one_of(description: str, names: dict[str, str]) -> dict[str, Any]:
    places = {kind: TEMPLATE.format(name=name) for kind, name in names.items()}
    return {
        "description": description,
        "oneOf": [{"$ref": place} for place in places.values()],
        "discriminator": {"propertyName": "kind", "mapping": places},
    }


_FILE: Final = {"type": "string", "format": "binary"}
_BATCHES: Final[dict[str, tuple[str, dict[str, Any], dict[str, Any]]]] = {
    "calculateBatch": (
        JSON,
        {"type": "array", "items": {"$ref": TEMPLATE.format(name="BatchItem")}},
        {"type": "array", "items": {"$ref": TEMPLATE.format(name="BatchAnswer")}},
    ),
    "streamBatch": (NDJSON, _FILE, _FILE),
    "calculateBatchCsv": (CSV, _FILE, _FILE),
    "calculateBatchXlsx": (XLSX, _FILE, _FILE),
}
"""Media type, body and answer of each form of a batch."""


def _describe_batch(operation: dict[str, Any]) -> None:
    media_type, body, answer = _BATCHES[operation["operationId"]]
    operation["requestBody"] = {"required": True, "content": {media_type: {"schema": body}}}
    operation["responses"]["200"]["content"] = {media_type: {"schema": answer}}


def _reachable(document: dict[str, Any]) -> set[str]:
    """The names of the components that the paths refer to, directly or through others."""
    schemas = document["components"]["schemas"]
    found: set[str] = set()
    waiting = _references(document["paths"])
    while waiting:
        name = waiting.pop()
        if name not in found and name in schemas:
            found.add(name)
            waiting |= _references(schemas[name])
    return found


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"].rsplit("/", 1)[-1]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(_references(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(_references(inner) for inner in value))
    return set()


def _finish(path: str, operation: dict[str, Any], meaning: Any) -> None:
    """Summary, query parameters and headers of an operation."""
    text = operation.pop("description", None) or operation["summary"]
    operation["summary"] = text.split(" / ")[-1].rstrip(".")
    operation["description"] = text
    parameters = [parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "path"]
    for parameter in parameters:
        parameter["description"] = meaning(parameter["name"])
        parameter["schema"] = {"type": "string", "examples": [_EXAMPLES[parameter["name"]]]}
    own = {parameter["name"] for parameter in parameters}
    parameters += [_parameter(field, meaning) for field in _query_of(operation) if field.name not in own]
    if path.startswith("/v1"):
        parameters.append(
            {
                "name": "lang",
                "in": "query",
                "description": meaning("lang"),
                "required": False,
                "schema": {"type": "string", "enum": list(LANGUAGES)},
            }
        )
    if path.startswith("/v1/cells/"):
        parameters = [_as_people_write(parameter) for parameter in parameters]
    operation["parameters"] = parameters
    for response in operation["responses"].values():
        response.pop("headers", None)


def _query_of(operation: dict[str, Any]) -> list[FlatField]:
    types: dict[str, type[msgspec.Struct]] = {
        "getPenalty": CALCULATIONS["penalty"].request,
        "getDeadline": CALCULATIONS["deadline"].request,
        "getExpiry": CALCULATIONS["expiry"].request,
        "getDeadlineEvent": CALCULATIONS["deadline"].request,
        "getExpiryEvent": CALCULATIONS["expiry"].request,
        "getCalendarYearCsv": CsvQuery,
        "calculateBatch": BatchQuery,
        "streamBatch": BatchQuery,
        "calculateBatchCsv": CsvBatchQuery,
        "calculateBatchXlsx": BatchQuery,
        "countWorkingDays": CountQuery,
        "shiftWorkingDays": ShiftQuery,
    }
    name = operation["operationId"]
    asked = CELL_QUERIES.get(name) or ((types[name],) if name in types else ())
    return [field for one in asked for field in fields_of(one).values()]


def _parameter(field: FlatField, meaning: Any) -> dict[str, Any]:
    return {
        "name": field.name,
        "in": "query",
        "description": meaning(field.name),
        "required": field.required,
        "schema": _schema(field),
    }


def _as_people_write(parameter: dict[str, Any]) -> dict[str, Any]:
    """A parameter of a cell: any text, and none of them required, since a refusal is a value too."""
    schema = {"type": "string", "examples": [_LENIENT_EXAMPLES[parameter["name"]]]}
    return {**parameter, "required": False, "schema": schema}


def _schema(field: FlatField) -> dict[str, Any]:
    """The schema of a flat fact: the text that it is written as."""
    info = field.info
    plain: dict[str, dict[str, Any]] = {
        "money": {"type": "string", "pattern": PATTERN},
        "date": {"type": "string", "format": "date"},
        "boolean": {"type": "boolean"},
    }
    if field.kind in plain:
        return plain[field.kind]
    if isinstance(info, inspect.IntType):
        return {"type": "integer", "minimum": info.ge, "maximum": info.le}
    if isinstance(info, inspect.LiteralType):
        return {"type": "string", "enum": sorted(map(str, info.values))}
    if isinstance(info, inspect.StrType):
        return {"type": "string", "maxLength": info.max_length}
    return {"type": "string", "pattern": _CLOCK_STOPS}


_LEAP_YEAR: Final = "([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)"
_DAY: Final = (
    "([1-9][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    f"|02-(0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
_STOP: Final = f"{_DAY}/({_DAY})?:({'|'.join(get_args(StopReason))})"
_CLOCK_STOPS: Final = f"^{_STOP}(;{_STOP})*$"
"""The flat form of clock stops."""


_EXAMPLES: Final = {
    "violation": "79-1-1",
    "step": "production-licence",
    "term": "drug-registration",
    "year": "2026",
}


_LENIENT_EXAMPLES: Final = {
    **_EXAMPLES,
    "goods_value": "85,000.50",
    "activity": "wholesale",
    "severity": "ordinary",
    "rectified": "FALSE",
    "scope": "institution",
    "conduct_from": "2026-6-1",
    "conduct_to": "2026/6/30",
    "decision_effective_on": "46300",
    "discovered_on": "20260701",
    "life_health_or_financial_safety": "0",
    "harmful_consequence": "no",
    "person_role": "principal",
    "person_name": "Li",
    "person_income": "120,000",
    "duties_fulfilled": "TRUE",
    "did_not_know_proven": "1",
    "severe_needs_failed_correction": "FALSE",
    "obstruction_suspension_replaces_fine": "FALSE",
    "assume_in_force": "FALSE",
    "ref": "A-17",
    "start": "2026-9-18",
    "clock_stops": "2026-10-12/2026-10-16:hearing",
    "extension_working_days": "0",
    "joint_filing": "FALSE",
    "as_of": "2026-10-9",
    "ledger": "FALSE",
    "convention": "certificate",
    "granted_years": "5",
    "granted_months": "6",
    "granted_days": "15",
    "ended_on": "2029-12-31",
    "renewal_lead_months": "6",
    "renewal_lead_days": "15",
    "from": "2026-10-1",
    "to": "2026-10-31",
    "days": "20",
    "out": "notices",
    "as": "serial",
    "errors": "value",
    "lang": "en",
}
"""Facts as people and spreadsheets write them."""


def _describe(schemas: dict[str, Any], request: type[msgspec.Struct], meaning: Any) -> None:
    """Say in a request's schema what its facts mean."""
    properties = schemas[request.__name__]["properties"]
    for field in fields_of(request).values():
        if len(field.path) == 1:
            name = field.path[0]
            properties[name]["description"] = meaning(field.name)
            if name in _EXAMPLES:
                properties[name]["examples"] = [_EXAMPLES[name]]
