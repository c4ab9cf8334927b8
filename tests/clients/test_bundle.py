"""The bundle, installed and run where there is no network: in a network namespace of its own, with an empty home."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import bundle
import sbom
import servers

MADE = 1_780_000_000
IP, SHELLCHECK, ANALYZE = (shutil.which(name) or "" for name in ("ip", "shellcheck", "systemd-analyze"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle for this Python and this machine."""
    return bundle.pack_bundle(bundle.build_bundle(tmp_path_factory.mktemp("dist"), bundle.HERE, MADE), MADE)


class Machine(NamedTuple):
    """Where there is no network: a namespace, an empty home, and a place to install to."""

    namespace: str
    folder: Path

    @property
    def prefix(self) -> Path:
        return self.folder / "opt"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.folder / "home"),
            "DESTDIR": str(self.folder / "destdir"),
            "LANG": "C.UTF-8",
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_NO_INDEX": "1",
        }

    def command(self, *command: object) -> list[str]:
        return [IP, "netns", "exec", self.namespace, *map(str, command)]

    def run(self, *command: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*command), env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )

    def install(self, folder: Path, *options: object) -> subprocess.CompletedProcess[str]:
        python = Path(sys.base_prefix) / "bin" / f"python{bundle.HERE.python}"
        return self.run(folder / "install.sh", "--prefix", self.prefix, "--python", python, *options)

    def release(self, name: str = "current") -> str:
        return (self.prefix / name).readlink().name

    def releases(self) -> set[str]:
        return {path.name for path in (self.prefix / "releases").iterdir()}


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    """A network of its own, in which there is loopback and nothing else."""
    if os.geteuid() != 0 or not IP:
        pytest.skip("a network namespace needs root and ip (Debian: iproute2)")
    name = f"penaltycalc-{os.getpid()}"
    subprocess.run([IP, "netns", "add", name], check=True)
    try:
        subprocess.run([IP, "-n", name, "link", "set", "lo", "up"], check=True)
        links = subprocess.check_output([IP, "-n", name, "-o", "link"], text=True).splitlines()
        assert [line.split()[1] for line in links] == ["lo:"]
        yield name
    finally:
        subprocess.run([IP, "netns", "delete", name], check=True)


def machine_in(namespace: str, folder: Path) -> Machine:
    (folder / "home").mkdir()
    return Machine(namespace, folder)


@pytest.fixture
def machine(namespace: str, tmp_path: Path) -> Machine:
    return machine_in(namespace, tmp_path)


@pytest.fixture
def unpacked(archive: Path, tmp_path: Path) -> Path:
    return unpack(archive, tmp_path / "unpacked")


