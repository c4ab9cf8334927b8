"""Metrics in the form of Prometheus: those of Litestar's own plugin, and what only this service knows.

Imported only where they are switched on. Several workers keep their figures in files of one folder,
which `serve` makes and names to them in PROMETHEUS_MULTIPROC_DIR; whichever worker is asked adds them
up. No label holds a fact of a case, an id or an address: routes are templates, codes are those of the
documentation.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Final

from litestar import Response, get
from litestar.plugins.prometheus import PrometheusConfig, PrometheusController
from prometheus_client import Counter, Gauge, multiprocess

from penaltycalc._version import __version__
from penaltycalc.api.meter import Metrics
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.batch.rows import BatchChunk
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.rules.rulebook import Rulebook

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
NAME: Final = "penaltycalc"
TEXT: Final = "text/plain"
BUCKETS: Final[list[str | float]] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
"""Seconds: one answer takes a millisecond or two, a large batch many seconds."""

CONFIG: Final = PrometheusConfig(app_name=NAME, prefix=NAME, group_path=True, buckets=BUCKETS)

_PROBLEMS: Final = Counter(f"{NAME}_problems", "Requests and cells answered with a problem, by its code", ["code"])
_ROWS: Final = Counter(
    f"{NAME}_rows", "Rows of batches, by form and outcome: answered, or the code of a problem", ["form", "outcome"]
)
_OFFICIAL_THROUGH: Final = Gauge(
    f"{NAME}_calendar_official_through_timestamp_seconds",
    "The last day that announced holidays cover, at midnight UTC",
    multiprocess_mode="mostrecent",
)
_BUILD: Final = Gauge(f"{NAME}_build_info", "Always 1", ["engine", "rulebook"], multiprocess_mode="max")


class PrometheusMeter(Metrics):
    """Counts what happens."""

    def __init__(self, rulebook: Rulebook) -> None:
        _BUILD.labels(__version__, rulebook.digest).set(1)

    def problem(self, code: str) -> None:
        """One more of this code."""
        _PROBLEMS.labels(code).inc()

    def rows(self, form: str, answered: BatchChunk) -> None:
        """As many more as were answered."""
        _ROWS.labels(form, "answered").inc(answered.rows - answered.problems.total())
        for code, number in answered.problems.items():
            _ROWS.labels(form, code).inc(number)

    def observe_calendar(self, calendar: WorkingCalendar) -> None:
        """How far it reaches; of several workers the one that heard it last is right."""
        _OFFICIAL_THROUGH.set(datetime.combine(calendar.official_through, time(), UTC).timestamp())


class MetricsController(PrometheusController):
    """All figures, of all workers."""

    path = ""
    include_in_schema = False

    @get("/metrics", opt={"role": "operate"})
    async def get(self, request: StrictRequest) -> Response[Any]:
        """As text; a worker that was killed leaves nothing in progress behind."""
        parse_query(request, (), TEXT)
        _forget_the_dead()
        response: Response[Any] = await PrometheusController.get.fn(self)
        return response


def _forget_the_dead() -> None:
    """Take away what counts only while its worker lives, of workers that do not."""
    folder = os.environ.get(FOLDER)
    if folder is None:
        return
    for file in Path(folder).glob("gauge_live*.db"):
        process = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{process}").exists():
            multiprocess.mark_process_dead(process, folder)  # type: ignore[no-untyped-call]  # the library leaves it untyped
