"""Metrics: right over several workers, for operators alone, and without anything of a case."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
from litestar.testing import TestClient

import servers
from batches import BATCHES
from penaltycalc import Rulebook, WorkingCalendar, load_calendar
from penaltycalc.api import prometheus
from penaltycalc.api.app import Service, create_app
from penaltycalc.api.metrics import Metrics
from penaltycalc.keys import encode_keys, make_key
from penaltycalc.settings import Settings

MARK = "Q7-mark"
READ, READ_KEY = make_key(b"r" * 36, role="read", name="clerk", created=date(2026, 11, 22))
OPERATE, OPERATE_KEY = make_key(b"o" * 36, role="operate", name="operator", created=date(2026, 11, 22))
ROUTE = "/v1/expiries/{term}"
ASKED = f"/v1/expiries/drug-registration?start=2023-03-01&ref={MARK}"
LICENCE = {"kind": "deadline", "step": "production-licence", "start": "2026-09-18", "ref": MARK}
THROUGH = "penaltycalc_calendar_official_through_timestamp_seconds"


def figures(text: str) -> Counter[str]:
    """The figures of a scrape as whole numbers, each by its name and labels as they are written."""
    found: Counter[str] = Counter()
    for line in text.splitlines():
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            found[name] = int(float(value))
    return found


def requests(path: str, status: int = 200, method: str = "GET") -> str:
    labels = f'app_name="penaltycalc",method="{method}",path="{path}",status_code="{status}"'
    return f"penaltycalc_requests_total{{{labels}}}"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings(metrics=True)), raise_server_exceptions=False) as made:
        yield made


def scraped(client: TestClient[Service]) -> Counter[str]:
    response = client.get("/metrics", headers={"accept": "application/openmetrics-text;q=0.5,*/*;q=0.1"})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=")
    assert MARK not in response.text
    return figures(response.text)


# ------------------------------------------------------------------------------------ what is counted


def test_requests_are_counted_by_route_method_and_status(client: TestClient[Service]) -> None:
    before = scraped(client)
    client.get(ASKED)
    client.get(f"/v1/expiries/{MARK}?start=2023-03-01")
    client.post("/v1/deadlines", json=LICENCE)
    more = scraped(client) - before
    assert more[requests(ROUTE)] == 1
    assert more[requests(ROUTE, 404)] == 1
    assert more[requests("/v1/deadlines", 200, "POST")] == 1
    seconds = f'penaltycalc_request_duration_seconds_count{{app_name="penaltycalc",method="GET",path="{ROUTE}"'
    assert more[f'{seconds},status_code="200"}}'] == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/{MARK}", "not-found"),
        ("/v1/batch", "method-not-allowed"),
        (f"/v1/steps/{MARK}", "unknown-step"),
        (f"/v1/cells/deadline?step={MARK}", "schema"),
        (f"/v1/cells/deadline?step={MARK}&start=2026-09-18&errors=http", "unknown-step"),
    ],
)
def test_problems_are_counted_by_code_also_those_of_no_route_and_those_that_cells_show(
    client: TestClient[Service], path: str, code: str
) -> None:
    before = scraped(client)
    client.get(path)
    found = {name: number for name, number in (scraped(client) - before).items() if "problems_total" in name}
    assert found == {f'penaltycalc_problems_total{{code="{code}"}}': 1}


@pytest.mark.parametrize(("form", "path"), list(zip(("json", "ndjson", "csv", "xlsx"), BATCHES, strict=True)))
def test_rows_are_counted_by_form_and_outcome(client: TestClient[Service], form: str, path: str) -> None:
    before = scraped(client)
    media_type, content = BATCHES[path]
    assert client.post(path, content=content, headers={"content-type": media_type}).status_code == 200
    more = scraped(client) - before
    assert {name: number for name, number in more.items() if "rows_total" in name} == {
        f'penaltycalc_rows_total{{form="{form}",outcome="answered"}}': 1
    }


def test_refused_rows_are_counted_by_their_problem(client: TestClient[Service]) -> None:
    before = scraped(client)
    client.post("/v1/batch", json=[LICENCE, {**LICENCE, "step": MARK}, LICENCE])
    more = scraped(client) - before
    assert more['penaltycalc_rows_total{form="json",outcome="answered"}'] == 2
    assert more['penaltycalc_rows_total{form="json",outcome="unknown-step"}'] == 1
    assert not any("problems_total" in name for name in more)


def test_the_calendar_tells_how_far_it_reaches(client: TestClient[Service], rulebook: Rulebook, tmp_path: Path) -> None:
    def through(calendar: WorkingCalendar) -> float:
        day = calendar.official_through
        return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()

    assert scraped(client)[THROUGH] == through(client.app.law.calendar)
    days = '{"name":"元旦","date":"2027-01-01","isOffDay":true}'
    (tmp_path / "2027.json").write_text(f'{{"year":2027,"papers":[],"days":[{days}]}}', "utf-8")
    other = load_calendar(rulebook, None)
    client.app.worker.metrics.observe_calendar(other)
    assert scraped(client)[THROUGH] == through(other)


def test_the_build_is_told_by_its_digests(client: TestClient[Service], rulebook: Rulebook) -> None:
    (name,) = [name for name in scraped(client) if name.startswith("penaltycalc_build_info")]
    assert f'rulebook="{rulebook.digest}"' in name


# ---------------------------------------------------------------------------------- who may see them


def test_without_the_setting_there_are_none_and_their_library_is_not_loaded() -> None:
    with TestClient(create_app(Settings())) as client:
        assert client.get("/metrics").json()["code"] == "not-found"
        assert type(client.app.worker.metrics) is Metrics
    program = "import sys, penaltycalc.api.app as a; a.create_app(); print('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"False\n"


def test_they_are_for_operators(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(encode_keys([READ_KEY, OPERATE_KEY]))
    with TestClient(create_app(Settings(metrics=True, keys_file=tmp_path / "keys.json"))) as client:
        assert client.get("/metrics").status_code == 401
        refused = client.get("/metrics", headers={"X-API-Key": READ})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert client.get("/metrics", headers={"X-API-Key": OPERATE}).status_code == 200
        assert client.get(f"/metrics?key={OPERATE}").status_code == 401


def test_they_are_asked_as_strictly_as_all_else(client: TestClient[Service]) -> None:
    assert client.get("/metrics?name[]=x").json()["code"] == "unknown-query"
    assert client.get("/metrics", headers={"accept": "image/png"}).json()["code"] == "not-acceptable"
    assert client.post("/metrics").json()["code"] == "method-not-allowed"
    assert b"/metrics" not in client.app.worker.site.document.body


# --------------------------------------------------------------------------------- several workers


def test_figures_add_up_over_workers_and_outlive_one_that_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, temporary = 60, tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with servers.serving(tmp_path, "--workers", "2", settings={"METRICS": "true"}) as running:
        (folder,) = temporary.glob("*/metrics")
        assert folder.parent.stat().st_mode & 0o077 == 0
        with servers.make_client() as client:
            for _ in range(number):
                assert client.get(running.url + ASKED).status_code == 200
                client.get(f"{running.url}/{MARK}")
        httpx.post(f"{running.url}/v1/batch", json=[LICENCE] * 7)
        text = httpx.get(f"{running.url}/metrics").text
        found = figures(text)
        assert MARK not in text
        assert found[requests(ROUTE)] == number
        assert found['penaltycalc_problems_total{code="not-found"}'] == number
        assert found['penaltycalc_rows_total{form="json",outcome="answered"}'] == 7
        assert len([name for name in found if name.startswith(THROUGH)]) == 1

        (files, workers) = (sorted(folder.glob("gauge_livesum_*.db")), _workers(folder))
        assert len(files) == len(workers) == 2
        os.kill(workers[0], signal.SIGKILL)
        assert _gone(workers[0])
        for _ in range(100):  # until the other one answers, or a new one
            try:
                again = figures(httpx.get(f"{running.url}/metrics").text)
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        assert again[requests(ROUTE)] == number
        assert not (folder / f"gauge_livesum_{workers[0]}.db").exists()
        progress = [number for name, number in again.items() if name.startswith("penaltycalc_requests_in_progress")]
        assert sum(progress) == 1  # the scrape itself
    assert list(temporary.iterdir()) == []


def _workers(folder: Path) -> list[int]:
    return sorted({int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_livesum_*.db")})


def _gone(process: int) -> bool:
    for _ in range(200):
        if not Path(f"/proc/{process}").exists():
            return True
        time.sleep(0.05)
    return False


def test_a_folder_that_was_left_behind_does_not_count(tmp_path: Path) -> None:
    old = tmp_path / "state" / "metrics" / "counter_1.db"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"\0" * 100)
    with servers.serving(tmp_path, settings={"METRICS": "true", "STATE": str(tmp_path / "state")}) as running:
        assert httpx.get(f"{running.url}/metrics").status_code == 200
        assert not old.exists()
    assert not old.parent.exists()


def test_a_folder_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    given = {"PENALTYCALC_METRICS": "true", "PENALTYCALC_STATE": str(tmp_path / "file")}
    command = [servers.SCRIPT, "serve", "--port", str(servers.free_port())]
    done = subprocess.run(command, capture_output=True, timeout=30, check=False, env={**os.environ, **given})
    assert done.returncode == 4
    assert str(tmp_path / "file") in done.stderr.decode()


def test_in_one_process_there_is_nobody_to_forget(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    live = tmp_path / f"gauge_livesum_{os.getpid()}.db"
    dead = tmp_path / "gauge_livesum_4194305.db"  # no process has such a number
    for file in (live, dead):
        file.write_bytes(b"")
    monkeypatch.delenv(prometheus.FOLDER, raising=False)
    prometheus.drop_dead_workers()
    assert dead.exists()
    monkeypatch.setenv(prometheus.FOLDER, str(tmp_path))
    prometheus.drop_dead_workers()
    assert (live.exists(), dead.exists()) == (True, False)
