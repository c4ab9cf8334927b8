"""Batches from outside: four types, rows in place, streams that hold out."""

from __future__ import annotations

import csv
import io
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import httpx
import msgspec
import pytest
from litestar.testing import TestClient

import cases
import servers
import sheets
from penaltycalc.api.app import Service, create_app
from penaltycalc.api.media_types import CSV, NDJSON, XLSX
from penaltycalc.calculators.calculate import CALCULATIONS, Kind
from penaltycalc.conformance.kit import find_differences
from penaltycalc.input.flat import list_flat_fields, parse_flat
from penaltycalc.rules.records import encode_value
from penaltycalc.settings import Settings

KINDS: tuple[Kind, ...] = get_args(Kind)
PATHS: dict[Kind, str] = {"penalty": "/v1/penalties", "deadline": "/v1/deadlines", "expiry": "/v1/expiries"}
TYPES = {
    "/v1/batch": "application/json",
    "/v1/batch/ndjson": NDJSON,
    "/v1/batch/csv": CSV,
    "/v1/batch/xlsx": XLSX,
}
HEAD = "kind,ref,step,start,x_note\r\n"
ROW = "deadline,R-1,production-licence,2026-09-18,n\r\n"
LICENCE = {"kind": "deadline", "ref": "R-1", "step": "production-licence", "start": "2026-09-18"}
SMALL: dict[str, bytes] = {
    "/v1/batch": json.dumps([LICENCE]).encode(),
    "/v1/batch/ndjson": json.dumps(LICENCE).encode() + b"\n",
    "/v1/batch/csv": (HEAD + ROW).encode(),
    "/v1/batch/xlsx": sheets.sheet([*LICENCE, "x_note"], [*LICENCE.values(), "n"]),
}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as client:
        yield client


def small(**limits: int) -> TestClient[Service]:
    """A service with small limits."""
    return TestClient(create_app(msgspec.structs.replace(Settings(), **limits)), raise_server_exceptions=False)


def post(client: TestClient[Service], path: str, content: bytes | str, **headers: str) -> Any:
    plain = path.partition("?")[0]
    sent = {"content-type": TYPES[plain], **{name.replace("_", "-"): value for name, value in headers.items()}}
    return client.post(path, content=content, headers=sent)


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    found: dict[str, Any] = response.json()
    assert (response.status_code, found["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    return found


def table(content: bytes, charset: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(charset), newline="")))


# ------------------------------------------------------------------------------------- all four


def due(path: str, content: bytes) -> Any:
    """The due date of the one row of an answer."""
    if path == "/v1/batch":
        return json.loads(content)[0]["due"]
    if path == "/v1/batch/ndjson":
        return json.loads(content)["due"]
    found = sheets.table(content)[0]["due"] if path == "/v1/batch/xlsx" else table(content)[0]["due"]
    return found.date().isoformat() if isinstance(found, datetime) else found


@pytest.mark.parametrize("path", TYPES)
def test_a_batch_is_answered_in_its_own_type(path: str, client: TestClient[Service]) -> None:
    response = post(client, path, SMALL[path])
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == TYPES[path]
    assert due(path, response.content) == "2026-11-05"
    assert post(client, path, SMALL[path]).content == response.content


@pytest.mark.parametrize("path", TYPES)
def test_digests_come_once_in_the_headers_without_those_of_inputs(path: str, client: TestClient[Service]) -> None:
    response, single = post(client, path, SMALL[path]), client.post(PATHS["deadline"], json=LICENCE).json()
    for name in ("engine", "rulebook", "calendar"):
        assert response.headers[f"penaltycalc-{name}"] == single["provenance"][name]
    assert "penaltycalc-inputs" not in response.headers
    assert (response.headers["content-language"], response.headers["vary"]) == ("zh", "Accept-Language")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", TYPES)
