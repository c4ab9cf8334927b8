"""Supplied notices while the service runs: taken over as a whole or not at all."""

from __future__ import annotations

import asyncio
import errno
import gc
import json
import logging
import weakref
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from litestar.testing import TestClient

from penaltycalc import BadNotice, Rulebook, WorkingCalendar, load_calendar
from penaltycalc.api import reload as notices
from penaltycalc.api.app import Service, build_app, create_app
from penaltycalc.api.reload import CalendarReloader, NoticeStore
from penaltycalc.calendar.notices import read_notices
from penaltycalc.errors import BadSetting
from penaltycalc.keys import encode_keys, make_key
from penaltycalc.settings import Settings

RELOAD = "/v1/calendar/reload"
ASKED = "/v1/deadlines/production-licence?start=2027-01-04"
OFF_2027 = [*range(104, 109), *range(208, 213), *range(1004, 1008)]


def put(folder: Path, name: str = "春节") -> None:
    """Put the notice of 2027 into a folder; another name makes it another one."""
    days = [{"name": name, "date": f"2027-{day // 100:02d}-{day % 100:02d}", "isOffDay": True} for day in OFF_2027]
    (folder / "2027.json").write_text(json.dumps({"year": 2027, "days": days}), "utf-8")


def spoil(folder: Path) -> None:
    """Put a file into the folder that contradicts its own year."""
    day = {"name": "x", "date": "2030-01-01", "isOffDay": True}
    (folder / "2028.json").write_text(json.dumps({"year": 2028, "days": [day]}), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "notices"
    made.mkdir()
    return made


@pytest.fixture
def state(tmp_path: Path) -> Path:
    made = tmp_path / "state"
    made.mkdir()
    return made


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings(notices=folder))) as client:
        yield client