@pytest.fixture(scope="module")
def installed(namespace: str, archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine on which the bundle was installed, with the unit."""
    machine = machine_in(namespace, tmp_path_factory.mktemp("machine"))
    done = machine.install(unpack(archive, machine.folder / "unpacked"), "--systemd")
    sys.stdout.write(done.stdout + done.stderr)
    assert done.returncode == 0
    return machine


def unpack(archive: Path, into: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(into, filter="data")
    return next(into.iterdir())


def sum_again(folder: Path) -> None:
    """Write SHA256SUMS anew, as whoever changes files would."""
    (folder / "SHA256SUMS").unlink()
    (folder / "SHA256SUMS").write_text("".join(bundle.list_digests(folder)))


# ------------------------------------------------------------------------------------------------ without network


def test_the_installed_service_starts_answers_reloads_and_ends(installed: Machine) -> None:
    script, port = installed.prefix / "current" / "bin" / "penaltycalc", servers.free_port()
    url = f"http://127.0.0.1:{port}"
    with (installed.folder / "log").open("wb") as log:
        service = subprocess.Popen(
            installed.command(script, "serve", "--port", port), env=installed.environment, stdout=log, stderr=log
        )
    try:
        assert asked(installed, f"{url}/healthz") == '{"status":"ok"}'
        answer = json.loads(asked(installed, f"{url}/v1/expiries/drug-registration?start=2023-03-01"))
        assert (answer["last_day"], answer["provenance"]["engine"]) == ("2028-02-29", sbom.VERSION)
        agreed = installed.run(script, "conform", "--url", url, "--lang", "en")
        assert (agreed.returncode, agreed.stderr) == (0, "")
        service.send_signal(signal.SIGHUP)
        time.sleep(3)
        assert asked(installed, f"{url}/healthz") == '{"status":"ok"}'
        service.send_signal(signal.SIGTERM)
        assert service.wait(10) == 0
    finally:
        service.kill()
        service.wait()
        sys.stdout.write((installed.folder / "log").read_text("utf-8"))
    sys.stdout.write(agreed.stdout)


def asked(machine: Machine, url: str) -> str:
    """What the service says, asked by the Python of the bundle."""
    program = f"""
import time, urllib.error, urllib.request
for _ in range(100):
    try:
        print(urllib.request.urlopen({url!r}, timeout=5).read().decode(), end="")
        break
    except urllib.error.URLError:
        time.sleep(0.1)
"""
    return machine.run(machine.prefix / "current" / "bin" / "python", "-c", program).stdout


def test_nothing_was_written_outside_the_prefix_but_what_was_asked_for(installed: Machine) -> None:
    files = [path for path in (installed.folder / "destdir").rglob("*") if path.is_file()]
    assert sorted(path.relative_to(installed.folder / "destdir").as_posix() for path in files) == [
        "etc/penaltycalc/penaltycalc.toml",
        "etc/systemd/system/penaltycalc.service",
    ]
    assert list((installed.folder / "home").iterdir()) == []


def test_what_is_installed_is_what_the_bill_lists(installed: Machine) -> None:
    listed = installed.run(installed.prefix / "current" / "bin" / "python", "-m", "pip", "list", "--format=json")
    found = {purl(one["name"], one["version"]) for one in json.loads(listed.stdout)}
    bill = json.loads(next(installed.folder.glob("unpacked/*/sbom.cdx.json")).read_bytes())
    components = [*bill["components"], bill["metadata"]["component"]]
    wanted = {one["purl"] for one in components if one.get("scope") != "optional"} - {sbom.describe_pages()["purl"]}
    assert {one for one in found if not one.startswith(("pkg:pypi/pip@", "pkg:pypi/setuptools@"))} == wanted


def purl(name: str, version: str) -> str:
    """A package of Python as bills name it."""
    return f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"


def test_installing_again_changes_nothing(installed: Machine) -> None:
    config = installed.folder / "destdir" / "etc" / "penaltycalc" / "penaltycalc.toml"
    config.write_text("# of the office\n")
    release = installed.prefix / "releases" / installed.release()
    before = release.stat().st_mtime_ns
    done = installed.install(next((installed.folder / "unpacked").iterdir()), "--systemd")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Installed already" in done.stdout
    assert release.stat().st_mtime_ns == before
    assert not (installed.prefix / "previous").is_symlink()
    assert config.read_text() == "# of the office\n"


# -------------------------------------------------------------------------------------------------- what is refused


def change(path: Path) -> None:
    """Change one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_changed_wheel_stops_the_installer(machine: Machine, unpacked: Path) -> None:
    change(next(unpacked.glob("wheels/msgspec-*.whl")))
    done = machine.install(unpacked)
    assert done.returncode == 1
    assert "wheels/msgspec-" in done.stderr
    assert "differs from SHA256SUMS; nothing was installed" in done.stderr
    assert not machine.prefix.exists()


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ("python=3.99", "this bundle is for CPython 3.99"),
        ("machine=riscv64", "this bundle is for riscv64"),
        ("glibc=2.99", "this bundle needs glibc 2.99 or newer"),
    ],
)
def test_a_machine_that_does_not_fit_is_told_why(machine: Machine, unpacked: Path, fact: str, words: str) -> None:
    name = fact.partition("=")[0]
    target = unpacked / "TARGET"
    target.write_text(re.sub(rf"(?m)^{name}=.*$", fact, target.read_text()))
    sum_again(unpacked)
    done = machine.install(unpacked)
    assert done.returncode == 1
    assert words in done.stderr
    assert not machine.prefix.exists()


@pytest.mark.parametrize("option", [["--prefix", "opt"], ["--prefix", "/opt/a b"], ["--python", "/none"], ["--purge"]])
def test_options_that_make_no_sense_are_refused(machine: Machine, unpacked: Path, option: list[str]) -> None:
    done = machine.install(unpacked, *option)
    assert done.returncode in {1, 2}
    assert done.stderr != ""
    assert not machine.prefix.exists()


# ------------------------------------------------------------------------------------------------------- upgrades


