"""What a worker holds: the data that requests are answered from, and the objects that all requests share."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from penaltycalc.api.auth import Authenticator
from penaltycalc.api.limits import BatchLimiter
from penaltycalc.api.metrics import Metrics
from penaltycalc.api.response import Content, with_etag
from penaltycalc.api.site import Site
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import Language
from penaltycalc.settings import Settings


class Workbooks:
    """The workbook of one rulebook and calendar in each language, made when it is first requested."""

    def __init__(self, rulebook: Rulebook, calendar: WorkingCalendar, url: str) -> None:
        """`url` is the address of the service that the formulas of the workbook use."""
        self._rulebook = rulebook
        self._calendar = calendar
        self._url = url
        self._contents: dict[Language, Content] = {}
        self._lock = asyncio.Lock()

    async def read(self, lang: Language) -> Content:
        """Return the workbook in that language."""
        # One after the other: requests that come while it is made wait, and do not make it again.
        async with self._lock:
            if lang not in self._contents:
                # In a thread: it takes as long as thousands of answers, and the worker serves others meanwhile.
                self._contents[lang] = await asyncio.to_thread(self._make, lang)
            return self._contents[lang]

    def _make(self, lang: Language) -> Content:
        from penaltycalc.export.workbook.build import build_workbook  # noqa: PLC0415  # its library takes long to load

        return with_etag(build_workbook(self._rulebook, self._calendar, lang, self._url))


class LawData(NamedTuple):
    """The rulebook, the calendar, the settings, and the workbooks made of them.

    A reload of the notices replaces the whole tuple, between two requests.
    """

    rulebook: Rulebook
    calendar: WorkingCalendar
    settings: Settings
    workbooks: Workbooks

    def with_calendar(self, calendar: WorkingCalendar) -> LawData:
        """Return the same data with another calendar, whose workbooks are to be made anew."""
        return build_law_data(self.rulebook, calendar, self.settings)


def build_law_data(rulebook: Rulebook, calendar: WorkingCalendar, settings: Settings) -> LawData:
    """Put together what requests are answered from."""
    return LawData(rulebook, calendar, settings, Workbooks(rulebook, calendar, settings.public_url))


class WorkerState(NamedTuple):
    """What the requests of one worker share: limits, metrics, keys, and what is served unchanged."""

    limiter: BatchLimiter
    metrics: Metrics
    authenticator: Authenticator
    site: Site
