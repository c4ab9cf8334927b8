"""compare.py: what it refuses, and that a changed figure is found where a changed text is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

ROOT = Path(__file__).parent.parent
TEN, ELEVEN = (f'"minimum_multiple": {number}' for number in (10, 11))


def compare(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tests" / "compare.py"), *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, encoding="utf-8")


def change(checkout: Path, file: str, text: str, replacement: str) -> None:
    """Change the first `text` in a file of a checkout."""
    path = checkout / "src" / "penaltycalc" / file
    content = path.read_text("utf-8")
    assert text in content
    path.write_text(content.replace(text, replacement, 1), "utf-8")


@pytest.mark.parametrize("number", [0, 3])
def test_a_wrong_number_of_arguments_is_refused(number: int) -> None:
    done = compare(*[ROOT] * number)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "usage: compare.py OLD [NEW]\n")


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    # Python would take the installed package in its place, and find no difference.
    (tmp_path / "src").mkdir()
    for arguments in ([tmp_path], [tmp_path / "nowhere"], [tmp_path, ROOT]):
        done = compare(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", f"no checkout: {arguments[0]}\n")


def test_a_changed_figure_is_found_and_a_changed_text_is_not(tmp_path: Path) -> None:
    copytree(ROOT / "src", tmp_path / "src", ignore=ignore_patterns("__pycache__"))
    change(tmp_path, "law/regulation.toml", "minimum = 10,", "minimum = 11,")
    change(tmp_path, "wording/labels.toml", 'zh = "情节严重", en = "serious circumstances"', 'zh = "重", en = "grave"')
    done = compare(tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    *shown, summary = done.stdout.splitlines()
    differences = list(zip(shown[::3], shown[1::3], shown[2::3], strict=True))
    # Eleven times the goods value in the copy, ten times here.
    assert any(ELEVEN in before and TEN in after and ELEVEN not in after for _, before, after in differences)
    assert all(before[:2] == "- " and after[:2] == "+ " for _, before, after in differences)
    assert "grave" not in done.stdout
    number = int(summary.partition(" answers, ")[2].partition(" of them differ in more than texts")[0])
    assert number >= len(differences) > 0
