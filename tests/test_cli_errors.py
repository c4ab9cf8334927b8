"""What is wrong with a command is told in the language asked for, by the options that were typed."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import click
import pytest

import words
from penaltycalc import Rulebook, cli
from penaltycalc.cli_errors import find_language, print_usage_error
from penaltycalc.rules.rulebook import PACKAGE

EXPIRY = ("expiry", "drug-registration", "--start", "2026-06-01")


def run(*arguments: str, capture: pytest.CaptureFixture[str]) -> tuple[object, list[str]]:
    """The exit code of a command that fails, and the lines on standard error."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    told = capture.readouterr()
    assert told.out == ""
    return stopped.value.code, told.err.splitlines()


@pytest.mark.parametrize(
    ("arguments", "lang"),
    [
        ([], "zh"),
        (["--lang", "en"], "en"),
        (["penalty", "--lang=en", "--wrong"], "en"),
        (["--wrong", "--lang", "en"], "en"),
        (["--lang", "en", "--lang", "zh"], "zh"),
        (["--lang", "fr"], "zh"),
        (["--lang"], "zh"),
        (["en"], "zh"),
    ],
)
def test_the_language_is_found_wherever_it_stands(arguments: list[str], lang: str) -> None:
    assert find_language(arguments) == lang


# ------------------------------------------------------------------------------- what click refuses

USAGE = [
    (
        ["deadline", "licence-decision"],
        "缺少--start（受理、收到等之日）。",
        "Missing: --start (day of acceptance, receipt etc.).",
    ),
    (
        ["expiry", "drug-registration"],
        "缺少--start（发证、批准或者注册之日）。",
        "Missing: --start (day of issue, approval or registration).",
    ),
    (["penalty"], "缺少VIOLATION（{violation}）。", "Missing: VIOLATION ({violation})."),
    (["workbook"], "缺少--output。", "Missing: --output."),
    (
        ["penalty", "79-1-1", "--goods-valu", "1"],
        "没有--goods-valu这个选项，是否为--goods-value？",
        "There is no option --goods-valu; did you mean --goods-value?",
    ),
    (["penalty", "79-1-1", "--xyz"], "没有--xyz这个选项。", "There is no option --xyz."),
    (["penalty", "79-1-1", "-x"], "没有-x这个选项。", "There is no option -x."),
    (["nonsense"], "没有nonsense这个命令。", "There is no command nonsense."),
    (
        ["penalti"],
        "没有penalti这个命令，是否为penalty？",
        "There is no command penalti; did you mean penalty?",
    ),
    (["keys", "revok"], "没有revok这个命令，是否为revoke？", "There is no command revok; did you mean revoke?"),
    (["penalty", "79-1-1", "x", "y"], "多出的参数：x y。", "Unexpected arguments: x y."),
    (
        ["calendar", "twenty"],
        "YEAR：“twenty”不能使用。应为1至9999的整数。",
        "YEAR: “twenty” cannot be used. Give a whole number from 1 to 9999.",
    ),
    (
        ["calendar", "10000"],
        "YEAR：“10000”不能使用。应为1至9999的整数。",
        "YEAR: “10000” cannot be used. Give a whole number from 1 to 9999.",
    ),
    (
        ["batch", "a.csv", "-o", "b.csv", "--charset", "big5"],
        "--charset：“big5”不在可选范围内。可选（utf-8, gb18030）。",
        "--charset: “big5” is not one of the choices (utf-8, gb18030).",
    ),
    (
        ["batch", "none.csv", "-o", "b.csv"],
        "SOURCE：没有这个文件：none.csv。",
        "SOURCE: there is no such file: none.csv.",
    ),
    (
        ["batch", "folder", "-o", "b.csv"],
        "SOURCE：这是文件夹，不是文件：folder。",
        "SOURCE: this is a folder, not a file: folder.",
    ),
    (["penalty", "79-1-1", "--json=1"], "--json后面不能有值。", "--json takes no value."),
]


