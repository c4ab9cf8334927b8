"""The bundle: a folder that installs the service on a machine without network, and the same as a .tar.gz.

    python deploy/bundle.py [--python-version 3.11] [--machine x86_64] [--into dist]

It holds the wheels of everything that requirements.lock names, for one version of Python and one kind
of machine, and the wheel of this project. The same commit gives the same bytes, as long as the index
offers the same wheels and zlib packs alike.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

import sbom

ROOT: Final = Path(__file__).parent.parent
GIT: Final = shutil.which("git") or "git"
GLIBC: Final = range(17, 29)
"""The minor versions of glibc 2 that wheels may ask for: 2.28 and newer systems can install them all."""
LOWEST: Final = "3.11"
"""The version of Python that the Containerfile names; a bundle has that of its wheels in it."""
SHIPPED: Final = (
    "CHANGELOG.md",
    "LICENSE",
    "SECURITY.md",
    "deploy/Containerfile",
    "deploy/INSTALL.md",
    "deploy/install.sh",
    "deploy/nginx.conf",
    "deploy/penaltycalc.service",
    "deploy/penaltycalc-keys",
    "deploy/penaltycalc.toml",
    "docs/calendar.md",
    "docs/deployment.md",
    "docs/operating.md",
    "docs/resilience.md",
    "docs/speed.md",
    "docs/tables.md",
)
LICENCES: Final = ("licen", "copying", "notice", "authors")
"""How the names of files begin that say under what terms a package stands."""


class Target(NamedTuple):
    """Where the bundle is to be installed: `python` like 3.11, `machine` like x86_64 or aarch64."""

    python: str
    machine: str

    @property
    def tag(self) -> str:
        """The same as in the names of wheels."""
        return f"cp{self.python.replace('.', '')}-manylinux_2_{GLIBC[-1]}_{self.machine}"

    @property
    def options(self) -> list[str]:
        """The same as pip takes it."""
        platforms = [f"--platform=manylinux_2_{minor}_{self.machine}" for minor in GLIBC]
        return [f"--python-version={self.python}", "--implementation=cp", *platforms]


HERE: Final = Target(f"{sys.version_info.major}.{sys.version_info.minor}", platform.machine())


def build(into: Path, target: Target, made: int) -> Path:
    """Make the folder, in place of one from before; `made` is the time of its files, in seconds since 1970."""
    folder = into / f"penaltycalc-{sbom.VERSION}-{target.tag}"
    shutil.rmtree(folder, ignore_errors=True)
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    _pip("download", "--require-hashes", "--only-binary=:all:", "--no-deps", *target.options, into=wheels)
    own = own_wheel(wheels, made)
    (folder / "docs").mkdir()
    for name in SHIPPED:
        shutil.copy(ROOT / name, folder / name.removeprefix("deploy/"))
    image = folder / "Containerfile"
    image.write_text(image.read_text("utf-8").replace(f"={LOWEST}\n", f"={target.python}\n"), "utf-8")
    (folder / "requirements.lock").write_text(sbom.LOCK.read_text("utf-8") + _locked(own), "utf-8")
    (folder / "TARGET").write_text(
        f"version={sbom.VERSION}\npython={target.python}\nmachine={target.machine}\nglibc=2.{GLIBC[-1]}\n"
    )
    (folder / "sbom.cdx.json").write_bytes(sbom.encoded(sbom.bill()))
    for wheel in wheels.iterdir():
        _unpack_licences(wheel, folder / "licences")
    _copy_licences(sbom.WEB.parent, folder / "licences")
    (folder / "SHA256SUMS").write_text("".join(sums(folder)), "utf-8")
    return folder


def own_wheel(into: Path, made: int) -> Path:
    """The wheel of this project, built without network by what is installed."""
    subprocess.run(
        [*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", into, ROOT],
        check=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(made)},
    )
    return next(into.glob("penaltycalc-*.whl"))


PIP: Final = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def _pip(command: str, *options: str, into: Path) -> None:
    subprocess.run([*PIP, command, "--quiet", *options, "--dest", into, "--requirement", sbom.LOCK], check=True)


def _locked(wheel: Path) -> str:
    """The line of a lock for a wheel."""
    name, version, *_ = wheel.name.split("-")
    return f"{name}=={version} \\\n    --hash=sha256:{_digest(wheel)}\n"


def _unpack_licences(wheel: Path, into: Path) -> None:
    """Put the licence files that a wheel carries into a folder of its own."""
    with zipfile.ZipFile(wheel) as packed:
        for name in packed.namelist():
            path = PurePosixPath(name)
            if not name.endswith("/") and ".dist-info" in path.parts[0] and path.name.lower().startswith(LICENCES):
                file = into / path.parts[0].removesuffix(".dist-info") / path.relative_to(path.parts[0])
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(packed.read(name))


def _copy_licences(web: Path, into: Path) -> None:
    """The same for the files of others that the pages use."""
    pages = into / sbom.pages()["bom-ref"].replace("==", "-")
    pages.mkdir(parents=True)
    for path in web.iterdir():
        if "LICENSE" in path.name or path.name == "NOTICE":
            shutil.copy(path, pages)


def sums(folder: Path) -> Iterator[str]:
    """The digest of every file, as sha256sum writes it."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield f"{_digest(path)}  {path.relative_to(folder).as_posix()}\n"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pack(folder: Path, made: int) -> Path:
    """The folder as a .tar.gz beside it: sorted, owned by nobody in particular, all of one time."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = made
        member.mode = 0o755 if member.isdir() or member.name.endswith(".sh") else 0o644
        return member

    archive = folder.with_name(f"{folder.name}.tar.gz")
    with (
        archive.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=made) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        tar.add(folder, folder.name, filter=plain)
    return archive


def last_change() -> int:
    """When the last commit was made, unless SOURCE_DATE_EPOCH says otherwise; in seconds since 1970."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or subprocess.check_output([GIT, "log", "-1", "--format=%ct"], cwd=ROOT))


def main() -> None:
    """Build the bundle that the command line asks for, and say where it lies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python-version", default=HERE.python)
    parser.add_argument("--machine", default=HERE.machine)
    parser.add_argument("--into", type=Path, default=ROOT / "dist")
    given = parser.parse_args()
    made = last_change()
    archive = pack(build(given.into, Target(given.python_version, given.machine), made), made)
    sys.stdout.write(f"{_digest(archive)}  {archive}\n")


if __name__ == "__main__":
    main()