def test_a_batch_of_another_type_is_refused(path: str, client: TestClient[Service]) -> None:
    for headers in ({"content_type": "text/plain"}, {"content_encoding": "gzip"}):
        problem(post(client, path, SMALL[path], **headers), 415, "unsupported-media-type")
    problem(post(client, path, SMALL[path], accept="image/png"), 406, "not-acceptable")
    assert post(client, path, SMALL[path], accept="*/*").status_code == 200
    problem(client.get(path), 405, "method-not-allowed")


@pytest.mark.parametrize("path", TYPES)
def test_the_query_of_a_batch_is_as_strict_as_any(path: str, client: TestClient[Service]) -> None:
    assert "explain" in problem(post(client, f"{path}?explian=true", SMALL[path]), 400, "unknown-query")["detail"]
    problem(post(client, f"{path}?explain=true&explain=true", SMALL[path]), 400, "repeated-name")
    for query in ("explain=yes", "explain=1", "explain=", "lang=fr"):
        found = problem(post(client, f"{path}?{query}", SMALL[path]), 400, "schema")
        assert [fault["where"] for fault in found["errors"]] == [query.partition("=")[0]]


@pytest.mark.parametrize("path", TYPES)
def test_no_body_is_malformed(path: str, client: TestClient[Service]) -> None:
    assert problem(post(client, f"{path}?lang=en", b""), 400, "malformed")["detail"] == "There is no content."


def test_lines_that_are_all_blank_are_no_content(client: TestClient[Service]) -> None:
    found = problem(post(client, "/v1/batch/ndjson?lang=en", b"\xef\xbb\xbf\n \n"), 400, "malformed")
    assert found["detail"] == "There is no content."


@pytest.mark.parametrize("path", TYPES)
def test_a_body_beyond_its_limit_is_refused(path: str) -> None:
    with small(max_batch=500, max_stream=500) as client:
        found = problem(post(client, path, b"x" * 501), 413, "too-large")
        assert "500" in found["detail"]


def test_explanations_come_only_where_they_are_wanted(client: TestClient[Service]) -> None:
    plain = post(client, "/v1/batch", SMALL["/v1/batch"]).json()[0]
    explained = post(client, "/v1/batch?explain=true", SMALL["/v1/batch"]).json()[0]
    assert "explanation" not in plain
    assert explained["explanation"] != []
    assert {name: value for name, value in explained.items() if name != "explanation"} == plain
    assert post(client, "/v1/batch?explain=false", SMALL["/v1/batch"]).json()[0] == plain
    assert "explanation" in table(post(client, "/v1/batch/csv?explain=true", SMALL["/v1/batch/csv"]).content)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_single_calls_and_batches_agree_on_every_worked_case(kind: Kind, client: TestClient[Service]) -> None:
    rows = cases.rows(kind)
    bodies = [msgspec.json.encode(parse_flat(kind, cases.facts(kind, row)), enc_hook=encode_value) for row in rows]
    found = post(client, "/v1/batch?lang=en", b"[" + b",".join(bodies) + b"]").json()
    lines = post(client, "/v1/batch/ndjson?lang=en", b"\n".join(bodies)).content.splitlines()
    assert len(found) == len(lines) == len(rows)
    for number, (row, body, got, line) in enumerate(zip(rows, bodies, found, lines, strict=True)):
        in_line = json.loads(line)
        if row["problem"]:
            assert (got["kind"], got["code"]) == ("problem", row["problem"])
            assert got["instance"] == f"/v1/batch#/{number}"
            assert in_line == {**got, "instance": f"/v1/batch/ndjson#/{number}"}
            continue
        assert find_differences(cases.case(kind, row), got) == []
        assert got == in_line
        if number % 10 == 0:
            headers = {"content-type": "application/json"}
            single = client.post(f"{PATHS[kind]}?lang=en", content=body, headers=headers).json()
            assert got["provenance"] == {"inputs": single["provenance"]["inputs"]}
            assert {**single, "provenance": 0, "explanation": 0} == {**got, "provenance": 0, "explanation": 0}


