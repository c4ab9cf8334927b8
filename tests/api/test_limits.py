"""The room for batches: how many at a time, the space of their files, and that all of it comes back."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from litestar.exceptions import LitestarException
from litestar.testing import TestClient

import sheets
from batches import BATCHES, LICENCE
from penaltycalc.api.app import Service, create_app
from penaltycalc.api.limits import BatchLimiter
from penaltycalc.api.problems import Unavailable
from penaltycalc.batch.rows import Batch
from penaltycalc.settings import Settings


def room(**limits: int) -> BatchLimiter:
    return BatchLimiter(msgspec.structs.replace(Settings(), **limits))


@contextmanager
def service(**limits: int) -> Iterator[TestClient[Service]]:
    settings = msgspec.structs.replace(Settings(), **limits)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def post(client: TestClient[Service], path: str, content: bytes | None = None) -> Any:
    media_type, small = BATCHES[path]
    return client.post(path, content=small if content is None else content, headers={"content-type": media_type})


def is_whole(room: BatchLimiter, batches: int, space: int) -> bool:
    """Whether a room is as it was at first."""
    places = [room.enter() for _ in range(batches)]
    with pytest.raises(Unavailable):
        room.enter()
    places[0].beside(space)
    with pytest.raises(OSError, match="space"):
        places[0].beside(space + 1)
    for place in places:
        place.close()
    return True


# ------------------------------------------------------------------------------------------ the room


def test_a_room_takes_as_many_batches_as_it_has_places() -> None:
    small = room(max_batches=2)
    first, _second = small.enter(), small.enter()
    with pytest.raises(Unavailable):
        small.enter()
    first.close()
    first.close()  # once more gives nothing more
    third = small.enter()
    with pytest.raises(Unavailable):
        small.enter()
    third.close()


def test_files_take_their_size_and_give_it_back() -> None:
    small = room(max_temporary=100_000)
    one, other = small.enter(), small.enter()
    file = one.file()
    file.write(b"x" * 60_000)
    file.flush()
    file.seek(0)
    file.write(b"y" * 60_000)  # the same bytes anew
    file.seek(0)
    assert file.read() == b"y" * 60_000
    with pytest.raises(OSError, match="space") as full:
        other.file().write(b"x" * 40_001)
    assert full.value.errno == errno.ENOSPC
    file.close()
    whole = other.file()
    whole.write(b"x" * 100_000)
    other.close()
    assert whole.closed
    one.close()
    assert is_whole(small, Settings().max_batches, 100_000)


def test_a_file_that_found_no_space_is_closed_all_the_same() -> None:
    small = room(max_temporary=10)
    place = small.enter()
    file = place.file()
    file.write(b"x" * 11)  # it waits in memory
    place.close()
    assert file.closed
    assert is_whole(small, Settings().max_batches, 10)


def test_what_others_hold_for_a_batch_counts_too() -> None:
    small = room(max_temporary=100)
    place = small.enter()
    place.beside(70)
    place.beside(90)
    with pytest.raises(OSError, match="space"):
        small.take(11)
    place.beside(30)
    small.take(70)
    small.take(-70)
    place.close()
    assert is_whole(small, Settings().max_batches, 100)


# --------------------------------------------------------------------------------------- over HTTP


@pytest.mark.parametrize("path", BATCHES)
def test_further_batches_are_refused_while_all_places_are_taken(path: str) -> None:
    with service(max_batches=1, max_drain=5_000_000) as client:
        place = client.app.worker.limiter.enter()
        response = post(client, path, b"x" * 2_000_000)
        assert (response.status_code, response.json()["code"]) == (503, "unavailable")
        assert response.headers["retry-after"] == "5"
        assert client.get("/v1/steps").status_code == 200
        place.close()
        assert post(client, path).status_code == 200


@pytest.mark.parametrize("path", BATCHES)
def test_every_answer_gives_its_room_back(path: str) -> None:
    with service(max_batches=2, max_temporary=100_000, max_rows=3, max_batch=70_000, max_stream=70_000) as client:
        answers = [post(client, path, content).status_code for content in (None, b"", b"[", b"\0", b"x" * 80_000)]
        assert answers[0] == 200
        assert set(answers[1:]) <= {200, 400, 413}  # a batch answers a bad row in its place
        assert answers[-1] == 413
        client.post(path, content=b"x", headers={"content-type": "text/plain"})
        assert post(client, f"{path}").status_code == 200
        assert is_whole(client.app.worker.limiter, 2, 100_000)


@pytest.mark.parametrize("path", [path for path in BATCHES if path != "/v1/batch"])
def test_without_space_for_its_files_a_batch_is_refused(path: str) -> None:
    with service(max_temporary=30) as client:
        response = post(client, path)
        assert (response.status_code, response.json()["code"]) == (507, "insufficient-storage")
        assert is_whole(client.app.worker.limiter, Settings().max_batches, 30)


@pytest.mark.parametrize("path", [path for path in BATCHES if path != "/v1/batch"])
def test_where_no_file_can_be_made_a_batch_is_refused(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "no space")

    with service(max_batches=1) as client:
        monkeypatch.setattr("penaltycalc.api.limits.tempfile.TemporaryFile", full)
        response = post(client, path)
        assert (response.status_code, response.json()["code"]) == (507, "insufficient-storage")
        monkeypatch.undo()
        assert post(client, path).status_code == 200


def test_the_rows_of_a_workbook_that_wait_to_be_packed_count_too() -> None:
    rows = [[*LICENCE.values()]] * 400
    content = sheets.sheet([*LICENCE], *rows)
    with service(max_temporary=len(content) + 100_000) as client:
        assert post(client, "/v1/batch/xlsx", content).status_code == 507
        assert is_whole(client.app.worker.limiter, Settings().max_batches, len(content) + 100_000)
    with service() as client:
        assert post(client, "/v1/batch/xlsx", content).status_code == 200


def test_a_fault_while_a_batch_is_answered_gives_its_room_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Batch, "answer_row", lambda *_: 1 / 0)
    with service(max_batches=1) as client:
        with pytest.raises(LitestarException, match="after response started"):
            TestClient(client.app).post("/v1/batch", json=[LICENCE])
        monkeypatch.undo()
        assert post(client, "/v1/batch").status_code == 200


# ----------------------------------------------------------------------------------------- nesting


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(("depth", "message"), [(5, "schema"), (6, "malformed"), (900, "malformed")])
def test_json_that_is_nested_too_deep_is_malformed(depth: int, message: str) -> None:
    body = b'{"violation":"85-2","conduct":' + nested(depth - 1) + b"}"
    with service(max_nesting=5) as client:
        alone = client.post("/v1/penalties", content=body, headers={"content-type": "application/json"}).json()
        assert alone["code"] == message
        row = b'{"kind":"penalty","ref":"R-9",' + body[1:]
        for path, content in (("/v1/batch", b"[" + row + b"]"), ("/v1/batch/ndjson", row + b"\n")):
            found = post(client, path, content).content
            problem = msgspec.json.decode(found)[0] if path == "/v1/batch" else msgspec.json.decode(found)
            assert (problem["kind"], problem["code"], problem["ref"]) == ("problem", message, "R-9")


def test_what_is_right_is_answered_whatever_nesting_is_allowed() -> None:
    body = {"violation": "79-1-1", "responsible_persons": [{"role": "principal"}], "severity": "ordinary"}
    with service(max_nesting=1) as client:
        assert client.post("/v1/penalties", json=body).status_code == 200
