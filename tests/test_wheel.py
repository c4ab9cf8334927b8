"""The wheel: it carries everything, and answers where nothing but it and its dependencies is."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import bundle
from penaltycalc import _version

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this project, built without network."""
    return bundle.build_wheel(tmp_path_factory.mktemp("wheel"), 1_780_000_000)


def test_it_carries_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    listed = subprocess.check_output([bundle.GIT, "ls-files", "src/penaltycalc"], cwd=ROOT, text=True)
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
        files = {name.removeprefix("src/"): ROOT / name for name in listed.splitlines()}
        files["penaltycalc/openapi.json"] = ROOT / "openapi" / "openapi.json"
        assert names == set(files)
        for name, file in files.items():
            assert packed.read(name) == file.read_bytes()


def test_the_same_files_give_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    assert bundle.build_wheel(tmp_path, 1_780_000_000).read_bytes() == wheel.read_bytes()


def test_it_answers_where_it_is_unpacked(wheel: Path, tmp_path: Path) -> None:
    unpacked = str(tmp_path / "site")
    options = ["--quiet", "--no-index", "--no-deps", "--target", unpacked, str(wheel)]
    subprocess.run([*bundle.PIP, "install", *options], check=True)
    program = """
import sys
from pathlib import Path
import penaltycalc, penaltycalc.cli
assert Path(penaltycalc.__file__).is_relative_to(sys.argv.pop(1)), penaltycalc.__file__
penaltycalc.cli.main()
"""
    # -S leaves out the path to the sources that this environment holds; its packages come after the wheel.
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([unpacked, *site.getsitepackages()])}
    asked = [sys.executable, "-S", "-c", program, unpacked]
    question = ["expiry", "drug-registration", "--start", "2023-03-01", "--json"]
    done = subprocess.run([*asked, *question], env=environment, cwd=tmp_path, capture_output=True, check=True)
    answer = json.loads(done.stdout)
    assert (answer["last_day"], answer["provenance"]["engine"]) == ("2028-02-29", _version.__version__)
