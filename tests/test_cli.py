"""The command line: the same calculations, the same bytes, an exit code for each kind of refusal."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from litestar.testing import TestClient

import cases
from penaltycalc import __version__, cli
from penaltycalc.api.app import Service, create_app
from penaltycalc.calculators.calculate import CALCULATIONS, Kind
from penaltycalc.calendar import holidays
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.input.flat import list_flat_fields
from penaltycalc.keys import KeyRing, parse_keys
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import LANGUAGES
from penaltycalc.settings import Settings

SALE = ["79-1-1", "--goods-value", "85000.00", "--activity", "wholesale", "--severity", "ordinary"]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings())) as client:
        yield client


def run(*arguments: str, capture: pytest.CaptureFixture[bytes]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    told = capture.readouterr()
    code = stopped.value.code
    assert isinstance(code, int)
    return code, told.out.decode(), told.err.decode()


@pytest.fixture
def law_is_loaded(rulebook: Rulebook, calendar: WorkingCalendar, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run of these tests would load the same data, which takes ten times as long as its answer."""
    monkeypatch.setattr(cli, "load_rulebook", lambda: rulebook)
    monkeypatch.setattr(holidays, "load_calendar", lambda _law, _notices: calendar)


def options(kind: Kind, facts: dict[str, str]) -> list[str]:
    """The facts of a case as arguments."""
    subject = CALCULATIONS[kind].subject
    return [facts[subject], *(f"--{name.replace('_', '-')}={text}" for name, text in facts.items() if name != subject)]


