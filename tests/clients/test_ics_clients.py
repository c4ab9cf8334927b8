"""A calendar client that shares no code with the service subscribes to its feeds.

The package `ical` reads each feed strictly. It stands in the requirements of the outer ring only;
without it these tests are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

import servers

stream = pytest.importorskip("ical.calendar_stream")

DEADLINE = "/v1/deadlines/production-licence/ics"
EXPIRY = "/v1/expiries/drug-registration/ics"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        servers.serving(tmp_path_factory.mktemp("service")) as running,
        httpx.Client(base_url=running.url, trust_env=False) as client,
    ):
        yield client


def read(content: bytes) -> Any:
    """The calendar, read strictly."""
    return stream.IcsCalendarStream.calendar_from_ics(content.decode())


def subscribed(client: httpx.Client, path: str, **facts: str) -> Any:
    """The only event of a feed."""
    response = client.get(path, params=facts)
    assert response.status_code == 200
    (event,) = read(response.content).events
    return event


def test_a_deadline_and_an_expiry_are_read_as_days(client: httpx.Client) -> None:
    due = subscribed(client, DEADLINE, start="2026-09-18", lang="en")
    assert (due.dtstart, due.dtend) == (date(2026, 11, 5), date(2026, 11, 6))
    assert (due.status, due.transparency) == ("CONFIRMED", "TRANSPARENT")
    last = subscribed(client, EXPIRY, start="2023-03-01", lang="en")
    assert (last.dtstart, last.dtend) == (date(2028, 2, 29), date(2028, 3, 1))
    assert last.summary == "Last day: Drug registration certificate"
    assert "1. " in last.description


def test_every_year_is_read_day_by_day(client: httpx.Client) -> None:
    for year in (2007, 2026, 2027, 2100):
        listed = client.get(f"/v1/calendar/{year}").json()["days"]
        calendar = read(client.get(f"/v1/calendar/{year}/ics").content)
        found = {
            date.fromordinal(day).isoformat()
            for event in calendar.events
            for day in range(event.dtstart.toordinal(), event.dtend.toordinal())
        }
        assert found == {day["date"] for day in listed}


def test_a_second_fetch_finds_nothing_new_and_the_same_event(client: httpx.Client) -> None:
    facts = {"start": "2026-09-18", "ref": "case 7"}
    first = client.get(DEADLINE, params=facts)
    again = client.get(DEADLINE, params=facts, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    anew = client.get(DEADLINE, params=facts)
    assert anew.content == first.content
    assert read(anew.content).events[0].uid == read(first.content).events[0].uid


def test_a_subscribed_event_moves_when_the_deadline_moves(client: httpx.Client) -> None:
    first = subscribed(client, DEADLINE, start="2026-09-18", ref="case 7")
    later = subscribed(client, DEADLINE, start="2026-09-21", ref="case 7")
    stops = "2026-10-12/2026-10-16:technical_review"
    stopped = subscribed(client, DEADLINE, start="2026-09-18", ref="case 7", clock_stops=stops)
    assert first.uid == later.uid == stopped.uid
    assert [one.dtstart for one in (first, later, stopped)] == [
        date(2026, 11, 5),
        date(2026, 11, 9),  # the Sunday made up and the Monday no longer count
        date(2026, 11, 12),  # five working days stopped
    ]


def test_a_validator_of_the_old_day_does_not_hide_the_new_one(client: httpx.Client) -> None:
    old = client.get(DEADLINE, params={"start": "2026-09-18", "ref": "case 7"}).headers["etag"]
    moved = client.get(DEADLINE, params={"start": "2026-09-21", "ref": "case 7"}, headers={"if-none-match": old})
    assert moved.status_code == 200


@pytest.mark.parametrize(
    "ref",
    [
        "国药监药注〔2026〕第0015号，甲公司；乙公司、丙公司📅，补正\\复核",
        "a,b;c\\d\ne\\nf\\Ng",
        "C:\\New\\Notes",
        "👩‍👩‍👧‍👦,;\n\\" * 5,
        "字" * 64,
        "😀" * 64,
        "x" + "药" * 63,
        "%2C ^n \" ' : = |",
    ],
)
def test_a_reference_comes_back_exactly(ref: str, client: httpx.Client) -> None:
    response = client.get(DEADLINE, params={"start": "2026-09-18", "ref": ref, "lang": "en"})
    assert max(len(line) for line in response.content.split(b"\r\n")) <= 75
    (event,) = read(response.content).events
    assert event.summary == f"Due date: Drug production licence ({ref})"
