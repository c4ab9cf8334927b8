"""The log: every line in one form, one event for each request, and nothing of a case."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar.testing import TestClient

import servers
from penaltycalc.api import calculations
from penaltycalc.api.app import Service, create_app
from penaltycalc.api.logging import FIELDS, dict_config, make_formatter, make_handler
from penaltycalc.batch.rows import Batch
from penaltycalc.keys import encode_keys, make_key
from penaltycalc.settings import Settings

MARK = "Q7-mark"
ASKED = f"/v1/penalties/85-2?ref={MARK}"
KEY, KEPT = make_key(b"r" * 36, role="read", name="clerk", created=date(2026, 11, 22))


def rendered(form: str, log: Callable[[logging.Logger], object], name: str = "penaltycalc") -> str:
    """The line that a call writes."""
    logger = logging.getLogger(name)
    stream = io.StringIO()
    output = logging.StreamHandler(stream)
    output.setFormatter(make_formatter(form))
    logger.addHandler(output)
    try:
        log(logger)
    finally:
        logger.removeHandler(output)
    return stream.getvalue()


def faulty(value: str) -> None:
    try:
        {"": ""}[value]
    except KeyError as fault:
        raise ValueError(f"not {value}") from fault


# ------------------------------------------------------------------------------------------ the form


def test_a_line_of_json_says_what_when_and_which_worker() -> None:
    line = rendered("json", lambda log: log.warning("%s files", 3, extra={"route": "/v1/steps", "secret": MARK}))
    told = json.loads(line)
    assert line.count("\n") == 1
    assert told.pop("worker") == os.getpid()
    assert datetime.fromisoformat(told.pop("timestamp")).tzinfo is not None
    assert told == {"event": "3 files", "route": "/v1/steps", "level": "warning", "logger": "penaltycalc"}


def test_a_line_for_people_is_one_line() -> None:
    line = rendered("console", lambda log: log.warning("a\nb", extra={"route": "/v1/steps"}))
    assert line.count("\n") == 1
    assert "route=/v1/steps" in line
    assert " a " in line


@pytest.mark.parametrize("form", ["json", "console"])
def test_an_exception_is_told_by_its_kind_and_place_without_its_values(form: str) -> None:
    def log(logger: logging.Logger) -> None:
        try:
            faulty(MARK)
        except ValueError:
            logger.exception("failed")

    line = rendered(form, log)
    assert MARK not in line
    assert "KeyError at faulty:" in line
    assert line.count("\n") == 1


def test_what_asyncio_shows_of_objects_stays_out() -> None:
    message = f"Task exception was never retrieved\nfuture: <Task exception=ValueError('{MARK}')>"
    line = rendered("json", lambda log: log.error(message), "asyncio")
    assert json.loads(line)["event"] == "Task exception was never retrieved"
    assert MARK not in line


def test_warnings_go_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    root, shown = logging.getLogger("py.warnings"), warnings.showwarning
    try:
        output = make_handler()
        output.setFormatter(make_formatter("json"))
        root.addHandler(output)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(capture=True)
            warnings.warn("old", DeprecationWarning, stacklevel=1)
        assert "DeprecationWarning: old" in json.loads(capsys.readouterr().err)["event"]
    finally:
        logging.captureWarnings(capture=False)
        warnings.showwarning = shown
        root.handlers.clear()


def test_the_configuration_is_plain_data_that_logging_takes() -> None:
    made = dict_config(Settings(log="json", log_level="warning"))
    assert json.loads(json.dumps(made)) == made
    assert made["root"]["level"] == "WARNING"


# -------------------------------------------------------------------------------------- one request


@pytest.fixture
def client() -> Iterator[TestClient[Service]]:
    settings = Settings(access_log=True, keys=f"{KEPT.id}:read:{KEPT.hash}")
    with TestClient(create_app(settings), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the access log has said so far."""
    caplog.set_level(logging.INFO, "penaltycalc")

    def found() -> list[dict[str, Any]]:
        records = [vars(record) for record in caplog.records if record.name == "penaltycalc.access"]
        return [{name: record[name] for name in FIELDS if name in record} for record in records]

    yield found
    assert MARK not in caplog.text
    assert KEY not in caplog.text


