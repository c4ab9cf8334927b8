"""The requests of the benchmarks: one of each route, and for calculations many of which no two are alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import cycle
from typing import Final, NamedTuple
from urllib.parse import urlencode

import msgspec
from wire import asked, posted

from penaltycalc.calculators.calculate import Kind

JSON: Final = "application/json"
CSV: Final = "text/csv"
POSTS: Final[dict[Kind, str]] = {"penalty": "/v1/penalties", "deadline": "/v1/deadlines", "expiry": "/v1/expiries"}

MANY: Final = 6000
"""Requests of which no two are alike: more than any worker remembers."""


class Asking(NamedTuple):
    """A request; `line` is how it stands in a file for wrk."""

    method: str
    target: str
    media_type: str = ""
    body: str = ""

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]

    @property
    def wire(self) -> bytes:
        """The request as it goes over the wire."""
        return posted(self.target, self.body.encode(), self.media_type) if self.body else asked(self.target)

    @property
    def line(self) -> str:
        """Method, path, media type and body, apart by tabs; line breaks escaped."""
        escaped = self.body.replace("\n", "\\n")
        return f"{self.method}\t{self.target}\t{self.media_type}\t{escaped}"


def facts(kind: Kind, index: int) -> dict[str, object]:
    """The facts of a calculation, others for every index below `MANY`; the id always the same."""
    day = date(2026, 5, 15) + timedelta(index % 120)
    if kind == "penalty":
        amount = f"{500 + index * 97}.{index % 100:02d}"
        activity, severity = ("wholesale", "retail")[index // 8 % 2], ("ordinary", "severe")[index // 4 % 2]
        conduct = {"from": day, "to": day}
        named = {"violation": "79-1-1", "goods_value": amount, "activity": activity, "severity": severity}
        return {**named, "conduct": conduct}
    if kind == "deadline":
        return {"step": "production-licence", "start": day, "as_of": day + timedelta(index // 120)}
    return {
        "term": "drug-registration",
        "start": date(2020, 1, 1) + timedelta(index),
        "as_of": date(2026, 6, 1) + timedelta(index % 7),
    }


def body(kind: Kind, index: int) -> str:
    """The facts as JSON."""
    return msgspec.json.encode(facts(kind, index)).decode()


def query(kind: Kind, index: int, *without: str) -> str:
    """The facts as a query."""
    given = facts(kind, index)
    conduct = given.pop("conduct", None)
    if isinstance(conduct, dict):
        given |= {"conduct_from": conduct["from"], "conduct_to": conduct["to"]}
    return urlencode({name: value for name, value in given.items() if name not in without})


def _post(kind: Kind) -> Callable[[int], Asking]:
    return lambda index: Asking("POST", POSTS[kind], JSON, body(kind, index))


def _get(kind: Kind, id: str) -> Callable[[int], Asking]:
    subject = {"penalty": "violation", "deadline": "step", "expiry": "term"}[kind]
    return lambda index: Asking("GET", f"{POSTS[kind]}/{id}?{query(kind, index, subject)}")


def _feed(kind: Kind, id: str, first: date) -> Callable[[int], Asking]:
    return lambda index: Asking("GET", f"{POSTS[kind]}/{id}/ics?start={first + timedelta(index)}")


def _cell(kind: Kind) -> Callable[[int], Asking]:
    return lambda index: Asking("GET", f"/v1/cells/{kind}?{query(kind, index, 'conduct_from', 'conduct_to')}")


CALCULATIONS: Final[dict[str, Callable[[int], Asking]]] = {
    "POST /v1/penalties": _post("penalty"),
    "POST /v1/deadlines": _post("deadline"),
    "POST /v1/expiries": _post("expiry"),
    "GET /v1/penalties/{violation}": _get("penalty", "79-1-1"),
    "GET /v1/deadlines/{step}": _get("deadline", "production-licence"),
    "GET /v1/expiries/{term}": _get("expiry", "drug-registration"),
    "GET /v1/cells/penalty": _cell("penalty"),
    "GET /v1/cells/deadline": _cell("deadline"),
    "GET /v1/cells/expiry": _cell("expiry"),
    "GET /v1/deadlines/{step}/ics": _feed("deadline", "production-licence", date(2026, 5, 15)),
    "GET /v1/expiries/{term}/ics": _feed("expiry", "drug-registration", date(2020, 1, 1)),
}
"""The request of that index to each route that calculates."""

ROWS: Final = 100
_KINDS: Final[tuple[Kind, ...]] = ("penalty", "deadline", "expiry")
_ROWS: Final = [
    {"kind": kind, **facts(kind, index), "ref": f"case-{index}"}
    for index, kind in zip(range(ROWS), cycle(_KINDS), strict=False)
]
_TABLE: Final = "kind,ref,step,start\n" + "".join(
    f"deadline,case-{index},production-licence,{date(2026, 5, 15) + timedelta(index)}\n" for index in range(ROWS)
)

OTHERS: Final[dict[str, Asking]] = {
    "GET /v1/cells/working-days": Asking("GET", "/v1/cells/working-days?from=2026-05-19&to=2026-06-20"),
    "GET /v1/working-days": Asking("GET", "/v1/working-days?from=2026-05-19&to=2026-06-20"),
    "GET /v1/working-days/shift": Asking("GET", "/v1/working-days/shift?start=2026-05-19&days=20"),
    "GET /v1/calendar/{year}": Asking("GET", "/v1/calendar/2026"),
    "GET /v1/calendar/{year}/csv": Asking("GET", "/v1/calendar/2026/csv"),
    "GET /v1/calendar/{year}/ics": Asking("GET", "/v1/calendar/2026/ics"),
    "GET /v1/rulebook": Asking("GET", "/v1/rulebook"),
    "GET /v1/violations": Asking("GET", "/v1/violations"),
    "GET /v1/violations/{violation}": Asking("GET", "/v1/violations/79-1-1"),
    "GET /v1/steps": Asking("GET", "/v1/steps"),
    "GET /v1/steps/{step}": Asking("GET", "/v1/steps/production-licence"),
    "GET /v1/terms": Asking("GET", "/v1/terms"),
    "GET /v1/terms/{term}": Asking("GET", "/v1/terms/drug-registration"),
    "GET /v1/conformance/csv": Asking("GET", "/v1/conformance/csv"),
    "GET /workbook.xlsx": Asking("GET", "/workbook.xlsx"),
    "GET /openapi.json": Asking("GET", "/openapi.json"),
    "GET /": Asking("GET", "/"),
    "GET /assets/{file}": Asking("GET", "/assets/app.js"),
    "GET /healthz": Asking("GET", "/healthz"),
    "GET /readyz": Asking("GET", "/readyz"),
    f"POST /v1/batch, {ROWS} rows": Asking("POST", "/v1/batch", JSON, msgspec.json.encode(_ROWS).decode()),
    f"POST /v1/batch/csv, {ROWS} rows": Asking("POST", "/v1/batch/csv", CSV, _TABLE),
}
"""The request to each other route. Of a batch the rows are worked, which a plain route does not do."""
