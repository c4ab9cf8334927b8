"""Generate the OpenAPI document: Litestar's own, completed by what the handlers say in their `opt`.

Litestar describes paths and bodies. The components (schemas.py), the parameters of queries (parameters.py), the
answers and problems (responses.py), security and the address of the service are added here. The document is the
same in every deployment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from penaltycalc._version import __version__
from penaltycalc.api.app import HANDLERS
from penaltycalc.api.request import StrictRequest
from penaltycalc.openapi.examples import answer_examples, answer_problems, read_examples
from penaltycalc.openapi.in_process import create_service
from penaltycalc.openapi.parameters import ParameterWriter
from penaltycalc.openapi.responses import ResponseWriter, describe_headers
from penaltycalc.openapi.schemas import FILE, ROWS, DocTexts, describe_components, find_reachable, list_references

Operation = dict[str, Any]

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
_BODY_SCHEMAS: Final = {"rows": ROWS, "file": FILE}
"""The schemas of bodies that are no single record, by what a handler says that it `receives`."""


def encode_document() -> bytes:
    """Encode the document as JSON."""
    return msgspec.json.format(msgspec.json.encode(build_document()), indent=2) + b"\n"


def build_document() -> dict[str, Any]:
    """Build the document as plain data; the requests of its examples are sent to a service in this process."""
    service, examples = create_service(), read_examples()
    texts = DocTexts(service.law.rulebook)
    parameters = ParameterWriter(examples, texts)
    # Examples of problems are shown in one language; the pages of problems show them in both.
    responses = ResponseWriter(
        answer_examples(service, examples.answer), answer_problems(service, examples.problem, "zh"), texts
    )
    described = _describe_with_litestar()
    # The operations are completed in place, within what Litestar has described.
    for operation, handler in _pair_operations(described["paths"]):
        _describe_operation(operation, handler, texts)
        operation["parameters"] = parameters.describe(operation.get("parameters", []), handler)
        responses.describe(operation, handler)
    content = [described["paths"], responses.responses, parameters.describe_lang()]
    schemas = {**described["components"]["schemas"], **describe_components(texts)}
    return {
        "openapi": "3.1.0",
        "info": _describe_info(texts),
        "servers": _describe_servers(texts),
        # `{}` says that no key is needed: a service without keys lets every client in.
        "security": [{}, {"bearer": []}, {"apiKey": []}],
        "tags": [{"name": name, "description": texts.text("tag", name)} for name in _TAGS],
        "paths": described["paths"],
        "components": {
            # msgspec and Litestar describe more than is referred to: generators would make classes of all.
            # A set has no order: sorted, the diff of the generated file shows only what has changed.
            "schemas": {name: schemas[name] for name in sorted(find_reachable(content, schemas))},
            "responses": dict(sorted(responses.responses.items())),
            "parameters": {"Lang": parameters.describe_lang()},
            "examples": _select_examples(responses.examples, content),
            "headers": describe_headers(texts),
            "securitySchemes": _describe_security(texts),
        },
    }


def _describe_with_litestar() -> dict[str, Any]:
    config = OpenAPIConfig(title="penaltycalc", version=__version__, render_plugins=[JsonRenderPlugin()])
    # The service itself cannot be asked, since it has Litestar's description switched off.
    app = Litestar(HANDLERS, request_class=StrictRequest, openapi_config=config, logging_config=None)
    described: dict[str, Any] = app.openapi_schema.to_schema()
    return described


def _pair_operations(paths: dict[str, Any]) -> Iterator[tuple[Operation, HTTPRouteHandler]]:
    """Pair each operation with the handler that answers it."""
    handlers = {handler.operation_id: handler for handler in HANDLERS}
    for item in paths.values():
        for operation in item.values():
            yield operation, handlers[operation["operationId"]]


def _describe_operation(operation: Operation, handler: HTTPRouteHandler, texts: DocTexts) -> None:
    """Give an operation its description, and its body where that is no single record."""
    name, summary = operation["operationId"], operation["summary"]
    operation.pop("deprecated", None)  # Litestar says of each operation that it is not
    more = f"\n\n{texts.text('operation', name)}" if texts.has("operation", name) else ""
    operation["description"] = f"{summary}.{more}"
    if "receives" in handler.opt:
        # A batch is answered in the form in which it comes, so that both have the handler's media type.
        schema = _BODY_SCHEMAS[handler.opt["receives"]]
        operation["requestBody"] = {"required": True, "content": {str(handler.media_type): {"schema": schema}}}


def _select_examples(examples: dict[str, Operation], content: Any) -> dict[str, Operation]:
    """Select the examples that the content refers to."""
    references = list_references(content)
    return {name: example for name, example in examples.items() if f"#/components/examples/{name}" in references}


def _describe_info(texts: DocTexts) -> dict[str, Any]:
    return {
        "title": "penaltycalc",
        "version": __version__,
        "summary": texts.text("info", "summary"),
        "description": texts.text("info", "description"),
        # A placeholder, until whoever publishes the service is named.
        "contact": {"name": texts.text("info", "contact"), "url": "https://example.com/contact"},
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }


def _describe_security(texts: DocTexts) -> dict[str, Any]:
    bearer, header = texts.text("security", "bearer"), texts.text("security", "header")
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": bearer},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": header},
    }


def _describe_servers(texts: DocTexts) -> list[dict[str, Any]]:
    """Describe the service itself, which a page served by it uses, and any other by its address."""
    address = {"default": "http://127.0.0.1:8000", "description": texts.text("info", "address")}
    return [
        {"url": "/", "description": texts.text("info", "server_here")},
        {
            "url": "{address}",
            "description": texts.text("info", "server_elsewhere"),
            "variables": {"address": address},
        },
    ]
