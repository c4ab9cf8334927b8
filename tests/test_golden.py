"""Whole answers stay what they were, byte for byte."""

from __future__ import annotations

import pytest

import golden


@pytest.mark.parametrize(("name", "content"), list(golden.answers()), ids=lambda value: str(value)[:60])
def test_an_answer_is_byte_for_byte_the_one_kept(name: str, content: bytes) -> None:
    assert (golden.GOLDEN / name).read_bytes() == content, "if this is meant, run `make golden` and read the difference"


def test_nothing_is_kept_that_no_request_gives() -> None:
    assert {path.name for path in golden.GOLDEN.iterdir()} == {name for name, _ in golden.answers()}
