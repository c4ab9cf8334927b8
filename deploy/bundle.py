"""The bundle: a folder that installs the service on a machine without network, and the same as a .tar.gz.

    python deploy/bundle.py [--python-version 3.11] [--machine x86_64] [--into dist]

It contains the wheels of all packages in requirements.lock, for one version of Python and one kind of machine, and
the wheel of this project. The same commit gives the same bytes as long as the package index offers the same wheels
and the same zlib compresses them.
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
"""The minor versions of glibc 2 that wheels may need; systems with 2.28 or newer can install all of them."""
LOWEST: Final = "3.11"
"""The version of Python in the Containerfile of the repository; that of a bundle names the version of its wheels."""
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
"""The beginnings of the names of files with the licence of a package."""


class Target(NamedTuple):
    """Where the bundle is to be installed: `python` like 3.11, `machine` like x86_64 or aarch64."""

    python: str
    machine: str

    @property
    def tag(self) -> str:
        """The target as in the names of wheels."""
        return f"cp{self.python.replace('.', '')}-manylinux_2_{GLIBC[-1]}_{self.machine}"

    @property
    def options(self) -> list[str]:
        """The target as options of pip."""
        platforms = [f"--platform=manylinux_2_{minor}_{self.machine}" for minor in GLIBC]
        return [f"--python-version={self.python}", "--implementation=cp", *platforms]


HERE: Final = Target(f"{sys.version_info.major}.{sys.version_info.minor}", platform.machine())


def build_bundle(into: Path, target: Target, made: int) -> Path:
    """Create the folder, in place of an earlier one; `made` is the time of its files, in seconds since 1970."""
    folder = into / f"penaltycalc-{sbom.VERSION}-{target.tag}"
    shutil.rmtree(folder, ignore_errors=True)
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    run_pip("download", "--require-hashes", "--only-binary=:all:", "--no-deps", *target.options, into=wheels)
    wheel_of_project = build_wheel(wheels, made)
    (folder / "docs").mkdir()
    for name in SHIPPED:
        shutil.copy(ROOT / name, folder / name.removeprefix("deploy/"))
    image = folder / "Containerfile"
    image.write_text(image.read_text("utf-8").replace(f"={LOWEST}\n", f"={target.python}\n"), "utf-8")
    (folder / "requirements.lock").write_text(
        sbom.LOCK.read_text("utf-8") + format_lock_entry(wheel_of_project), "utf-8"
    )
    (folder / "TARGET").write_text(
        f"version={sbom.VERSION}\npython={target.python}\nmachine={target.machine}\nglibc=2.{GLIBC[-1]}\n"
    )
    (folder / "sbom.cdx.json").write_bytes(sbom.encode_bill(sbom.build_bill()))
    for wheel in wheels.iterdir():
        unpack_licences(wheel, folder / "licences")
    copy_licences(sbom.WEB.parent, folder / "licences")
    (folder / "SHA256SUMS").write_text("".join(list_digests(folder)), "utf-8")
    return folder


def build_wheel(into: Path, made: int) -> Path:
    """Build the wheel of this project, without network, with the installed packages."""
    subprocess.run(
        [*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", into, ROOT],
        check=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(made)},
    )
    return next(into.glob("penaltycalc-*.whl"))


PIP: Final = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def run_pip(command: str, *options: str, into: Path) -> None:
    """Run a command of pip for the packages of the lock."""
    subprocess.run([*PIP, command, "--quiet", *options, "--dest", into, "--requirement", sbom.LOCK], check=True)


def format_lock_entry(wheel: Path) -> str:
    """Return the entry of a wheel in a lock."""
    name, version, *_ = wheel.name.split("-")
    return f"{name}=={version} \\\n    --hash=sha256:{hash_file(wheel)}\n"


def unpack_licences(wheel: Path, into: Path) -> None:
    """Copy the licence files of a wheel into a folder with the name of the package."""
    with zipfile.ZipFile(wheel) as packed:
        for name in packed.namelist():
            path = PurePosixPath(name)
            if not name.endswith("/") and ".dist-info" in path.parts[0] and path.name.lower().startswith(LICENCES):
                file = into / path.parts[0].removesuffix(".dist-info") / path.relative_to(path.parts[0])
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(packed.read(name))


def copy_licences(web: Path, into: Path) -> None:
    """Copy the licence files of the libraries that the pages use."""
    pages = into / sbom.describe_pages()["bom-ref"].replace("==", "-")
    pages.mkdir(parents=True)
    for path in web.iterdir():
        if "LICENSE" in path.name or path.name == "NOTICE":
            shutil.copy(path, pages)


def list_digests(folder: Path) -> Iterator[str]:
    """Yield the digest of every file, in the format of sha256sum."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield f"{hash_file(path)}  {path.relative_to(folder).as_posix()}\n"


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pack_bundle(folder: Path, made: int) -> Path:
    """Pack the folder as a .tar.gz beside it: sorted, without owners, one time for all, so always the same bytes."""

    def normalize(member: tarfile.TarInfo) -> tarfile.TarInfo:
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
        tar.add(folder, folder.name, filter=normalize)
    return archive


def read_last_change() -> int:
    """Return SOURCE_DATE_EPOCH, or else the time of the last commit, in seconds since 1970."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    return int(fixed or subprocess.check_output([GIT, "log", "-1", "--format=%ct"], cwd=ROOT))


def main() -> None:
    """Build the bundle for the options of the command line and print its digest and its path."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python-version", default=HERE.python)
    parser.add_argument("--machine", default=HERE.machine)
    parser.add_argument("--into", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    made = read_last_change()
    archive = pack_bundle(build_bundle(options.into, Target(options.python_version, options.machine), made), made)
    sys.stdout.write(f"{hash_file(archive)}  {archive}\n")


if __name__ == "__main__":
    main()
