"""Limits of batches: how many at a time, the storage of their files, and that all of it is given back."""

from __future__ import annotations

import errno
import io
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


def make_limiter(**limits: int) -> BatchLimiter:
    return BatchLimiter(msgspec.structs.replace(Settings(), **limits))


@contextmanager
def service(**limits: int) -> Iterator[TestClient[Service]]:
    settings = msgspec.structs.replace(Settings(), **limits)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def post(client: TestClient[Service], path: str, content: bytes | None = None) -> Any:
    media_type, small = BATCHES[path]
    return client.post(path, content=small if content is None else content, headers={"content-type": media_type})


def is_whole(limiter: BatchLimiter, slots: int, storage: int) -> bool:
    """Whether all slots and the whole storage are free."""
    return (limiter.free_slots, limiter.free_storage) == (slots, storage)


# --------------------------------------------------------------------------------------- the limiter


def test_as_many_batches_enter_as_there_are_slots() -> None:
    limiter = make_limiter(max_batches=2)
    first, _second = limiter.enter(), limiter.enter()
    with pytest.raises(Unavailable):
        limiter.enter()
    first.close()
    first.close()  # once more gives nothing more
    third = limiter.enter()
    with pytest.raises(Unavailable):
        limiter.enter()
    third.close()


def test_what_a_slot_reserves_is_free_again_when_it_is_closed() -> None:
    limiter = make_limiter(max_temporary=100)
    one, other = limiter.enter(), limiter.enter()
    one.reserve(30)
    one.reserve(30)
    with pytest.raises(OSError, match="space") as full:
        other.reserve(41)
    assert full.value.errno == errno.ENOSPC
    other.reserve(40)
    one.close()
    other.reserve(60)
    other.close()
    assert is_whole(limiter, Settings().max_batches, 100)


def test_the_files_of_a_slot_are_closed_with_it_even_where_they_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class FullFile(io.BytesIO):
        def close(self) -> None:
            super().close()
            raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr("penaltycalc.api.limits.tempfile.TemporaryFile", FullFile)
    limiter = make_limiter()
    slot = limiter.enter()
    files = [slot.make_file(), slot.make_file()]
    slot.close()
    assert all(file.closed for file in files)
    assert limiter.free_slots == Settings().max_batches


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


def test_the_answer_of_a_workbook_counts_too() -> None:
    content = sheets.sheet([*LICENCE], *[[*LICENCE.values()]] * 400)
    limit = len(content) + 1_000
    with service(max_temporary=limit) as client:
        assert post(client, "/v1/batch/xlsx", content).status_code == 507
        assert is_whole(client.app.worker.limiter, Settings().max_batches, limit)
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
