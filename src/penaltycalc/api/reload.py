"""Supplied holiday notices while the service runs: a reload takes all of them, or none where one is bad.

`serve` checks the folder of notices at its start and keeps those it accepted in one file, the store, which all
processes of the service share. Workers read the store and never the folder, so a worker that has to be replaced
starts even if somebody has put a bad notice into the folder meanwhile. Each worker polls the store once a second.
An application that is served without `penaltycalc serve` has no store: it reads the folder itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import msgspec
from litestar import Litestar, Response, post

from penaltycalc.api.descriptions import (
    BAD_QUERY,
    FORBIDDEN,
    INSUFFICIENT_STORAGE,
    NOTICE_REFUSED,
    TIMEOUT,
    TOO_LARGE,
    list_problems,
)
from penaltycalc.api.problems import InsufficientStorage
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import build_json_response
from penaltycalc.api.state import LawData, WorkerState
from penaltycalc.calculators.catalogue import CalendarItem, describe_calendar
from penaltycalc.calendar.holidays import build_calendar
from penaltycalc.calendar.notices import read_notices
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.errors import BadNotice, BadSetting
from penaltycalc.faults import describe_fault
from penaltycalc.files import FileStamp, lock_file, read_stamp, write_atomically
from penaltycalc.rules.rulebook import Rulebook

_log: Final = logging.getLogger("penaltycalc")

POLL_INTERVAL: Final = 1.0
"""Seconds between two polls of the store."""

YEARS_AHEAD: Final = 10
"""How many projected years are computed before a request needs them."""


class CalendarSnapshot(NamedTuple):
    """A calendar, and the stamp of the file that its notices were read from; None where there is no file."""

    calendar: WorkingCalendar
    stamp: FileStamp | None


class NoticeStore:
    """The notices that were read from a folder, checked and accepted.

    With `state`, a folder, they are kept in a file there, which the processes of one service share.
    """

    def __init__(self, rulebook: Rulebook, folder: Path | None, state: Path | None = None) -> None:
        self._rulebook = rulebook
        self._folder = folder
        self.file = None if state is None else state / "notices.msgpack"

    @property
    def stamp(self) -> FileStamp | None:
        """The stamp of the file, which differs after other notices were accepted."""
        return read_stamp(self.file)

    def renew(self) -> CalendarSnapshot:
        """Read the folder, check its notices and keep them for all processes.

        BadNotice, OSError where they cannot be kept; the notices that were accepted before then stay.
        """
        if self.file is None:
            return CalendarSnapshot(build_calendar(self._rulebook, self._read_folder()), None)
        # The lock covers reading too: a process that read the folder earlier must not write the file later.
        with lock_file(self.file.with_suffix(".lock")):
            notices = self._read_folder()
            calendar = build_calendar(self._rulebook, notices)
            write_atomically(self.file, msgspec.msgpack.encode(notices), 0o600)
            return CalendarSnapshot(calendar, self.stamp)

    def read_accepted(self) -> CalendarSnapshot:
        """Build the calendar of the notices that were accepted last; BadNotice, OSError, msgspec.DecodeError."""
        if self.file is None:
            return self.renew()
        # Before the file is read: if it is replaced in between, the old stamp leads to one poll too many, not to
        # one that misses the new file.
        stamp = self.stamp
        notices = msgspec.msgpack.decode(self.file.read_bytes(), type=dict[str, bytes])
        return CalendarSnapshot(build_calendar(self._rulebook, notices), stamp)

    def _read_folder(self) -> dict[str, bytes]:
        return {} if self._folder is None else read_notices(self._folder)


def renew_at_start(store: NoticeStore) -> WorkingCalendar:
    """Accept the notices of the folder before any worker starts; BadNotice, BadSetting."""
    try:
        return store.renew().calendar
    except OSError as fault:
        raise BadSetting(str(store.file), describe_fault(fault)) from None


def project_ahead(calendar: WorkingCalendar) -> None:
    """Compute the projected years that most requests reach, so that no request waits for them."""
    first = calendar.official_through.year
    for year in range(first, min(first + YEARS_AHEAD, calendar.last.year) + 1):
        calendar.find_uncertainty(date(year, 12, 31))


# ------------------------------------------------------------------------------------- one process


class ReloadableService(Protocol):
    """What a reload changes of a service: the calendar that it answers from, and the metrics that show it."""

    law: LawData
    worker: WorkerState


class CalendarReloader:
    """Keeps the calendar of one service up to date with the notices of the store.

    Notices are read in a thread; the calendar is replaced in the event loop, between two requests. Only one
    reload runs at a time, so that notices which were read earlier never replace those that were read later.
    """

    def __init__(self, service: ReloadableService, store: NoticeStore, snapshot: CalendarSnapshot) -> None:
        self._service = service
        self._store = store
        self._stamp = snapshot.stamp
        self._logged_stamp = snapshot.stamp
        self._lock = asyncio.Lock()

    async def reload(self) -> WorkingCalendar:
        """Read the folder of notices and return the new calendar; BadNotice or InsufficientStorage change nothing."""
        async with self._lock:
            try:
                self._replace_calendar(await asyncio.to_thread(self._prepare, self._store.renew))
            except BadNotice as fault:
                _log.error("notices not loaded, the previous ones stay in use: %s", fault)
                raise
            except OSError as fault:
                _log.error("notices cannot be stored, the previous ones stay in use: %s", fault)
                raise InsufficientStorage from None
            return self._service.law.calendar

    async def poll(self) -> None:
        """Take the notices that another process has accepted since; a failure is logged once and tried again."""
        stamp = self._store.stamp
        if stamp == self._stamp:
            return
        async with self._lock:
            try:
                self._replace_calendar(await asyncio.to_thread(self._prepare, self._store.read_accepted))
            except Exception as fault:  # noqa: BLE001  # whatever it is, the worker polls again in a second
                if stamp != self._logged_stamp:
                    self._logged_stamp = stamp
                    _log.error("accepted notices cannot be read, the previous ones stay in use: %s", fault)

    def _prepare(self, read: Callable[[], CalendarSnapshot]) -> CalendarSnapshot:
        snapshot = read()
        # Still in the thread: the first request after the change must not wait for the projection.
        if snapshot.calendar.digest != self._service.law.calendar.digest:
            project_ahead(snapshot.calendar)
        return snapshot

    def _replace_calendar(self, snapshot: CalendarSnapshot) -> None:
        """Let the service answer from a calendar; an equal one changes nothing, as its years are computed already."""
        calendar, self._stamp = snapshot
        if calendar.digest != self._service.law.calendar.digest:
            self._service.law = self._service.law.with_calendar(calendar)
            self._service.worker.metrics.observe_calendar(calendar)
            _log.info("calendar %s, official through %s", calendar.digest, calendar.official_through)

    async def run(self) -> None:
        """Poll until the task is cancelled."""
        await asyncio.sleep(POLL_INTERVAL)  # the projection takes 0.1 s of the processor; the first requests come first
        await asyncio.to_thread(project_ahead, self._service.law.calendar)
        while True:
            await asyncio.sleep(POLL_INTERVAL)
            await self.poll()


@asynccontextmanager
async def poll_calendar(service: Litestar) -> AsyncIterator[None]:
    """Keep the calendar up to date from the start of a service to its end."""
    task = asyncio.create_task(service.state.reloader.run())
    try:
        yield
    finally:
        task.cancel()


# --------------------------------------------------------------------------------------- the route


@post(
    "/v1/calendar/reload",
    operation_id="reloadCalendar",
    summary="重新读取自备的放假通知 / Read the supplied notices again",
    tags=["operations"],
    status_code=200,
    responses=list_problems(BAD_QUERY, FORBIDDEN, TIMEOUT, TOO_LARGE, NOTICE_REFUSED, INSUFFICIENT_STORAGE),
    opt={"role": "operate"},
)
async def reload_calendar(request: StrictRequest) -> Response[CalendarItem]:
    """Load the supplied notices, and describe the calendar."""
    lang = parse_query(request).lang
    await request.require_empty_body()
    reloader: CalendarReloader = request.app.state.reloader
    return build_json_response(request, lang, describe_calendar(await reloader.reload()))


HANDLERS: Final = [reload_calendar]