def test_text_shows_the_result_and_the_numbered_explanation(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, err = run("penalty", *SALE, "--lang", "en", capture=capfdbinary)
    assert (code, err) == (0, "")
    assert "Fine: 1,000,000 to 2,000,000 yuan" in out
    assert "  4. The goods value of 85,000 yuan is below 100,000 yuan and is taken as 100,000 yuan." in out
    assert "第七十九条第一款第（一）项" in out


def test_text_is_chinese_by_default(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, _ = run("penalty", *SALE, capture=capfdbinary)
    assert code == 0
    assert "罚款：100万元以上200万元以下" in out


@pytest.mark.usefixtures("law_is_loaded")
@pytest.mark.parametrize("kind", get_args(Kind))
def test_json_is_byte_for_byte_the_answer_of_the_service(
    kind: Kind, client: TestClient[Service], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = {"penalty": "penalties", "deadline": "deadlines", "expiry": "expiries"}[kind]
    subject = CALCULATIONS[kind].subject
    for row in [row for row in cases.rows(kind) if not row["problem"]][::8]:
        facts = cases.facts(kind, row)
        query = {name: text for name, text in facts.items() if name != subject}
        for lang in LANGUAGES:
            response = client.get(f"/v1/{path}/{facts[subject]}", params={**query, "lang": lang})
            code, out, _ = run(kind, *options(kind, facts), "--lang", lang, "--json", capture=capfdbinary)
            assert (code, out) == (0, response.text), row["id"]


@pytest.mark.usefixtures("law_is_loaded")
@pytest.mark.parametrize("kind", get_args(Kind))
def test_text_is_written_for_every_worked_case(kind: Kind, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for row in cases.rows(kind)[::5]:
        facts = cases.facts(kind, row)
        extra = ["--ledger"] if kind == "deadline" else []
        code, out, err = run(kind, *options(kind, facts), *extra, "--lang", "en", capture=capfdbinary)
        assert code == (3 if row["problem"] else 0), row["id"]
        assert (row["problem"] in err) if row["problem"] else out


def test_a_flag_alone_means_true(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    _, alone, _ = run("penalty", "80-1-1", "--rectified", "--json", capture=capfdbinary)
    _, spelled, _ = run("penalty", "80-1-1", "--rectified", "true", "--json", capture=capfdbinary)
    _, denied, _ = run("penalty", "80-1-1", "--rectified", "false", "--json", capture=capfdbinary)
    assert alone == spelled
    assert '"tier":"first"' in alone
    assert '"tier":"uncorrected"' in denied


def test_every_fact_has_an_option_with_help(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for kind in get_args(Kind):
        code, out, _ = run(kind, "--help", capture=capfdbinary)
        assert code == 0
        for name in list_flat_fields(kind):
            if name != CALCULATIONS[kind].subject:
                assert f"--{name.replace('_', '-')}" in out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["penalty", "79-1-1", "--goods-value", "1e5"], 2, "--goods-value：“1e5”不能读作金额。请以元为单位填写数字"),
        (["penalty", "79-1-1", "--goods-valu", "1"], 2, "没有--goods-valu这个选项"),
        (["expiry", "drug-registration", "--start", "2026-06-01", "--granted-years", "5"], 3, "--granted-years："),
        (
            [
                *("deadline", "licence-delivery", "--start", "2026-06-01"),
                *("--clock-stops", "2026-06-03/2026-06-04:technical_review"),
            ],
            3,
            "--clock-stops：",
        ),
        (["penalty"], 2, "缺少VIOLATION（违法行为）。"),
        (["deadline", "licence-decision"], 2, "缺少--start（"),
        (["calendar", "twenty"], 2, "YEAR：“twenty”不能使用。应为1至9999的整数。"),
        (["nonsense"], 2, "没有nonsense这个命令。"),
        (["penalty", "79-1-9"], 3, "违法行为（violation）：没有编号为“79-1-9”的违法行为"),
        (["deadline", "licence-decision", "--start", "2006-06-01"], 3, "--start："),
        (["calendar", "2101"], 3, "年份（year）："),
        (["penalty", "79-1-1", "--notices", "/nowhere/at/all"], 4, "bad-notice"),
    ],
)
def test_refusals_have_an_exit_code_and_speak_on_standard_error(
    arguments: list[str], code: int, told: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    given, out, err = run(*arguments, capture=capfdbinary)
    assert given == code
    assert told in err
    assert out == ""


def test_every_fault_is_told_in_the_language_asked_for(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    arguments = ("deadline", "licence-decision", "--start", "2026-6-1", "--as-of", "x", "--lang=en")
    _, _, err = run(*arguments, capture=capfdbinary)
    assert err.splitlines() == [
        f"{place}: “{given}” is not a valid date. "
        "Give a day that exists as year-month-day with four, two and two digits, for example 2026-05-20. (schema)"
        for place, given in (("--start", "2026-6-1"), ("--as-of", "x"))
    ]


def test_a_year_and_the_rulebook_are_shown(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    _, out, _ = run("calendar", "2027", "--lang", "en", capture=capfdbinary)
    assert "2027-02-06  public holiday  Spring Festival  [projected, holidays]" in out
    assert "warning: Holidays are certain through 2026-12-23 " in out
    _, out, _ = run("calendar", "2025", capture=capfdbinary)
    assert "2025-01-26  调休上班  春节  [已公布，chinese-calendar]" in out
    _, out, _ = run("rulebook", capture=capfdbinary)
    assert "  中华人民共和国药品管理法实施条例  国务院令第828号  自2026年5月15日起施行" in out
    assert "已公布2007年1月1日至2026年12月23日，推算至2100年12月31日" in out


def test_year_and_rulebook_as_json_are_the_answers_of_the_service(
    client: TestClient[Service], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for arguments, path in ((["calendar", "2027"], "/v1/calendar/2027"), (["rulebook"], "/v1/rulebook")):
        _, out, _ = run(*arguments, "--json", "--lang", "en", capture=capfdbinary)
        assert out == client.get(f"{path}?lang=en").text


def test_what_is_not_covered_is_said_before_the_rows(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    _, out, _ = run("coverage", "假药", capture=capfdbinary)
    assert out.splitlines()[0] == "未收录：假药"
    assert out.index("  《中华人民共和国药品管理法》第一百一十六条") < out.index("收录的项目：") < out.index("  86-1  ")
    _, out, _ = run("coverage", "cosmetics", "--lang", "en", capture=capfdbinary)
    assert out.splitlines() == [
        "Not covered: Cosmetics",
        "  Not covered here. These are not drugs; see the regulation on cosmetics, which is not checked here.",
    ]
    _, out, _ = run("coverage", "85-2", capture=capfdbinary)
    assert out == "收录的项目：\n  85-2  拒绝、阻挠监督检查  《中华人民共和国药品管理法实施条例》第八十五条第二款\n"
    _, out, _ = run("coverage", "xyzzy", "--lang", "en", capture=capfdbinary)
    assert out == "Nothing was found for this word: try another one, or look through all that is covered.\n"


def test_coverage_as_json_is_the_answer_of_the_service(
    client: TestClient[Service], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    _, out, _ = run("coverage", "过期药", "--json", capture=capfdbinary)
    assert out == client.get("/v1/coverage", params={"q": "过期药", "lang": "zh"}).text
    code, out, err = run("coverage", "", capture=capfdbinary)
    assert (code, out) == (2, "")
    assert "查找的字词（q）：" in err


def test_the_document_is_that_of_the_service(
    client: TestClient[Service], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    _, out, _ = run("openapi", capture=capfdbinary)
    assert out == client.get("/openapi.json").text


def test_the_settings_are_shown_with_where_they_come_from(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('public_url = "https://law.example"\n')
    monkeypatch.setenv("PENALTYCALC_CONFIG", str(file))
    monkeypatch.setenv("PENALTYCALC_MAX_URI", "4096")
    code, out, _ = run("config", capture=capfdbinary)
    assert code == 0
    lines = out.splitlines()
    assert f'public_url = "https://law.example"  # {file}' in lines
    assert "max_uri = 4096  # PENALTYCALC_MAX_URI" in lines
    assert "max_body = 1000000  # default" in lines
    assert "# notices is not set  # default" in lines
    assert tomllib.loads(out)["max_uri"] == 4096


def test_keys_are_made_listed_and_revoked(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "keys.json"
    monkeypatch.setenv("PENALTYCALC_KEYS_FILE", str(file))
    _, first, _ = run("keys", "new", "--name", "case system", capture=capfdbinary)
    _, second, _ = run("keys", "new", "--role", "operate", capture=capfdbinary)
    assert first.startswith("pck_")
    assert first != second
    assert file.stat().st_mode & 0o777 == 0o600
    for text in (first, second):
        assert text.strip().rpartition("_")[2] not in file.read_text()
    ring = KeyRing(parse_keys(file.read_bytes(), ""))
    found = ring.find(first.strip())
    assert found is not None
    assert (found.role, found.name) == ("read", "case system")
    _, listed, _ = run("keys", "list", capture=capfdbinary)
    assert [line.split()[:2] for line in listed.splitlines()] == [
        [first.split("_")[1], "read"],
        [second.split("_")[1], "operate"],
    ]
    assert "case system" in listed
    code, _, _ = run("keys", "revoke", found.id, capture=capfdbinary)
    assert code == 0
    assert KeyRing(parse_keys(file.read_bytes(), "")).find(first.strip()) is None
    code, _, told = run("keys", "revoke", found.id, "--file", str(file), capture=capfdbinary)
    assert code == 4
    assert found.id in told


def test_keys_need_a_file_that_is_named_and_whole(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PENALTYCALC_KEYS_FILE", raising=False)
    code, _, told = run("keys", "list", capture=capfdbinary)
    assert code == 4
    assert "PENALTYCALC_KEYS_FILE" in told
    code, _, told = run("keys", "new", "--file", str(tmp_path / "none" / "keys.json"), capture=capfdbinary)
    assert code == 4
    assert "keys.json" in told
    (tmp_path / "broken.json").write_text("{")
    code, _, told = run("keys", "new", "--file", str(tmp_path / "broken.json"), capture=capfdbinary)
    assert code == 4
    assert (tmp_path / "broken.json").read_text() == "{"


def test_hashes_in_a_variable_are_not_shown(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENALTYCALC_KEYS", "00010203:read:sha256:" + "a" * 64)
    _, out, _ = run("config", capture=capfdbinary)
    assert "aaaa" not in out
    assert "keys = " in out


def test_the_version_is_shown(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, _ = run("--version", capture=capfdbinary)
    assert (code, out) == (0, f"penaltycalc, version {__version__}\n")


NOTICE_2027 = """{"year": 2027, "papers": [], "days": [
%s,
{"name": "调休", "date": "2027-01-09", "isOffDay": false}]}"""


def notice(folder: Path) -> Path:
    """A made-up notice for 2027: fourteen weekdays off, one Saturday made up."""
    days = [f"2027-01-0{day}" for day in range(4, 9)] + [f"2027-02-{day:02d}" for day in range(8, 13)]
    days += [f"2027-10-0{day}" for day in (4, 5, 6, 7)]
    entries = ",\n".join(f'{{"name": "春节", "date": "{day}", "isOffDay": true}}' for day in days)
    path = folder / "2027.json"
    path.write_text(NOTICE_2027 % entries, "utf-8")
    return folder


def test_supplied_notices_decide(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    arguments = ("deadline", "licence-delivery", "--start", "2026-12-28", "--lang", "en")
    _, projected, _ = run(*arguments, capture=capfdbinary)
    _, supplied, _ = run(*arguments, "--notices", str(notice(tmp_path)), capture=capfdbinary)
    assert "Holidays: projected" in projected
    # 29, 30, 31 December; 1 January is no day off in this notice; 9 (a Saturday made up), 11, 12, 13, 14, 15 January.
    assert "Due date (inclusive): 2027-01-15" in supplied
    assert "Holidays: supplied notice" in supplied
    assert "2027.json" in supplied


def test_the_environment_names_the_notices_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv("PENALTYCALC_NOTICES", str(notice(tmp_path)))
    _, out, _ = run("rulebook", capture=capfdbinary)
    assert "已公布2007年1月1日至2027年12月23日，推算至2100年12月31日" in out


def test_the_workbook_has_its_ending_and_an_address_in_plain_words(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    code, _, err = run("workbook", "-o", str(tmp_path / "wb.txt"), "--lang", "en", capture=capfdbinary)
    assert (code, err) == (2, f"The file name must end in one of these (.xlsx): {tmp_path / 'wb.txt'}. (wrong-use)\n")
    asked = ("workbook", "-o", str(tmp_path / "wb.xlsx"), "--address", "ftp://x")
    code, _, err = run(*asked, capture=capfdbinary)
    assert code == 2
    assert err.startswith("--address：服务地址不正确。请填完整的网址，如示例所示（https://")
    assert err.endswith("（schema）\n")
    assert list(tmp_path.iterdir()) == []


def test_writing_a_workbook_touches_no_other_file(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_bytes(b"precious")
    (tmp_path / "wb.xlsx.part").symlink_to(precious)
    assert run("workbook", "-o", str(tmp_path / "wb.xlsx"), capture=capfdbinary)[0] == 0
    assert precious.read_bytes() == b"precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["precious.txt", "wb.xlsx", "wb.xlsx.part"]


def test_a_setting_out_of_form_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv("PENALTYCALC_MAX_BODY", "much")
    code, _, err = run("serve", "--help", capture=capfdbinary)
    assert code == 0
    code, _, err = run("serve", capture=capfdbinary)
    assert code == 4
    assert "bad-setting" in err
    assert "PENALTYCALC_MAX_BODY" in err


def test_the_installed_script_runs() -> None:
    script = Path(sys.executable).parent / "penaltycalc"
    done = subprocess.run(
        [script, "expiry", "drug-registration", "--start", "2023-03-01", "--lang", "en"],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    assert "Last day (inclusive): 2028-02-29" in done.stdout.decode()


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "penaltycalc", "--version"], capture_output=True, check=True, text=True
    )
    assert done.stdout == f"penaltycalc, version {__version__}\n"
