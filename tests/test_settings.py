"""Settings: from the environment, typed, and refused by name where they are malformed."""

from __future__ import annotations

from pathlib import Path

import pytest

from penaltycalc.errors import BadSetting
from penaltycalc.settings import Settings, read_settings


def test_nothing_set_gives_the_defaults() -> None:
    assert read_settings({}) == Settings(notices=None, max_body=1_000_000, max_drain=32_000_000, max_uri=8_192)


def test_the_environment_decides() -> None:
    given = {"PENALTYCALC_NOTICES": "/srv/notices", "PENALTYCALC_MAX_BODY": "5000", "HOME": "/root"}
    assert read_settings(given) == Settings(notices=Path("/srv/notices"), max_body=5000)


def test_an_empty_variable_is_not_set() -> None:
    assert read_settings({"PENALTYCALC_NOTICES": ""}).notices is None


@pytest.mark.parametrize("text", ["much", "0", "-1", "1.5"])
def test_a_malformed_setting_is_named(text: str) -> None:
    with pytest.raises(BadSetting) as refused:
        read_settings({"PENALTYCALC_MAX_URI": text})
    assert refused.value.facts["setting"] == "PENALTYCALC_MAX_URI"
    assert refused.value.exit_code == 4