def full(*_: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


# --------------------------------------------------------------------------------------- the route


def test_a_reload_takes_the_folder_over_and_answers_with_the_new_coverage(
    client: TestClient[Service], folder: Path
) -> None:
    before = client.get(ASKED)
    put(folder)
    assert client.get(ASKED).content == before.content
    answer = client.post(RELOAD)
    assert answer.status_code == 200
    assert answer.json() == client.get("/v1/rulebook").json()["calendar"]
    assert (answer.json()["official_through"], answer.json()["sources"][1]) == ("2027-12-23", "2027.json")
    after = client.get(ASKED)
    assert after.headers["penaltycalc-calendar"] == after.json()["provenance"]["calendar"] == answer.json()["digest"]
    assert (before.json()["status"], after.json()["status"]) == ("projected", "supplied")


def test_a_bad_notice_is_named_and_changes_nothing(
    client: TestClient[Service], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(folder)
    digest = client.post(RELOAD).json()["digest"]
    put(folder, "元旦")
    spoil(folder)
    answer = client.post(RELOAD, params={"lang": "en"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-notice")
    assert answer.json()["detail"] == (
        "The holiday notice cannot be used: 2028.json, 2030-01-01: "
        "the date is neither in 2028 nor in the December before."
    )
    assert "2028.json" in caplog.text
    assert client.get(ASKED).headers["penaltycalc-calendar"] == digest
    (folder / "2028.json").unlink()
    assert client.post(RELOAD).json()["digest"] != digest


def test_where_nothing_changed_the_calendar_stays_with_all_that_it_has_laid_out(client: TestClient[Service]) -> None:
    calendar = client.app.law.calendar
    assert client.post(RELOAD).status_code == 200
    assert client.app.law.calendar is calendar


@pytest.mark.parametrize(
    ("query", "headers", "body", "code"),
    [
        ("?force=true", {}, b"", "unknown-query"),
        ("", {"accept": "text/csv"}, b"", "not-acceptable"),
        ("", {"content-type": "application/json"}, b"{}", "too-large"),
    ],
)
def test_what_a_reload_does_not_take_is_refused(
    query: str, headers: dict[str, str], body: bytes, code: str, client: TestClient[Service], folder: Path
) -> None:
    put(folder)
    before = client.app.law
    assert client.post(RELOAD + query, headers=headers, content=body).json()["code"] == code
    assert client.app.law is before


def test_a_key_needs_the_role_operate(tmp_path: Path) -> None:
    day = date(2026, 11, 22)
    read, read_key = make_key(b"r" * 36, role="read", name="clerk", created=day)
    operate, operate_key = make_key(b"o" * 36, role="operate", name="operator", created=day)
    (tmp_path / "keys.json").write_bytes(encode_keys([read_key, operate_key]))
    with TestClient(create_app(Settings(keys_file=tmp_path / "keys.json"))) as client:
        answers = [client.post(RELOAD, headers={"X-API-Key": key}) for key in (read, operate)]
        assert [answer.status_code for answer in answers] == [403, 200]
        assert answers[0].json()["code"] == "forbidden"
        assert client.post(RELOAD).status_code == 401


def test_without_room_to_keep_them_the_notices_before_go_on(
    rulebook: Rulebook, folder: Path, state: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = NoticeStore(rulebook, folder, state)
    notices.renew_at_start(store)
    with TestClient(build_app(Settings(), rulebook, store)) as client:
        before = client.app.law
        put(folder)
        monkeypatch.setattr(notices, "write_atomically", full)
        assert client.post(RELOAD).json()["code"] == "insufficient-storage"
        assert "No space left" in caplog.text
        assert client.app.law is before
        monkeypatch.undo()
        assert client.post(RELOAD).status_code == 200
        assert client.app.law is not before


# -------------------------------------------------------------------------------- several processes


def worker(rulebook: Rulebook, folder: Path, state: Path) -> tuple[Service, CalendarReloader]:
    """A service as one of several processes."""
    service = build_app(Settings(), rulebook, NoticeStore(rulebook, folder, state))
    return service, service.state.reloader


def test_the_other_processes_take_over_what_one_accepted(rulebook: Rulebook, folder: Path, state: Path) -> None:
    notices.renew_at_start(NoticeStore(rulebook, folder, state))
    (one, first), (two, second) = (worker(rulebook, folder, state) for _ in range(2))
    put(folder)
    assert asyncio.run(first.reload()).digest == one.law.calendar.digest != two.law.calendar.digest
    asyncio.run(second.poll())
    assert two.law.calendar.digest == one.law.calendar.digest == load_calendar(rulebook, folder).digest
    calendar = two.law.calendar
    asyncio.run(second.poll())
    assert two.law.calendar is calendar


def test_a_process_that_starts_goes_by_what_was_accepted_and_not_by_the_folder(
    rulebook: Rulebook, folder: Path, state: Path
) -> None:
    put(folder)
    digest = notices.renew_at_start(NoticeStore(rulebook, folder, state)).digest
    spoil(folder)
    service, reloader = worker(rulebook, folder, state)
    assert service.law.calendar.digest == digest
    with pytest.raises(BadNotice):
        asyncio.run(reloader.reload())


def test_the_start_goes_by_the_folder_and_not_by_what_a_former_run_accepted(
    rulebook: Rulebook, folder: Path, state: Path
) -> None:
    former = notices.renew_at_start(NoticeStore(rulebook, folder, state)).digest
    put(folder)
    store = NoticeStore(rulebook, folder, state)
    assert former != notices.renew_at_start(store).digest == store.read_accepted().calendar.digest
    spoil(folder)
    with pytest.raises(BadNotice, match=r"2028\.json"):
        notices.renew_at_start(store)


def test_a_state_folder_that_cannot_be_written_stops_the_start(rulebook: Rulebook, tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="absent"):
        notices.renew_at_start(NoticeStore(rulebook, None, tmp_path / "absent"))


def test_a_process_that_read_the_folder_earlier_does_not_write_later(
    rulebook: Rulebook, folder: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on = Event(), Event()
    read = read_notices

    def slowly(path: Path) -> dict[str, bytes]:
        found = read(path)
        reading.set()
        go_on.wait(10)
        return found

    store = NoticeStore(rulebook, folder, state)
    monkeypatch.setattr(notices, "read_notices", slowly)
    early = Thread(target=store.renew)
    early.start()
    reading.wait(10)
    put(folder)
    late = Thread(target=store.renew)
    late.start()
    late.join(0.1)
    go_on.set()
    for thread in (early, late):
        thread.join(10)
    assert store.read_accepted().calendar.digest == load_calendar(rulebook, folder).digest


def test_reloads_at_the_same_time_end_with_what_is_in_the_folder(rulebook: Rulebook, folder: Path, state: Path) -> None:
    notices.renew_at_start(NoticeStore(rulebook, folder, state))
    workers = [worker(rulebook, folder, state) for _ in range(3)]
    put(folder)
    together = Barrier(len(workers))

    def reload(reloader: CalendarReloader) -> None:
        together.wait(10)
        asyncio.run(reloader.reload())

    threads = [Thread(target=reload, args=(reloader,)) for _, reloader in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert {service.law.calendar.digest for service, _ in workers} == {load_calendar(rulebook, folder).digest}


def test_what_cannot_be_read_is_told_once_tried_again_and_changes_nothing(
    rulebook: Rulebook, folder: Path, state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = NoticeStore(rulebook, folder, state)
    notices.renew_at_start(store)
    service, reloader = worker(rulebook, folder, state)
    before = service.law
    assert store.file is not None
    store.file.unlink()
    asyncio.run(reloader.poll())
    asyncio.run(reloader.poll())
    assert service.law is before
    assert len([one for one in caplog.records if one.levelno == logging.ERROR]) == 1
    put(folder)
    store.renew()
    asyncio.run(reloader.poll())
    assert service.law is not before


def test_a_service_of_several_processes_looks_by_itself_and_lays_out_years_ahead(
    rulebook: Rulebook, folder: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "POLL_INTERVAL", 0.01)
    laid_out, taken = Event(), Event()
    take = CalendarReloader._replace_calendar

    def lay_out(calendar: WorkingCalendar) -> None:
        assert calendar.find_uncertainty(date(calendar.official_through.year + notices.YEARS_AHEAD, 12, 31)) == 2
        laid_out.set()

    def told(*given: Any) -> None:
        take(*given)
        taken.set()

    monkeypatch.setattr(notices, "project_ahead", lay_out)
    monkeypatch.setattr(CalendarReloader, "_replace_calendar", told)
    store = NoticeStore(rulebook, folder, state)
    notices.renew_at_start(store)
    with TestClient(build_app(Settings(), rulebook, store, [notices.poll_calendar])) as client:
        assert laid_out.wait(10)
        put(folder)
        store.renew()
        assert taken.wait(10)
        assert client.get(ASKED).json()["status"] == "supplied"


def test_a_calendar_that_was_replaced_is_let_go(client: TestClient[Service], folder: Path) -> None:
    event, cell = "/v1/deadlines/production-licence/ics", "/v1/cells/deadline?step=production-licence&start=2029-1-4"
    files = ("/v1/calendar/2027", "/v1/calendar/2027/csv", "/workbook.xlsx", "/v1/rulebook")
    first: weakref.ref[WorkingCalendar] | None = None
    for name in ("one", "two", "three"):
        for path in (ASKED, cell, f"{event}?start=2029-01-04", *files):
            assert client.get(path).status_code == 200
        first = first or weakref.ref(client.app.law.calendar)
        put(folder, name)
        assert client.post(RELOAD).status_code == 200
    gc.collect()
    assert first is not None
    assert first() is None