def test_upgrades_keep_one_release_and_failures_keep_the_one_in_use(
    installed: Machine, machine: Machine, unpacked: Path
) -> None:
    # The machine begins with what was installed before; its files name no place but the links between them.
    shutil.copytree(installed.prefix, machine.prefix, symlinks=True)
    first = machine.release()

    change(next(unpacked.glob("wheels/structlog-*.whl")))
    sum_again(unpacked)  # by somebody who knows that there are sums, but does not change the lock
    done = machine.install(unpacked)
    assert done.returncode == 1
    assert "pip could not install; the release before is unchanged" in done.stderr
    assert (machine.release(), machine.releases()) == (first, {first})
    change(next(unpacked.glob("wheels/structlog-*.whl")))

    older, foreign = (machine.prefix / "releases" / name for name in ("0.0.1", "notes"))
    older.mkdir()
    (older / ".penaltycalc").touch()
    foreign.mkdir()
    with (unpacked / "CHANGELOG.md").open("a") as file:
        file.write("one more line\n")
    sum_again(unpacked)
    done = machine.install(unpacked)
    assert done.returncode == 0, done.stderr
    second = machine.release()
    assert (machine.release("previous"), machine.releases()) == (first, {first, second, "notes"})

    done = machine.install(unpacked, "--rollback")
    assert done.returncode == 0
    assert (machine.release(), machine.release("previous")) == (first, second)
    answered = machine.run(machine.prefix / "current" / "bin" / "penaltycalc", "penalty", "85-2", "--lang", "en")
    assert answered.stdout.startswith("85-2 ")


def test_without_a_release_before_there_is_no_way_back(installed: Machine) -> None:
    done = installed.install(next((installed.folder / "unpacked").iterdir()), "--rollback")
    assert done.returncode == 1
    assert "There is no release before" in done.stderr


# ------------------------------------------------------------------------------------------------------ what it is


def test_the_same_commit_gives_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    again = bundle.pack_bundle(bundle.build_bundle(tmp_path, bundle.HERE, MADE), MADE)
    assert again.name == archive.name
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(archive.read_bytes()).digest()


def test_the_sums_name_every_file(unpacked: Path) -> None:
    files = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    lines = (unpacked / "SHA256SUMS").read_text().splitlines()
    assert {line.partition("  ")[2] for line in lines} == files - {"SHA256SUMS"}


def test_every_package_comes_with_the_terms_it_stands_under(unpacked: Path) -> None:
    wheels = {"-".join(path.name.split("-")[:2]) for path in (unpacked / "wheels").iterdir()}
    without = wheels - {path.name for path in (unpacked / "licences").iterdir()}
    assert {name.partition("-")[0] for name in without} == {"chinese_calendar"}  # it names its licence, MIT, only
    assert (unpacked / "licences" / sbom.describe_pages()["bom-ref"].replace("==", "-") / "LICENSE").is_file()


def test_the_installer_is_plain_shell(unpacked: Path) -> None:
    if not SHELLCHECK:
        pytest.skip("shellcheck is not installed")
    checked = subprocess.run(
        [SHELLCHECK, unpacked / "install.sh", unpacked / "penaltycalc-keys"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stdout == ""


def test_systemd_understands_the_unit_and_finds_it_closed(installed: Machine) -> None:
    if not ANALYZE:
        pytest.skip("systemd is not installed")
    unit = str(installed.folder / "destdir" / "etc" / "systemd" / "system" / "penaltycalc.service")
    assert f"ExecStart={installed.prefix}/current/bin/penaltycalc serve " in Path(unit).read_text("utf-8")
    checked = subprocess.run([ANALYZE, "verify", unit], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    command = [ANALYZE, "security", "--offline=true", "--no-pager", "--threshold=10", unit]
    exposure = subprocess.run(command, capture_output=True, text=True, check=False)
    sys.stdout.write(exposure.stdout.splitlines()[-1])
    assert exposure.returncode == 0


def test_the_bill_fits_the_schema_names_the_lock_and_never_changes(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        member = tar.extractfile(f"{archive.name.removesuffix('.tar.gz')}/sbom.cdx.json")
        assert member is not None
        text = member.read().decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert text.encode() == sbom.encode_bill(sbom.build_bill())
    told = json.loads(text)
    assert "serialNumber" not in told
    locked = {purl(*one) for one in re.findall(r"(?m)^([\w.-]+)==(\S+)", sbom.LOCK.read_text("utf-8"))}
    assert {one["purl"] for one in told["components"]} == {*locked, sbom.describe_pages()["purl"]}
    assert [one["name"] for one in told["components"] if one.get("scope") == "optional"] == ["colorama"]
    assert [one["name"] for one in told["components"] if "licenses" not in one] == ["colorama", "rich-click"]
    refs = [told["metadata"]["component"]["bom-ref"], *(one["bom-ref"] for one in told["components"])]
    assert sorted(one["ref"] for one in told["dependencies"]) == sorted(refs)
