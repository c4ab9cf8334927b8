"""Metrics in the format of Prometheus: those of Litestar's plugin, and those that only this service knows.

Only imported where metrics are switched on, since prometheus_client takes long to load. Each worker writes its
figures to files in one folder, which `serve` creates and names in PROMETHEUS_MULTIPROC_DIR; the worker that
answers `/metrics` adds them up. No label holds a fact of a case, a reference or an address: paths are templates
of routes, codes are those of the documented problems.
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
from penaltycalc.api.metrics import Metrics
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.batch.rows import BatchChunk
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.rules.rulebook import Rulebook

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
NAME: Final = "penaltycalc"
TEXT: Final = "text/plain"
BUCKETS: Final[list[str | float]] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
"""Upper ends in seconds: a calculation takes a millisecond or two, a large batch many seconds."""

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


class PrometheusMetrics(Metrics):
    """Counts in prometheus_client, which keeps its figures in the process or in PROMETHEUS_MULTIPROC_DIR."""

    def __init__(self, rulebook: Rulebook) -> None:
        _BUILD.labels(__version__, rulebook.digest).set(1)

    def count_problem(self, code: str) -> None:
        """Count a request, or a cell, that was answered with a problem of this code."""
        _PROBLEMS.labels(code).inc()

    def count_rows(self, form: str, chunk: BatchChunk) -> None:
        """Count the answered rows of a batch, and those that were answered with a problem, by its code."""
        _ROWS.labels(form, "answered").inc(chunk.rows - chunk.problems.total())
        for code, number in chunk.problems.items():
            _ROWS.labels(form, code).inc(number)

    def observe_calendar(self, calendar: WorkingCalendar) -> None:
        """Show how far the calendar reaches; of several workers the one that changed last decides."""
        _OFFICIAL_THROUGH.set(datetime.combine(calendar.official_through, time(), UTC).timestamp())


class MetricsController(PrometheusController):
    """Answers `/metrics` with the figures of all workers."""

    path = ""
    include_in_schema = False

    @get("/metrics", opt={"role": "operate"})
    async def get(self, request: StrictRequest) -> Response[Any]:
        """Return the figures as text; a worker that was killed leaves no requests in progress behind."""
        # Litestar's controller accepts any query and any Accept header; this service refuses what it does not know.
        parse_query(request, (), TEXT)
        drop_dead_workers()
        response: Response[Any] = await PrometheusController.get.fn(self)
        return response


def drop_dead_workers() -> None:
    """Remove the figures that only count while a worker lives, of workers that do not live any more.

    Without `/proc` (on Windows) nobody knows which workers live, and nothing is removed.
    """
    folder = os.environ.get(FOLDER)
    if folder is None or not Path("/proc").exists():
        return
    # A worker that is killed cannot lower the gauge of the requests that it was answering.
    for file in Path(folder).glob("gauge_live*.db"):
        process = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{process}").exists():
            multiprocess.mark_process_dead(process, folder)  # type: ignore[no-untyped-call]  # the library leaves it untyped