@pytest.mark.parametrize("kind", KINDS)
def test_csv_and_workbook_agree_on_every_worked_case(kind: Kind, client: TestClient[Service]) -> None:
    names = ["kind", *list_flat_fields(kind)]
    rows = cases.rows(kind)
    texts = [
        [kind, *({**cases.facts(kind, row), "ref": row["id"]}.get(name, "") for name in names[1:])] for row in rows
    ]
    file = io.StringIO()
    csv.writer(file).writerows([names, *texts])
    in_csv = table(post(client, "/v1/batch/csv", file.getvalue().encode()).content)
    in_book = sheets.table(post(client, "/v1/batch/xlsx", sheets.sheet(names, *texts)).content)
    shown = {"penalty": "fine_maximum", "deadline": "due", "expiry": "last_day"}[kind]
    for row, line, cells in zip(rows, in_csv, in_book, strict=True):
        assert (line["ref"], line["problem_code"]) == (row["id"], row["problem"])
        assert [line[name] for name in ("inputs", "notices")] == [cells[name] or "" for name in ("inputs", "notices")]
        if row[shown] and not row["problem"]:
            assert line[shown] == ("" if row[shown] == "-" else row[shown]), row["id"]


# ----------------------------------------------------------------------------------------- JSON


def test_what_is_no_array_is_refused_as_a_whole(client: TestClient[Service]) -> None:
    problem(post(client, "/v1/batch", b"[{"), 400, "malformed")
    problem(post(client, "/v1/batch", b"[" * 100_000 + b"]" * 100_000), 400, "malformed")
    found = problem(post(client, "/v1/batch?lang=en", json.dumps(LICENCE)), 400, "schema")
    assert found["detail"] == "A list of rows is expected."
    assert found["instance"] == "/v1/batch"


def test_an_empty_array_is_answered_with_one(client: TestClient[Service]) -> None:
    assert post(client, "/v1/batch", b"[]").content == b"[]"


def test_rows_of_many_blocks_keep_their_order_and_their_numbers(client: TestClient[Service]) -> None:
    rows = [{**LICENCE, "ref": str(number)} if number % 3 else {"kind": "deadline"} for number in range(450)]
    found = post(client, "/v1/batch", json.dumps(rows)).json()
    assert [row.get("ref") for row in found] == [row.get("ref") for row in rows]
    assert [row["instance"] for row in found if row["kind"] == "problem"] == [
        f"/v1/batch#/{number}" for number in range(0, 450, 3)
    ]


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/batch/xlsx"])
def test_more_rows_than_are_taken_are_refused(path: str) -> None:
    many = {
        "/v1/batch": json.dumps([LICENCE] * 4).encode(),
        "/v1/batch/xlsx": sheets.sheet(list(LICENCE), *[list(LICENCE.values())] * 4),
    }
    with small(max_rows=4) as client:
        assert post(client, path, many[path]).status_code == 200
    with small(max_rows=3) as client:
        found = problem(post(client, f"{path}?lang=en", many[path]), 413, "too-large")
        assert found["detail"].startswith("There are more than 3 rows;")


# --------------------------------------------------------------------------------------- NDJSON


def test_blank_lines_and_a_byte_order_mark_are_read_over(client: TestClient[Service]) -> None:
    row = SMALL["/v1/batch/ndjson"]
    plain = post(client, "/v1/batch/ndjson", row + row).content
    assert plain.count(b"\n") == 2
    odd = b"\xef\xbb\xbf" + row.replace(b"\n", b"\r\n") + b"\r\n  \n" + row.rstrip()
    assert post(client, "/v1/batch/ndjson", odd).content == plain


def test_a_long_line_and_one_that_is_no_utf8_spoil_no_other(client: TestClient[Service]) -> None:
    row = SMALL["/v1/batch/ndjson"]
    long = b'{"kind":"deadline","ref":"' + b"x" * 70_000 + b'"}\n'
    lines = post(client, "/v1/batch/ndjson", row + long + b'{"ref":"\xff"}\n' + row).content.splitlines()
    found = [json.loads(line) for line in lines]
    assert [one.get("code") for one in found] == [None, "too-large", "malformed", None]
    assert found[1]["instance"] == "/v1/batch/ndjson#/1"