def test_a_request_is_logged_by_its_route_and_its_key(
    client: TestClient[Service], lines: Callable[[], list[dict[str, Any]]]
) -> None:
    response = client.get(ASKED, headers={"X-API-Key": KEY, "X-Request-ID": "A-1"})
    assert response.headers["x-request-id"] == "A-1"
    (told,) = lines()
    assert 0 < told.pop("duration_ms") < 60_000
    assert told == {
        "request_id": "A-1",
        "method": "GET",
        "route": "/v1/penalties/{violation}",
        "status": 200,
        "key": KEPT.id,
    }


@pytest.mark.parametrize(
    ("method", "path", "shown", "route", "status"),
    [
        ("GET", f"/{MARK}", "GET", "-", 404),
        ("POST", "/v1/steps", "POST", "-", 405),
        ("HEAD", "/healthz", "HEAD", "/healthz", 200),
        ("GET", ASKED, "GET", "/v1/penalties/{violation}", 401),
        ("Q7-MARK", "/v1/steps", "-", "-", 405),
    ],
)
def test_what_is_unknown_is_logged_without_its_name(
    client: TestClient[Service],
    lines: Callable[[], list[dict[str, Any]]],
    method: str,
    path: str,
    shown: str,
    route: str,
    status: int,
) -> None:
    response = client.request(method, path)
    (told,) = lines()
    assert (told["method"], told["route"], told["status"], told["key"]) == (shown, route, status, "-")
    assert told["request_id"] == response.headers["x-request-id"]
    assert len(told["request_id"]) == 16


def test_a_fault_is_logged_under_the_id_of_its_request(
    client: TestClient[Service], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calculations, "calculate", lambda *_, **__: faulty(MARK))
    response = client.get(ASKED, headers={"X-API-Key": KEY})
    (told,) = [vars(record) for record in caplog.records if record.name == "penaltycalc"]
    assert told["request_id"] == response.headers["x-request-id"]
    assert "faulty:" in told["message"]
    assert MARK not in caplog.text


def test_an_answer_that_breaks_off_is_logged_as_cut(
    client: TestClient[Service], lines: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Batch, "answer_row", lambda *_: faulty("x"))
    with suppress(Exception):
        client.post("/v1/batch", json=[{}], headers={"X-API-Key": KEY})
    assert [(told["status"], told["cut"]) for told in lines()] == [(200, True)]


# ---------------------------------------------------------------------------- with a real server


def test_every_line_of_a_json_log_is_json_from_start_to_end(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_bytes(encode_keys([KEPT]))
    settings = {"LOG": "json", "ACCESS_LOG": "true", "KEYS_FILE": str(keys)}
    with servers.serving(tmp_path, "--workers", "2", settings=settings) as running:
        for path in (ASKED, f"/{MARK}", f"/v1/penalties/{MARK}", f"/healthz?{MARK}"):
            httpx.get(running.url + path, headers={"X-API-Key": KEY})
        httpx.post(f"{running.url}/v1/penalties", content=MARK.encode(), headers={"authorization": f"Bearer {KEY}"})
        keys.write_text(MARK)
        time.sleep(1.1)  # the file is checked once a second
        for _ in range(20):
            assert httpx.get(running.url + ASKED, headers={"X-API-Key": KEY}).status_code == 200
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(10)
    text = running.log.read_text("utf-8")
    assert MARK not in text
    assert KEY not in text
    told = [msgspec.json.decode(line, type=dict[str, Any]) for line in text.splitlines()]
    assert all({"timestamp", "event", "level", "logger", "worker"} <= set(line) for line in told)
    requests = [line for line in told if line["event"] == "request"]
    assert sorted(line["status"] for line in requests) == [*[200] * 21, 400, 404, 404, 415]
    assert any("file of keys cannot be read" in line["event"] for line in told)
    assert {"Started worker-1", "Started worker-2", "Stopping worker-1"} <= {line["event"] for line in told}


def test_the_level_of_the_log_is_kept_and_without_an_access_log_requests_stay_out(tmp_path: Path) -> None:
    with servers.serving(tmp_path, settings={"LOG_LEVEL": "error"}) as running:
        assert httpx.get(running.url + ASKED).status_code == 200
    assert running.log.read_text("utf-8") == ""
