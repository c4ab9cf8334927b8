"""The OpenAPI document: Litestar's own, with all that it leaves out.

Litestar describes paths and bodies. Added here, once: components (schemas.py), the parameters of queries,
what is answered (outcomes.py), security, and who speaks. It is the same in every deployment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, get_args

import msgspec
from litestar import Litestar
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from msgspec import inspect

from penaltycalc._version import __version__
from penaltycalc.api.batches import BatchQuery, CsvBatchQuery
from penaltycalc.api.cells import QUERIES as CELL_QUERIES
from penaltycalc.api.feeds import CsvQuery
from penaltycalc.api.media_types import CSV, JSON, NDJSON, XLSX
from penaltycalc.api.request import StrictRequest
from penaltycalc.calculators.calculate import CALCULATIONS
from penaltycalc.calculators.calendar_queries import CountQuery, ShiftQuery
from penaltycalc.input.flat import FlatField, list_fields
from penaltycalc.openapi.examples import Place
from penaltycalc.openapi.responses import Outcomes, headers
from penaltycalc.openapi.schemas import TEMPLATE, Bilingual, components, places, reachable, understood
from penaltycalc.rules.money import PATTERN
from penaltycalc.rules.rows import StopReason
from penaltycalc.rules.rulebook import Rulebook

Operation = dict[str, Any]


def encode(handlers: Sequence[Any], rulebook: Rulebook) -> bytes:
    """The document of these handlers as JSON."""
    return msgspec.json.format(msgspec.json.encode(build(handlers, rulebook)), indent=2) + b"\n"


def build(handlers: Sequence[Any], rulebook: Rulebook) -> dict[str, Any]:
    """The document as plain data, described by an application that serves nothing."""
    made = _as_litestar_sees_it(handlers)
    said = Bilingual(rulebook)
    operations = [(Place(method, path), one) for path, item in made["paths"].items() for method, one in item.items()]
    outcomes = Outcomes(rulebook, {one["operationId"]: place for place, one in operations}, said)
    for place, operation in operations:
        _describe_files(operation)
        _describe(place, operation, said)
        outcomes.describe(operation)
    content = [made["paths"], outcomes.responses, _lang(said)]
    schemas = {**made["components"]["schemas"], **components(said)}
    return {
        "openapi": "3.1.0",
        "info": _info(made["info"]["version"], said),
        "servers": _servers(said),
        "security": [{}, {"bearer": []}, {"apiKey": []}],
        "tags": [{"name": name, "description": said.text("tag", name)} for name in _TAGS],
        "paths": made["paths"],
        "components": {
            "schemas": {name: schemas[name] for name in sorted(reachable(content, schemas))},
            "responses": dict(sorted(outcomes.responses.items())),
            "parameters": {"Lang": _lang(said)},
            "examples": _shown(outcomes.examples, content),
            "headers": headers(said),
            "securitySchemes": _security_schemes(said),
        },
    }


def _as_litestar_sees_it(handlers: Sequence[Any]) -> dict[str, Any]:
    config = OpenAPIConfig(
        title="penaltycalc", version=__version__, use_handler_docstrings=True, render_plugins=[JsonRenderPlugin()]
    )
    described = Litestar(handlers, request_class=StrictRequest, openapi_config=config, logging_config=None)
    made: dict[str, Any] = described.openapi_schema.to_schema()
    return made


def _info(version: str, said: Bilingual) -> dict[str, Any]:
    return {
        "title": "penaltycalc",
        "version": version,
        "summary": said.text("info", "summary"),
        "description": said.text("info", "description"),
        # A placeholder, until whoever publishes the service is named.
        "contact": {"name": said.text("info", "contact"), "url": "https://example.com/contact"},
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }


def _security_schemes(said: Bilingual) -> dict[str, Any]:
    bearer, header = said.text("security", "bearer"), said.text("security", "header")
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": bearer},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": header},
    }


def _shown(examples: dict[str, Operation], content: Any) -> dict[str, Operation]:
    """The examples that something refers to."""
    used = places(content)
    return {name: example for name, example in examples.items() if f"#/components/examples/{name}" in used}


def _servers(said: Bilingual) -> list[dict[str, Any]]:
    """The service itself, so that a page served by it asks it; and any other by its address."""
    address = {"default": "http://127.0.0.1:8000", "description": said.text("info", "address")}
    return [
        {"url": "/", "description": said.text("info", "server_here")},
        {
            "url": "{address}",
            "description": said.text("info", "server_elsewhere"),
            "variables": {"address": address},
        },
    ]


_TAGS: Final = (
    "penalties",
    "deadlines",
    "expiries",
    "batch",
    "calendar",
    "cells",
    "spreadsheets",
    "catalogues",
    "operations",
)
"""The groups of operations, in the order in which they are shown."""


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


def _describe_files(operation: dict[str, Any]) -> None:
    """What batches and the workbook take and answer, where that is none of the records."""
    name = operation["operationId"]
    if name in _BATCHES:
        media_type, body, answer = _BATCHES[name]
        operation["requestBody"] = {"required": True, "content": {media_type: {"schema": body}}}
        operation["responses"]["200"]["content"] = {media_type: {"schema": answer}}
    if name == "getWorkbook":
        operation["responses"]["200"]["content"] = {XLSX: {"schema": _FILE}}


def _describe(place: Place, operation: Operation, said: Bilingual) -> None:
    """Summary, description and parameters of an operation."""
    text = operation.pop("description", None) or operation["summary"]
    name = operation["operationId"]
    operation.pop("deprecated", None)  # none is
    operation["summary"] = text.split(" / ")[-1].rstrip(".")
    operation["description"] = f"{text}\n\n{said.text('operation', name)}" if said.has("operation", name) else text
    parameters = [parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "path"]
    for parameter in parameters:
        parameter["description"] = said.fact(parameter["name"])
        parameter["schema"] = {"type": "string", "examples": [_EXAMPLES[parameter["name"]]]}
    own = {parameter["name"] for parameter in parameters}
    fields = [field for field in _query_of(operation) if field.name not in own]
    if place.path.startswith("/v1/cells/"):
        parameters += [_as_people_write(field.name, said.fact(field.name)) for field in fields]
        parameters.append(_as_people_write("lang", said.text("parameter", "lang")))
    else:
        parameters += [_parameter(field, said) for field in fields]
        if place.path.startswith("/v1/") or place.path == "/workbook.xlsx":
            parameters.append({"$ref": "#/components/parameters/Lang"})
    operation["parameters"] = parameters


def _lang(said: Bilingual) -> dict[str, Any]:
    return {
        "name": "lang",
        "in": "query",
        "description": said.text("parameter", "lang"),
        "required": False,
        "schema": {"$ref": TEMPLATE.format(name="Language"), "examples": ["en"]},
    }


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
    return [field for one in asked for field in list_fields(one).values()]


def _parameter(field: FlatField, said: Bilingual) -> dict[str, Any]:
    return {
        "name": field.name,
        "in": "query",
        "description": said.fact(field.name),
        "required": field.required,
        "schema": {**understood(_schema(field)), "examples": [_EXAMPLES[field.name]]},
    }


def _as_people_write(name: str, description: str) -> dict[str, Any]:
    """A parameter of a cell: any text, and none of them required, since a refusal is a value too."""
    schema = {"type": "string", "examples": [_LENIENT_EXAMPLES[name]]}
    return {"name": name, "in": "query", "description": description, "required": False, "schema": schema}


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


_EXAMPLES: Final[dict[str, Any]] = {
    "violation": "79-1-1",
    "goods_value": "85000.50",
    "activity": "wholesale",
    "severity": "ordinary",
    "rectified": False,
    "scope": "institution",
    "conduct_from": "2026-06-01",
    "conduct_to": "2026-06-30",
    "decision_effective_on": "2026-10-05",
    "discovered_on": "2026-07-01",
    "life_health_or_financial_safety": False,
    "harmful_consequence": False,
    "person_role": "principal",
    "person_name": "Li",
    "person_income": "120000",
    "duties_fulfilled": True,
    "did_not_know_proven": True,
    "severe_needs_failed_correction": False,
    "obstruction_suspension_replaces_fine": False,
    "assume_in_force": False,
    "ref": "A-17",
    "step": "licence-decision",
    "start": "2026-09-18",
    "clock_stops": "2026-10-12/2026-10-16:hearing",
    "extension_working_days": 5,
    "joint_filing": False,
    "as_of": "2026-10-09",
    "ledger": False,
    "term": "orphan-exclusivity",
    "convention": "certificate",
    "granted_years": 5,
    "granted_months": 6,
    "granted_days": 15,
    "ended_on": "2029-12-31",
    "renewal_lead_months": 6,
    "renewal_lead_days": 15,
    "year": "2026",
    "from": "2026-10-01",
    "to": "2026-10-31",
    "days": 20,
    "bom": True,
    "explain": True,
    "charset": "utf-8",
}
"""Facts as they stand in a query; together they make one that is answered."""

_LENIENT_EXAMPLES: Final = {
    **{
        name: "TRUE" if value is True else "FALSE" if value is False else str(value)
        for name, value in _EXAMPLES.items()
    },
    "goods_value": "85,000.50",
    "conduct_from": "2026-6-1",
    "conduct_to": "2026/6/30",
    "decision_effective_on": "46300",
    "discovered_on": "20260701",
    "life_health_or_financial_safety": "0",
    "harmful_consequence": "no",
    "person_income": "120,000",
    "did_not_know_proven": "1",
    "start": "2026年9月18日",
    "as_of": "2026-10-9",
    "from": "2026-10-1",
    "out": "notices",
    "as": "serial",
    "errors": "value",
    "lang": "en",
}
"""Facts as people and spreadsheets write them."""
