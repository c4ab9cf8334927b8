"""The supplied notices while the service runs: taken over as a whole or not at all, by all its processes.

`serve` checks the folder and keeps what it accepts in one file. Its workers go by that file, never by the
folder, so that a notice that is broken meanwhile keeps none of them from starting again; each looks once
a second whether there is a new one. A service that is run otherwise reads the folder itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import msgspec
from litestar import Litestar, post

from penaltycalc.api.problems import InsufficientStorage, problem_responses
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import BytesResponse, forget, json_response
from penaltycalc.api.state import LawData, WorkerState
from penaltycalc.calculators import calculate
from penaltycalc.calculators.catalogue import CalendarItem, describe_calendar
from penaltycalc.calendar.holidays import build_calendar, read_notices
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.errors import BadNotice, BadSetting
from penaltycalc.files import FileStamp, lock_file, read_stamp, write_atomically
from penaltycalc.rules.rulebook import Rulebook

_log: Final = logging.getLogger("penaltycalc")

LOOK_AGAIN: Final = 1.0
"""Seconds after which a worker looks whether other notices were accepted."""

YEARS_AHEAD: Final = 10
"""How many projected years are laid out before anything asks for them."""


class CalendarSnapshot(NamedTuple):
    """A calendar, and the stamp of the file that its notices stand in; None where they stand in none."""

    calendar: WorkingCalendar
    stamp: FileStamp | None


class NoticeStore:
    """The notices of a folder that were checked and found good.

    With `state`, a folder, they are kept in a file there, which the processes of a service share.
    """

    def __init__(self, rulebook: Rulebook, folder: Path | None, state: Path | None = None) -> None:
        self._rulebook = rulebook
        self._folder = folder
        self.file = None if state is None else state / "notices.json"

    def renew(self) -> CalendarSnapshot:
        """Read and check the folder, and keep it for all processes.

        BadNotice, and nothing has changed; OSError where there is no room to keep it.
        """
        if self.file is None:
            return CalendarSnapshot(build_calendar(self._rulebook, self._read()), None)
        with lock_file(self.file.with_suffix(".lock")):  # a process that read earlier must not write later
            notices = self._read()
            calendar = build_calendar(self._rulebook, notices)
            write_atomically(self.file, msgspec.msgpack.encode(notices), 0o600)
            return CalendarSnapshot(calendar, self.stamp())

    def current(self) -> CalendarSnapshot:
        """What was accepted last; BadNotice, OSError, msgspec.DecodeError."""
        if self.file is None:
            return self.renew()
        seen = self.stamp()  # before reading: a file put in place meanwhile is then read once more
        notices = msgspec.msgpack.decode(self.file.read_bytes(), type=dict[str, bytes])
        return CalendarSnapshot(build_calendar(self._rulebook, notices), seen)

    def stamp(self) -> FileStamp | None:
        """What changes when other notices are accepted."""
        return read_stamp(self.file)

    def _read(self) -> dict[str, bytes]:
        return {} if self._folder is None else read_notices(self._folder)


def start(accepted: NoticeStore) -> WorkingCalendar:
    """The calendar of the folder as it stands when the service starts; BadNotice, BadSetting."""
    try:
        return accepted.renew().calendar
    except OSError as fault:
        raise BadSetting(str(accepted.file), fault.strerror or str(fault)) from None


def lay_out_ahead(calendar: WorkingCalendar) -> None:
    """Lay out the projected years that most questions reach, so that none of them waits for it."""
    first = calendar.official_through.year
    for year in range(first, min(first + YEARS_AHEAD, calendar.last.year) + 1):
        calendar.slack(date(year, 12, 31))


# ------------------------------------------------------------------------------------- one process


class Holder(Protocol):
    """What holds the law that requests are answered from, and what counts."""

    law: LawData
    worker: WorkerState


class CalendarReloader:
    """Keeps the calendar of a service that of the accepted notices.

    Notices are read in a thread, and the law is changed between two requests. One change at a time, so
    that none that was read earlier comes later.
    """

    def __init__(self, service: Holder, accepted: NoticeStore, taken: CalendarSnapshot) -> None:
        self._service = service
        self._accepted = accepted
        self._stamp = taken.stamp
        self._complained_of = taken.stamp
        self._turn = asyncio.Lock()

    async def reload(self) -> WorkingCalendar:
        """Take the folder over; BadNotice or InsufficientStorage, and nothing has changed."""
        async with self._turn:
            try:
                self._take(*await asyncio.to_thread(self._prepared, renew=True))
            except BadNotice as fault:
                _log.error("the notices are not taken over, those before go on: %s", fault)
                raise
            except OSError as fault:
                _log.error("the notices cannot be kept, those before go on: %s", fault)
                raise InsufficientStorage from None
            return self._service.law.calendar

    async def look(self) -> None:
        """Take over what another process has accepted meanwhile; what keeps it from that is logged."""
        seen = self._accepted.stamp()
        if seen == self._stamp:
            return
        async with self._turn:
            try:
                self._take(*await asyncio.to_thread(self._prepared, renew=False))
            except Exception as fault:  # noqa: BLE001  # whatever it is, this worker looks again in a second
                if seen != self._complained_of:  # it is tried again each time, and told once
                    self._complained_of = seen
                    _log.error("the accepted notices cannot be read, those before go on: %s", fault)

    def _prepared(self, *, renew: bool) -> CalendarSnapshot:
        taken = self._accepted.renew() if renew else self._accepted.current()
        if taken.calendar.digest != self._service.law.calendar.digest:
            lay_out_ahead(taken.calendar)
        return taken

    def _take(self, calendar: WorkingCalendar, stamp: FileStamp | None) -> None:
        """The calendar that is there stays where nothing changed, with all that it has laid out."""
        self._stamp = stamp
        if calendar.digest != self._service.law.calendar.digest:
            self._service.law = self._service.law.with_calendar(calendar)
            self._service.worker.metrics.observe_calendar(calendar)
            calculate.forget()
            forget()
            _log.info("calendar %s, official through %s", calendar.digest, calendar.official_through)

    async def follow(self) -> None:
        """Look again and again."""
        await asyncio.sleep(LOOK_AGAIN)  # the first requests come first
        await asyncio.to_thread(lay_out_ahead, self._service.law.calendar)
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            await self.look()


@asynccontextmanager
async def poll_calendar(service: Litestar) -> AsyncIterator[None]:
    """Keep the calendar up to date, from the start of a service to its end."""
    task = asyncio.create_task(service.state.keeper.follow())
    try:
        yield
    finally:
        task.cancel()


# --------------------------------------------------------------------------------------- the route


_ON_RELOAD: Final = problem_responses(400, 403, 406, 408, 413, 414, 422, 500, 507)
_ON_RELOAD[422] = replace(_ON_RELOAD[422], description=BadNotice.code)


@post(
    "/v1/calendar/reload",
    operation_id="reloadCalendar",
    tags=["operations"],
    status_code=200,
    responses=_ON_RELOAD,
    opt={"role": "operate"},
)
async def reload_calendar(request: StrictRequest) -> BytesResponse[CalendarItem]:
    """接收补充的放假通知 / Take over the supplied notices."""
    lang = parse_query(request).lang
    await request.no_content()
    keeper: CalendarReloader = request.app.state.keeper
    return json_response(request, lang, describe_calendar(await keeper.reload()))


HANDLERS: Final = [reload_calendar]