# ------------------------------------------------------------------------------------------ CSV


def test_a_byte_order_mark_is_written_where_it_is_wanted(client: TestClient[Service]) -> None:
    plain = post(client, "/v1/batch/csv", SMALL["/v1/batch/csv"])
    assert plain.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    marked = post(client, "/v1/batch/csv?bom=true", b"\xef\xbb\xbf" + SMALL["/v1/batch/csv"])
    assert marked.content == b"\xef\xbb\xbf" + plain.content
    problem(post(client, "/v1/batch/csv?bom=2", SMALL["/v1/batch/csv"]), 400, "schema")
    problem(post(client, "/v1/batch?bom=true", SMALL["/v1/batch"]), 400, "unknown-query")


def test_a_charset_may_stand_in_the_query_or_in_the_content_type(client: TestClient[Service]) -> None:
    text = HEAD + ROW.replace("R-1", "案-1")
    for path, headers in (
        ("/v1/batch/csv?charset=gb18030", {}),
        ("/v1/batch/csv?charset=GB18030", {}),
        ("/v1/batch/csv", {"content_type": "text/csv; charset=GB18030"}),
        ("/v1/batch/csv?charset=gb18030", {"content_type": "text/csv; charset=utf-8"}),
    ):
        response = post(client, path, text.encode("gb18030"), **headers)
        assert response.headers["content-type"] == "text/csv; charset=gb18030; header=present"
        (row,) = table(response.content, "gb18030")
        assert (row["ref"], row["due"]) == ("案-1", "2026-11-05")
    problem(post(client, "/v1/batch/csv?charset=gbk", text), 400, "schema")
    problem(post(client, "/v1/batch/csv", text, content_type="text/csv; charset=big5"), 415, "unsupported-media-type")


def test_the_content_type_of_an_answer_fits_a_request(client: TestClient[Service]) -> None:
    first = post(client, "/v1/batch/csv", SMALL["/v1/batch/csv"])
    again = post(client, "/v1/batch/csv", first.content, content_type=first.headers["content-type"])
    assert (again.status_code, again.content) == (200, first.content)


def test_a_header_that_does_not_fit_is_a_problem_before_the_first_row(client: TestClient[Service]) -> None:
    found = problem(post(client, "/v1/batch/csv?lang=en", "kind,stepp\r\nx,y\r\n"), 400, "unknown-field")
    assert found["detail"].startswith("Unknown column stepp; did you mean “step”?")
    problem(post(client, "/v1/batch/csv", "kind,step,step\r\n"), 400, "repeated-name")
    assert problem(post(client, "/v1/batch/csv?lang=en", "step\r\n"), 400, "schema")["detail"] == "Missing: kind."
    problem(post(client, "/v1/batch/csv", "\r\n"), 400, "malformed")
    problem(post(client, "/v1/batch/csv", "x" * 70_000), 413, "too-large")


def test_a_header_alone_is_answered_with_a_header_alone(client: TestClient[Service]) -> None:
    assert post(client, "/v1/batch/csv", HEAD).content.count(b"\r\n") == 1


def test_formulas_of_the_caller_come_back_as_text(client: TestClient[Service]) -> None:
    sent = HEAD + 'deadline,=1+1,production-licence,2026-09-18,"@SUM(A1)"\r\n'
    response = post(client, "/v1/batch/csv", sent)
    (row,) = table(response.content)
    assert (row["ref"], row["x_note"], row["due"]) == ("'=1+1", "'@SUM(A1)", "2026-11-05")
    assert post(client, "/v1/batch/csv", response.content).content == response.content
    lines = post(client, "/v1/batch/ndjson", json.dumps({**LICENCE, "ref": "=1+1"})).json()
    assert lines["ref"] == "=1+1"


