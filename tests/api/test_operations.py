"""What docs/operating.md tells operators is what the service does; and what /readyz warns of."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import get_args

import pytest
from litestar.testing import TestClient

import penaltycalc
from penaltycalc.api import auth, operations
from penaltycalc.api.app import create_app
from penaltycalc.api.operations import ReadinessWarning, list_warnings
from penaltycalc.cli import _format_toml
from penaltycalc.keys import encode_keys, make_key
from penaltycalc.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "operating.md").read_text("utf-8")
KEY, KEPT = make_key(b"r" * 36, role="read", name="", created=date(2026, 11, 22))


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    lines = DOCS.partition(f"\n## {heading}\n")[2].partition("\n## ")[0].splitlines()
    rows = [line for line in lines if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_every_setting_stands_in_the_table_with_its_default() -> None:
    shown = [(name.strip("`"), default.strip("`")) for name, default, _ in table("Settings")]
    values = [(name, getattr(Settings(), name)) for name in Settings.__struct_fields__]
    assert shown == [(name, "not set" if value is None else _format_toml(value)) for name, value in values]


def test_every_setting_is_explained_where_it_is_defined() -> None:
    told = set(re.findall(r"`([a-z_]+)`", Settings.__doc__ or ""))
    assert set(Settings.__struct_fields__) - told == set()


def test_every_warning_stands_in_the_table() -> None:
    assert sorted(row[0].strip("`") for row in table("Probes")) == sorted(get_args(ReadinessWarning))


def test_every_metric_of_its_own_stands_in_the_table() -> None:
    source = (Path(penaltycalc.__file__).parent / "api" / "prometheus.py").read_text("utf-8")
    own = set(re.findall(r'f"\{NAME\}_([a-z_]+)"', source))
    told = set(re.findall(r"penaltycalc_([a-z_]+)", " ".join(row[0] for row in table("Metrics"))))
    assert {name for name in own if not {name, f"{name}_total"} & told} == set()


# ----------------------------------------------------------------------------------------- readiness


@pytest.mark.parametrize(
    ("today", "missing"),
    [
        (date(2026, 11, 30), False),
        (date(2026, 12, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), True),
        (date(2026, 1, 1), False),
    ],
)
def test_next_years_notice_is_missed_from_the_first_of_december(today: date, *, missing: bool) -> None:
    expected = ("next-year-notice-missing",) if missing else ()
    assert list_warnings(date(2026, 12, 23), today, stale_keys=False) == expected
    assert list_warnings(date(2027, 12, 23), date(2026, 12, 31), stale_keys=False) == ()


def test_the_day_is_that_of_china(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        @staticmethod
        def now(zone: tzinfo) -> datetime:
            return datetime(2026, 11, 30, 16, tzinfo=UTC).astimezone(zone)

    monkeypatch.setattr(operations, "datetime", Clock)
    with TestClient(create_app(Settings())) as client:
        response = client.get("/readyz")
        assert (response.status_code, response.json()["warnings"]) == (200, ["next-year-notice-missing"])


def test_a_file_of_keys_that_became_unreadable_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "CHECK_INTERVAL", 0.0)
    file = tmp_path / "keys.json"
    file.write_bytes(encode_keys([KEPT]))
    with TestClient(create_app(Settings(keys_file=file))) as client:

        def warned() -> bool:
            response = client.get("/readyz")
            assert response.status_code == 200
            return "keys-file-unreadable" in response.json()["warnings"]

        assert not warned()
        file.write_bytes(b"{")
        assert warned()
        assert client.get("/v1/steps", headers={"X-API-Key": KEY}).status_code == 200
        file.write_bytes(encode_keys([KEPT]))
        assert not warned()
