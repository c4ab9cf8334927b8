"""What is shipped beside the wheel: settings, unit, proxy and image say the same as the service."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

import bundle
import sbom
from penaltycalc.server import STOP_TIMEOUT
from penaltycalc.settings import Settings, load_settings

DEPLOY = Path(__file__).parent.parent / "deploy"
EXAMPLE = DEPLOY / "penaltycalc.toml"
UNIT = (DEPLOY / "penaltycalc.service").read_text("utf-8")
NGINX = (DEPLOY / "nginx.conf").read_text("utf-8")
DEFAULTS = Settings()


def test_the_example_of_settings_is_one() -> None:
    found = load_settings({"PENALTYCALC_CONFIG": str(EXAMPLE)})
    assert found.settings.keys_file == Path("/var/lib/penaltycalc/keys.json")
    assert found.settings.notices == Path("/etc/penaltycalc/notices")
    assert found.settings.public_url == "https://penaltycalc.example.cn"


def test_what_the_example_shows_behind_a_comment_can_be_set() -> None:
    shown = tomllib.loads("\n".join(re.findall(r"(?m)^# (\w+ = .*)$", EXAMPLE.read_text("utf-8"))))
    known = {name: value for name, value in shown.items() if name in Settings.__struct_fields__}
    msgspec.convert(known, Settings)
    limits = {name: value for name, value in known.items() if name.startswith(("max_", "requests_"))}
    assert limits == {name: getattr(DEFAULTS, name) for name in limits}
    assert len(limits) == 4


# ----------------------------------------------------------------------------------------------------------- unit


def told(name: str) -> list[str]:
    """What the unit says under a name."""
    return re.findall(rf"(?m)^{name}=(.*)$", UNIT)


def test_the_unit_waits_until_the_service_has_ended_by_itself() -> None:
    assert int(told("TimeoutStopSec")[0]) > STOP_TIMEOUT
    assert told("KillMode") == ["mixed"]


def test_the_unit_names_the_files_that_the_example_and_the_installer_name() -> None:
    assert "PENALTYCALC_CONFIG=/etc/penaltycalc/penaltycalc.toml" in told("Environment")
    assert told("ExecStart")[0].startswith("/opt/penaltycalc/current/bin/penaltycalc serve ")
    installer = (DEPLOY / "install.sh").read_text("utf-8")
    assert "prefix=/opt/penaltycalc\n" in installer
    assert "s|/opt/penaltycalc/|$prefix/|g" in installer


def test_keys_are_made_as_the_user_of_the_unit() -> None:
    script = (DEPLOY / "penaltycalc-keys").read_text("utf-8")
    for name in ("DynamicUser", "User", "StateDirectory", "StateDirectoryMode"):
        assert f"--property={name}={told(name)[0]} " in script
    assert f"--setenv={next(one for one in told('Environment') if one.startswith('PENALTYCALC_'))} " in script


@pytest.mark.parametrize(
    "line",
    [
        "ExecReload=/bin/kill -HUP $MAINPID",
        "Restart=always",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        "CapabilityBoundingSet=",
        "MemoryDenyWriteExecute=yes",
        "SystemCallFilter=@system-service",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    ],
)
def test_the_unit_keeps_its_hardening(line: str) -> None:
    assert line in UNIT.splitlines()


# ---------------------------------------------------------------------------------------------------------- nginx


def megabytes(location: str) -> int:
    """How large a body may be at a location, in bytes."""
    found = re.search(rf"{re.escape(location)}\s+client_max_body_size (\d+)m;", NGINX)
    assert found is not None, location
    return int(found[1]) << 20


@pytest.mark.parametrize(
    ("location", "limit"),
    [
        ("everything else: max_body + 32 MB.\n", DEFAULTS.max_body),
        ("location /v1/batch {", DEFAULTS.max_batch),
        ("location ~ ^/v1/batch/(csv|ndjson)/?$ {", DEFAULTS.max_stream),
    ],
)
def test_the_proxy_lets_through_what_the_service_itself_refuses(location: str, limit: int) -> None:
    wanted = limit + DEFAULTS.max_drain
    assert wanted <= megabytes(location) <= wanted + (96 << 20)


def test_the_proxy_keeps_queries_out_of_its_logs_and_answers_out_of_caches() -> None:
    written = re.search(r"log_format \w+ (.*?);", NGINX, re.DOTALL)
    assert written is not None
    assert set(re.findall(r"\$\w+", written[1])).isdisjoint(
        {"$request", "$request_uri", "$args", "$query_string", "$http_referer", "$http_authorization", "$http_cookie"}
    )
    assert re.findall(r"access_log .* (\w+);", NGINX) == ["penaltycalc"]
    assert re.findall(r"error_log .* (\w+);", NGINX) == ["emerg"]
    assert "proxy_cache off;" in NGINX
    assert "non_idempotent" not in NGINX


# --------------------------------------------------------------------------------------------------------- bundle


def test_a_bundle_is_named_after_the_wheels_that_it_holds() -> None:
    target = bundle.Target("3.13", "aarch64")
    assert target.tag == "cp313-manylinux_2_28_aarch64"
    assert "--platform=manylinux_2_17_aarch64" in target.options
    assert "--platform=manylinux_2_28_aarch64" in target.options


def test_the_files_of_the_bundle_are_there() -> None:
    assert [name for name in bundle.SHIPPED if not (bundle.ROOT / name).is_file()] == []


def test_an_archive_holds_nothing_of_when_and_by_whom_it_was_packed(tmp_path: Path) -> None:
    archives = []
    for name in ("a", "b"):
        folder = tmp_path / name / "bundle"
        (folder / "wheels").mkdir(parents=True)
        for file in (
            ("install.sh", "wheels/x.whl", "LICENSE") if name == "a" else ("LICENSE", "wheels/x.whl", "install.sh")
        ):
            (folder / file).write_text(file)
        (folder / "LICENSE").chmod(0o600)
        archives.append(bundle.pack_bundle(folder, 1_780_000_000).read_bytes())
    assert archives[0] == archives[1]


def test_the_sums_are_those_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"abc")
    (tmp_path / "Z").write_bytes(b"")
    assert list(bundle.list_digests(tmp_path)) == [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  Z\n",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a/b\n",
    ]


def test_the_image_starts_from_the_python_of_the_bundle() -> None:
    assert f"ARG PYTHON_VERSION={bundle.LOWEST}\n" in (DEPLOY / "Containerfile").read_text("utf-8")


def test_the_pages_of_others_stand_in_the_bill_with_their_sums() -> None:
    pages = sbom.describe_pages()
    assert pages["purl"] == f"pkg:npm/swagger-ui-dist@{pages['version']}"
    assert pages["licenses"] == [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}]
    files = {one["name"] for one in pages["components"]}
    assert files == {path.name for path in sbom.WEB.parent.iterdir()} - {"README.md"}