# ----------------------------------------------------------------------------------------- xlsx


def test_a_file_that_is_no_workbook_is_malformed(client: TestClient[Service]) -> None:
    for content in (b"garbage", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504), SMALL["/v1/batch/xlsx"][:-50]):
        problem(post(client, "/v1/batch/xlsx", content), 400, "malformed")
    problem(post(client, "/v1/batch/xlsx", sheets.sheet(["kind", "stepp"])), 400, "unknown-field")


def test_a_workbook_too_large_unpacked_is_refused() -> None:
    with small(max_unpacked=2_000) as client:
        problem(post(client, "/v1/batch/xlsx", SMALL["/v1/batch/xlsx"]), 413, "too-large")


def test_no_more_than_two_workbooks_are_answered_at_a_time(
    client: TestClient[Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most = [0], [0]

    def answer(*_: object, **__: object) -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.2)
        running[0] -= 1

    monkeypatch.setattr("penaltycalc.batch.spreadsheet.answer_workbook", answer)
    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(lambda _: post(client, "/v1/batch/xlsx", SMALL["/v1/batch/xlsx"]).status_code, range(5)))
    assert (found, most) == ([200] * 5, [2])


def test_the_document_names_the_calls(client: TestClient[Service]) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert set(TYPES) <= set(paths)
    assert [paths[path]["post"]["tags"] for path in TYPES] == [["batch"]] * 4
    assert {calculation.subject for calculation in CALCULATIONS.values()} == {"violation", "step", "term"}


# ------------------------------------------------------------------------------------- live streams


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Running]:
    with servers.serving(tmp_path_factory.mktemp("live")) as running:
        yield running


def chunks(rows: int) -> Iterator[bytes]:
    yield HEAD.encode()
    for number in range(rows):
        yield f"deadline,R-{number},production-licence,2026-09-18,note\r\n".encode()


def test_an_upload_in_chunks_is_answered_in_chunks(live: servers.Running) -> None:
    with httpx.stream(
        "POST", f"{live.url}/v1/batch/csv", content=chunks(3_000), headers={"content-type": "text/csv"}, timeout=30
    ) as response:
        assert response.status_code == 200
        assert "content-length" not in response.headers
        content = response.read()
    rows = table(content)
    assert [row["ref"] for row in rows] == [f"R-{number}" for number in range(3_000)]
    assert {row["due"] for row in rows} == {"2026-11-05"}


def test_a_client_that_goes_away_in_the_middle_stops_its_answer_alone(live: servers.Running) -> None:
    body = b"".join(chunks(200_000))
    host, _, port = live.url.removeprefix("http://").partition(":")
    head = f"POST /v1/batch/csv HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as client:
        client.sendall(head.encode() + body)
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
    began = time.monotonic()
    assert httpx.get(f"{live.url}/healthz", timeout=30).status_code == 200
    assert due("/v1/batch", httpx.post(f"{live.url}/v1/batch", json=[LICENCE], timeout=30).content) == "2026-11-05"
    assert time.monotonic() - began < 5
    idle = cpu(live)
    time.sleep(0.5)
    assert cpu(live) - idle < 0.4  # nothing is calculated for nobody


def cpu(running: servers.Running) -> float:
    """Seconds of processor time of the service and its workers."""
    ticks = 0
    family = {str(running.process.pid)}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if stat.parent.name in family or fields[1] in family:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / 100


def test_a_stream_beyond_its_limit_is_read_to_its_end_and_refused(tmp_path: Path) -> None:
    with servers.serving(tmp_path, settings={"MAX_STREAM": "1000000"}) as running:
        for content in (b"x" * 20_000_000, iter([b"x" * 100_000] * 200)):
            response = httpx.post(
                f"{running.url}/v1/batch/ndjson", content=content, headers={"content-type": NDJSON}, timeout=30
            )
            assert (response.status_code, response.json()["code"]) == (413, "too-large")
        assert httpx.get(f"{running.url}/healthz").status_code == 200