@pytest.mark.parametrize(("arguments", "zh", "en"), USAGE, ids=lambda value: value if isinstance(value, str) else "")
def test_wrong_arguments_are_told_in_the_language_asked_for(
    arguments: list[str],
    zh: str,
    en: str,
    rulebook: Rulebook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("kind\n")
    (tmp_path / "folder").mkdir()
    for lang, sentence in (("zh", zh), ("en", en)):
        labels = rulebook.wordings["zh" if lang == "zh" else "en"].all_labels()["fact"]
        # The language stands behind the fault, which click meets first.
        code, lines = run(*arguments, *([] if lang == "zh" else ["--lang", lang]), capture=capsys)
        assert (code, lines[-1]) == (2, sentence.format(**labels))


def test_the_usage_line_and_the_way_to_the_help_are_in_the_language_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("deadline", capture=capsys)[1][:3] == [
        "用法：penaltycalc deadline [选项] STEP",
        "查看帮助：penaltycalc deadline --help",
        "",
    ]
    assert run("keys", "x", "--lang=en", capture=capsys)[1][:3] == [
        "Usage: penaltycalc keys [OPTIONS] COMMAND [ARGS]...",
        "Help: penaltycalc keys --help",
        "",
    ]
    assert run("keys", "x", capture=capsys)[1][0] == "用法：penaltycalc keys [选项] 命令 [参数]..."


def test_an_option_without_its_value_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("batch", "x", "-o", capture=capsys) == (2, ["-o后面缺少它的值。"])
    assert run("--lang=en", "batch", "x", "-o", capture=capsys)[1][-1] == "There is no option --lang."
    assert run("batch", "--lang=en", "x", "-o", capture=capsys) == (2, ["-o needs a value behind it."])


def test_what_click_says_otherwise_is_marked_as_its_own_words(
    rulebook: Rulebook, capsys: pytest.CaptureFixture[str]
) -> None:
    option = click.Option(["--size"], type=float)
    for error in (click.UsageError("Odd."), click.BadParameter("Odd.", param=option)):
        for wording in rulebook.wordings.values():
            print_usage_error(error, wording)
    assert capsys.readouterr().err.splitlines() == [
        "参数有误（原文：Odd.）。",
        "The arguments are wrong (original: Odd.).",
        "--size：这个值不能用（原文：Odd.）。",
        "--size: this value cannot be used (original: Odd.).",
    ]


def test_a_command_without_arguments_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(capture=capsys)
    assert (code, lines[0]) == (2, "Usage: penaltycalc [OPTIONS] COMMAND [ARGS]...")


# ------------------------------------------------------------------------------ what is refused later


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        (["penalty", "79-1-1", "--goods-value", "1e5"], "--goods-value："),
        (["penalty", "79-1-1", "--goods-value=1e5"], "--goods-value："),
        (["penalty", "79-1-1", "--person-role", "x"], "--person-role："),
        (["penalty", "79-1-1", "--conduct-from", "2026-06-02", "--conduct-to", "2026-06-01"], "--conduct-to："),
        ([*EXPIRY, "--granted-months=61"], "--granted-months："),
        ([*EXPIRY, "--granted-years", "0", "--granted-days", "1"], "--granted-years："),
        (["deadline", "licence-decision", "--start", "2026-06-01", "--clock-stops", "x"], "--clock-stops："),
        (["conform", "--url=ftp://x"], "--url："),
        (["workbook", "-o", "b.xlsx", "--address=x"], "--address："),
        # An argument has no name that could be typed.
        (["penalty", "79-1-9"], "违法行为（violation）："),
        (["calendar", "2101"], "年份（year）："),
    ],
)
def test_a_refusal_names_the_option_that_was_typed(
    arguments: list[str], begins: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, lines = run(*arguments, capture=capsys)
    assert [line for line in lines if line.startswith(begins)] == lines
    assert all(line.endswith("）") for line in lines)


def test_the_code_stands_behind_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("penalty", "79-1-1", "--goods-value", "1e5")
    (zh,), (en,) = run(*arguments, capture=capsys)[1], run(*arguments, "--lang", "en", capture=capsys)[1]
    assert (zh[-8:], en[-9:]) == ("（schema）", " (schema)")
    assert en.startswith("--goods-value: ")


def test_other_facts_in_a_sentence_are_named_by_their_options_too(
    rulebook: Rulebook, capsys: pytest.CaptureFixture[str]
) -> None:
    _, (line,) = run("penalty", "79-1-1", "--conduct-to", "2026-06-01", capture=capsys)
    label = rulebook.wordings["zh"].label("fact", "conduct_from")
    assert f"{label}（--conduct-from）" in line


def test_what_is_wrong_with_a_file_keeps_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # One of the columns has the name of an option.
    (tmp_path / "a.csv").write_text("kind,start,stepp,output\r\n")
    _, lines = run("batch", str(tmp_path / "a.csv"), "--output", str(tmp_path / "b.csv"), capture=capsys)
    assert [line.partition("，")[0] for line in lines] == ["不认识“stepp”这一列", "不认识“output”这一列"]


# ------------------------------------------------------------------------------ files and the system


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (
            ["penalty", "79-1-1", "--notices", "nowhere"],
            "放假通知文件有误：nowhere：没有这个文件夹，或者这不是文件夹。（bad-notice）",
            (
                "The holiday notice cannot be used: nowhere: "
                "there is no such folder, or this is not a folder. (bad-notice)"
            ),
        ),
        (
            ["batch", "a.csv", "-o", "nowhere/b.csv"],
            "文件无法读写：nowhere/b.csv：没有这个文件或者文件夹。（run-broken）",
            "A file cannot be read or written: nowhere/b.csv: there is no such file or folder. (run-broken)",
        ),
        (
            ["workbook", "-o", "nowhere/b.xlsx"],
            "设置有误：nowhere/b.xlsx：没有这个文件或者文件夹。（bad-setting）",
            "A setting is wrong: nowhere/b.xlsx: there is no such file or folder. (bad-setting)",
        ),
        (
            ["conform", "--url", "http://127.0.0.1:9", "--notices", "."],
            "放假通知的文件夹（--notices）只用于本机，不能与服务地址（--url）同时使用。（wrong-use）",
            (
                "The folder of holiday notices (--notices) is for this installation only "
                "and does not go with the address of a service (--url). (wrong-use)"
            ),
        ),
    ],
)
def test_faults_of_files_are_told_in_both_languages(
    arguments: list[str],
    zh: str,
    en: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("kind\r\n")
    assert run(*arguments, capture=capsys)[1] == [zh]
    assert run(*arguments, "--lang", "en", capture=capsys)[1] == [en]
    assert not words.CHINESE.search(en)


def test_a_disk_that_fails_is_told_by_the_symbol_where_there_is_no_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(cli, "write_atomically", fail)
    target = tmp_path / "b.xlsx"
    code, lines = run("workbook", "-o", str(target), capture=capsys)
    assert (code, lines) == (4, [f"设置有误：{target}：操作系统报错（EXDEV）。（bad-setting）"])


def test_without_its_texts_the_program_still_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(PACKAGE / "wording", tmp_path / "wording")
    (tmp_path / "wording" / "messages.toml").write_text("malformed = ")
    monkeypatch.setattr(cli, "PACKAGE", tmp_path)
    code, (line,) = run(*EXPIRY, capture=capsys)
    assert code == 4
    assert line.startswith("broken-law-file (file: messages.toml, row: -, fault: fault-toml (original: Invalid value")
