"""Settings: from the environment, typed, and refused by name where they are malformed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from penaltycalc.errors import BadSetting, Reason
from penaltycalc.settings import Seconds, Settings, load_settings, read_settings


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


def test_a_file_gives_settings_and_the_environment_goes_over_it(tmp_path: Path) -> None:
    file = tmp_path / "penaltycalc.toml"
    file.write_text('max_body = 5000\nnotices = "/srv/notices"\n')
    found = load_settings({"PENALTYCALC_CONFIG": str(file), "PENALTYCALC_MAX_BODY": "6000"})
    assert found.settings == Settings(notices=Path("/srv/notices"), max_body=6000)
    assert found.sources["notices"] == str(file)
    assert found.sources["max_body"] == "PENALTYCALC_MAX_BODY"
    assert found.sources["max_uri"] == "default"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("max_bodi = 1", ["max_bodi", "nearest: max_body"]),
        ("zzz = 1", ["zzz", "fault-no-setting"]),
        ("max_body = 0", ["max_body", "least: 1"]),
        ("max_body = [1]", ["max_body"]),
        ("max_body = ", ["penaltycalc.toml"]),
    ],
)
def test_a_broken_file_is_refused_with_the_name_of_the_setting(tmp_path: Path, content: str, words: list[str]) -> None:
    file = tmp_path / "penaltycalc.toml"
    file.write_text(content)
    with pytest.raises(BadSetting) as refused:
        load_settings({"PENALTYCALC_CONFIG": str(file)})
    for word in words:
        assert word in str(refused.value)


@pytest.mark.parametrize("text", ["30", "0.5", "12.125", "99999.999"])
def test_times_are_seconds_as_they_are_written(tmp_path: Path, text: str) -> None:
    assert read_settings({"PENALTYCALC_BODY_TIMEOUT": text}).body_timeout == Decimal(text)
    file = tmp_path / "penaltycalc.toml"
    file.write_text(f"body_timeout = {text}\n")
    found = read_settings({"PENALTYCALC_CONFIG": str(file)}).body_timeout
    assert (found, type(found)) == (Decimal(text), Seconds)


@pytest.mark.parametrize("text", ["0", "0.0", "-1", "1e3", "inf", "nan", "100000", "0.0001", "1 ", "１", "30s", ".5"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(BadSetting, match="fault-seconds"):
        read_settings({"PENALTYCALC_ANSWER_TIMEOUT": text})


@pytest.mark.parametrize(
    "origin",
    [
        "https://law.example",
        "http://law.example:8080",
        "https://[::1]:8443",
        "http://127.0.0.1",
        "https://xn--fiqs8s",
        "*",
    ],
)
def test_origins_are_a_list_in_the_file_and_apart_by_spaces_or_commas_in_the_environment(
    tmp_path: Path, origin: str
) -> None:
    for text in (f"{origin} https://b.example", f" {origin},https://b.example,", f"{origin},  https://b.example"):
        given = {"PENALTYCALC_CORS_ORIGINS": text}
        assert read_settings(given).cors_origins == (origin, "https://b.example")
    file = tmp_path / "penaltycalc.toml"
    file.write_text(f'cors_origins = ["{origin}"]\n')
    assert read_settings({"PENALTYCALC_CONFIG": str(file)}).cors_origins == (origin,)


@pytest.mark.parametrize(
    "origin",
    [
        "law.example",
        "https://law.example/",
        "https://law.example/x",
        "https://*.law.example",
        "https://*",
        "https://law.example:*",
        "https://me@law.example",
        "https://Law.example",
        "https://law.example:0",
        "https://law.example:123456",
        "https://",
        "null",
        "ftp://law.example",
        "**",
    ],
)
def test_other_origins_are_refused_in_plain_words(origin: str) -> None:
    with pytest.raises(BadSetting, match="fault-origins"):
        read_settings({"PENALTYCALC_CORS_ORIGINS": f"https://a.example {origin}"})


def test_a_choice_and_a_switch_take_what_they_know() -> None:
    found = read_settings({"PENALTYCALC_LOG": "json", "PENALTYCALC_LOG_LEVEL": "error", "PENALTYCALC_METRICS": "true"})
    assert (found.log, found.log_level, found.metrics) == ("json", "error", True)
    for name, text in (("LOG", "xml"), ("LOG_LEVEL", "INFO"), ("METRICS", "maybe")):
        with pytest.raises(BadSetting):
            read_settings({f"PENALTYCALC_{name}": text})


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting):
        load_settings({"PENALTYCALC_CONFIG": str(tmp_path / "none.toml")})


def test_an_unknown_variable_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(BadSetting) as refused:
        read_settings({"PENALTYCALC_NOTICE": "/srv"})
    assert refused.value.facts["setting"] == "PENALTYCALC_NOTICE"
    assert refused.value.facts["fault"] == Reason("fault-no-setting-near", {"nearest": "notices"})


def test_an_address_of_the_service_has_no_slash_at_its_end() -> None:
    assert read_settings({"PENALTYCALC_PUBLIC_URL": "https://law.example"}).public_url == "https://law.example"
    for bad in ("https://law.example/", "law.example", "ftp://law.example", "https://law.example\n"):
        with pytest.raises(BadSetting):
            read_settings({"PENALTYCALC_PUBLIC_URL": bad})


@pytest.mark.parametrize("address", ["http://a/x?b=1", "http://a/x#y", "http://me@a", "http://a\\x", "http://a?", "a"])
def test_an_address_that_no_path_can_follow_is_refused_in_plain_words(address: str) -> None:
    with pytest.raises(BadSetting) as refused:
        read_settings({"PENALTYCALC_PUBLIC_URL": address})
    assert refused.value.facts["setting"] == "PENALTYCALC_PUBLIC_URL"
    assert str(refused.value.facts["fault"]).startswith("fault-address ")


def test_an_address_may_hold_every_other_sign_and_a_path() -> None:
    for address in ("http://a", "https://[::1]:8000/office/a-b_c~d%20;e=f,g!h$i'(j)*+k", f"http://{'a' * 201}"):
        assert read_settings({"PENALTYCALC_PUBLIC_URL": address}).public_url in address
