"""The README's examples, run as they stand; `...` in their output stands for anything."""

from __future__ import annotations

import doctest
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import servers
from penaltycalc import cli

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text("utf-8")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def find_examples(program: str) -> list[tuple[str, str]]:
    """Command and expected output of each console block that runs a program."""
    blocks = re.findall(r"```console\n\$ (.*?)\n(.*?)```", TEXT, re.DOTALL)
    return [(command, output) for command, output in blocks if command.startswith(f"{program} ")]


def matches(expected: str, output: str) -> bool:
    return doctest.OutputChecker().check_output(expected, output, FLAGS)


@pytest.mark.parametrize(("command", "expected"), find_examples("penaltycalc"))
def test_a_command_shows_what_the_readme_says(
    command: str, expected: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        cli.main(shlex.split(command)[1:])
    output = capfdbinary.readouterr().out.decode()
    assert exit_.value.code == 0
    assert matches(expected, output), output


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.serving(tmp_path_factory.mktemp("service")) as running:
        yield running.url


@pytest.mark.parametrize(("command", "expected"), find_examples("curl"))
def test_a_call_answers_what_the_readme_says(command: str, expected: str, url: str) -> None:
    _, _, address, *rest = shlex.split(command)
    options = dict(zip(rest[::2], rest[1::2], strict=True))
    target = address.replace("http://127.0.0.1:8000", url)
    if "-d" in options:
        name, _, value = options["-H"].partition(": ")
        output = httpx.post(target, content=options["-d"], headers={name: value}).text
    else:
        output = httpx.get(target).text
    assert matches(expected, output), output


def test_the_library_does_what_the_readme_says() -> None:
    code = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(code), {}, "README", str(README), 0)
    assert doctest.DocTestRunner(optionflags=FLAGS).run(test).failed == 0
    assert len(test.examples) >= 5


def test_each_kind_of_example_is_there() -> None:
    assert len(find_examples("penaltycalc")) >= 3
    assert len(find_examples("curl")) >= 3


def test_the_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (README.parent / target).exists(), target
