"""The workbook read back: what it asks, what it offers, what it says, and how it is fetched."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from litestar.testing import TestClient
from openpyxl.utils import range_boundaries

from penaltycalc import Rulebook, WorkingCalendar, __version__, cli
from penaltycalc.api.app import Service, create_app
from penaltycalc.calculators.calculate import CALCULATIONS, Kind
from penaltycalc.calculators.explain import find_data_date
from penaltycalc.export.workbook import columns
from penaltycalc.export.workbook.book import ROWS
from penaltycalc.export.workbook.build import build_workbook
from penaltycalc.export.workbook.power_query import PROGRAM
from penaltycalc.input.flat import list_flat_fields
from penaltycalc.input.words import normalize_fact
from penaltycalc.rules.wording import LANGUAGES, Language
from penaltycalc.settings import Settings

ADDRESS = "https://law.example"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEETS: dict[Language, list[str]] = {
    "zh": ["说明", "设置", "处罚", "办理期限", "有效期", "目录", "批量"],
    "en": ["Read me", "Settings", "Penalties", "Deadlines", "Validity", "Lists", "Power Query"],
}
READ_ME, SETTINGS, FINES, DEADLINES, EXPIRIES, LISTS, POWER_QUERY = range(7)
ASKING: dict[int, Kind] = {FINES: "penalty", DEADLINES: "deadline", EXPIRIES: "expiry"}
NAMES, HEADS, FIRST = 5, 6, 7
"""The rows that hold the names of facts, the heads of the columns, and the example."""

CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]")
LITERAL = re.compile(r'"((?:[^"]|"")*)"')
REFERENCE = re.compile(r"'([^']+)'!(\$[A-Z]+\$\d+(?::\$[A-Z]+\$\d+)?)")

EXCEL_2013_OR_OLDER = {
    *("AND", "FIND", "IF", "IFERROR", "INDEX", "ISNUMBER", "LEFT", "LEN", "MATCH", "MID", "NOT", "OR"),
    *("RIGHT", "SUBSTITUTE", "TODAY", "TRIM"),
    *("_xlfn.ENCODEURL", "_xlfn.NUMBERVALUE", "_xlfn.WEBSERVICE"),
}


@pytest.fixture(scope="module")
def contents(rulebook: Rulebook, calendar: WorkingCalendar) -> dict[Language, bytes]:
    return {lang: build_workbook(rulebook, calendar, lang, ADDRESS) for lang in LANGUAGES}


@pytest.fixture(scope="module")
def books(contents: dict[Language, bytes]) -> dict[Language, Any]:
    return {lang: openpyxl.load_workbook(io.BytesIO(content)) for lang, content in contents.items()}


@pytest.fixture(params=LANGUAGES)
def lang(request: pytest.FixtureRequest) -> Language:
    found: Language = request.param
    return found


@pytest.fixture
def book(lang: Language, books: dict[Language, Any]) -> Any:
    return books[lang]


def formulas(book: Any) -> Iterator[tuple[str, str]]:
    """Every formula of the cells, the drop-downs, the colours and the names, with its place."""
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    yield f"{sheet.title}!{cell.coordinate}", cell.value
        for rule in sheet.data_validations.dataValidation:
            if rule.type == "list":
                yield f"{sheet.title}!{rule.sqref}", rule.formula1
        for place, rules in sheet.conditional_formatting._cf_rules.items():
            yield from ((f"{sheet.title}!{place.sqref}", rule.formula[0]) for rule in rules)
    for name, defined in book.defined_names.items():
        yield name, defined.value


def texts(book: Any) -> Iterator[tuple[str, str]]:
    """Everything that people read, with its place."""
    for sheet in book:
        yield sheet.title, sheet.title
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    yield from ((f"{sheet.title}!{cell.coordinate}", said) for said in LITERAL.findall(cell.value))
                elif cell.data_type == "s":
                    yield f"{sheet.title}!{cell.coordinate}", cell.value
        for rule in sheet.data_validations.dataValidation:
            said = (rule.prompt, rule.error, rule.errorTitle)
            yield from ((f"{sheet.title}!{rule.sqref}", text) for text in said if text)


def listed(book: Any, reference: str) -> list[str]:
    """The cells of a range that a formula names."""
    found = REFERENCE.fullmatch(reference.removeprefix("="))
    assert found is not None, reference
    return [cell for row in book[found[1]][found[2].replace("$", "")] for (cell,) in [[one.value for one in row]]]


def column_of(sheet: Any, name: str) -> str:
    """The letter of the column with that fact or that head."""
    for row in (NAMES, HEADS):
        for cell in sheet[row]:
            if cell.value == name:
                return str(cell.column_letter)
    raise KeyError(name)


def validation(sheet: Any, name: str) -> Any:
    """What the cells of a fact take."""
    place = f"{column_of(sheet, name)}{FIRST}"
    return next(rule for rule in sheet.data_validations.dataValidation if place in rule.sqref)


# --------------------------------------------------------------------------------------- the sheets


def test_sheets_have_names_in_the_language_asked_for(lang: Language, book: Any) -> None:
    assert book.sheetnames == SHEETS[lang]
    assert book.active.title == SHEETS[lang][FINES]


def test_the_same_data_language_and_address_give_the_same_bytes(
    lang: Language, contents: dict[Language, bytes], rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    assert build_workbook(rulebook, calendar, lang, ADDRESS) == contents[lang]
    assert build_workbook(rulebook, calendar, lang, f"{ADDRESS}/a") != contents[lang]


def test_the_day_of_its_making_is_that_of_the_data(book: Any, rulebook: Rulebook, calendar: WorkingCalendar) -> None:
    assert book.properties.created.date() == find_data_date(rulebook, calendar)


def test_everything_written_down_for_it_is_said(
    lang: Language, book: Any, contents: dict[Language, bytes], rulebook: Rulebook
) -> None:
    said = {text for _, text in texts(book)}
    said |= {formula for _, formula in formulas(book)}
    values: Any = openpyxl.load_workbook(io.BytesIO(contents[lang]), data_only=True)
    said |= {str(cell) for row in values.worksheets[SETTINGS].iter_rows(values_only=True) for cell in row}
    everything = "\n".join(said).replace('""', '"')
    for group, named in rulebook.wordings[lang].workbook().items():
        for code, text in named.items():
            for line in text.splitlines():
                wanted = "[^\n]+".join(re.escape(part) for part in re.split(r"\{[a-z_]+\}", line))
                assert re.search(wanted, everything), f"{group}.{code}: {line}"


def test_the_english_one_has_no_chinese_but_the_labels_of_citations(books: dict[Language, Any]) -> None:
    chinese = [(place, text) for place, text in texts(books["en"]) if CHINESE.search(text)]
    assert {place.split("!")[0] + re.sub(r"\d", "", place.split("!")[1]) for place, _ in chinese} == {"ListsD"}
    assert all(text.startswith("《") for _, text in chinese)


def test_it_says_what_it_was_made_from(
    books: dict[Language, Any], rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    days: dict[Language, str] = {"zh": "2026年12月23日", "en": "2026-12-23"}
    for lang, day in days.items():
        told = "\n".join(str(cell.value) for (cell,) in books[lang].worksheets[READ_ME]["B1:B80"] if cell.value)
        for wanted in (__version__, rulebook.digest, calendar.digest, day, "WEBSERVICE", "2,048", "32,767"):
            assert wanted in told


@pytest.mark.parametrize("number", ASKING)
def test_a_sheet_that_asks_is_ready_to_work_with_and_to_print(number: int, book: Any) -> None:
    sheet = book.worksheets[number]
    last = FIRST + ROWS - 1
    assert sheet.freeze_panes == f"C{FIRST}"
    assert sheet.auto_filter.ref.startswith(f"A{HEADS}:")
    assert sheet.auto_filter.ref.endswith(str(last))
    assert (sheet.page_setup.orientation, str(sheet.page_setup.paperSize)) == ("landscape", "9")
    assert (sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage) == (0, True)
    assert sheet.print_title_rows == f"$4:${HEADS}"
    assert not sheet.protection.sheet
    assert sheet.max_row == last


@pytest.mark.parametrize("number", ASKING)
def test_what_the_formulas_need_is_hidden_and_what_people_fill_in_is_not(number: int, book: Any) -> None:
    sheet = book.worksheets[number]
    shown = range_boundaries(sheet.print_area.split("!")[1].replace("$", ""))[2] or 0
    hidden = {place for one in sheet.column_dimensions.values() if one.hidden for place in range(one.min, one.max + 1)}
    folded = {
        place for one in sheet.column_dimensions.values() if one.outlineLevel for place in range(one.min, one.max + 1)
    }
    assert set(range(shown + 1, sheet.max_column + 1)) == hidden - folded
    assert all(sheet.cell(NAMES, place).value for place in folded)


# -------------------------------------------------------------------------------------- the formulas


def test_formulas_use_functions_that_excel_2013_has_and_names_that_are_defined(book: Any) -> None:
    names = set(book.defined_names)
    assert {"Service_Address", "Access_Key", "Service_Base", "Service_Key"} <= names
    seen = 0
    for place, formula in formulas(book):
        bare = REFERENCE.sub("", LITERAL.sub("", formula))
        assert set(re.findall(r"([A-Za-z_.]+)\(", bare)) <= EXCEL_2013_OR_OLDER, place
        assert set(re.findall(r"\b[A-Z][a-z]+_[A-Za-z_]+", bare)) <= names, place
        assert len(formula) <= 8192
        seen += 1
    assert seen > 3 * ROWS


def test_ranges_that_formulas_name_are_there_and_filled(book: Any) -> None:
    for place, formula in formulas(book):
        for sheet, cells in REFERENCE.findall(formula):
            if ":" in cells:
                assert all(row[0].value for row in book[sheet][cells.replace("$", "")]), place


@pytest.mark.parametrize("number", ASKING)
def test_every_row_is_like_the_first(number: int, book: Any) -> None:
    sheet = book.worksheets[number]
    last = FIRST + ROWS - 1
    for cell in sheet[FIRST]:
        for row in range(FIRST + 1, last + 1):
            below = sheet.cell(row, cell.column)
            if cell.data_type == "f":
                assert below.value == re.sub(rf"(\$[A-Z]+){FIRST}\b", rf"\g<1>{row}", cell.value)
            else:
                assert below.value is None
            assert below.number_format == cell.number_format


@pytest.mark.parametrize("number", ASKING)
def test_a_row_without_an_id_sends_nothing_and_its_own_reference_is_never_sent(number: int, book: Any) -> None:
    sheet = book.worksheets[number]
    (address,) = (cell for cell in sheet[FIRST] if str(cell.value).startswith("=IF(TRIM($B7)"))
    assert address.value.startswith('=IF(TRIM($B7)="","",Service_Base&"/v1/cells/')
    assert "$A7" not in address.value
    for cell in sheet[FIRST]:
        if "_xlfn.WEBSERVICE" in str(cell.value):
            reference = f"${address.column_letter}7"
            assert cell.value.startswith((f'=IF({reference}="","",', f'=IF(AND({reference}<>"",'))
            assert re.search(rf"IFERROR\(_xlfn\.WEBSERVICE\({re.escape(reference)}&", cell.value)


@pytest.mark.parametrize("number", ASKING)
def test_every_fact_that_can_be_filled_in_is_one_of_the_calculation(number: int, book: Any) -> None:
    kind, sheet = ASKING[number], book.worksheets[number]
    names = {cell.value for cell in sheet[NAMES] if cell.value}
    assert names < set(list_flat_fields(kind))
    assert CALCULATIONS[kind].subject in names
    required = {name for name, field in list_flat_fields(kind).items() if field.required}
    assert required <= names


# ------------------------------------------------------------------------------------- lengths


def longest(book: Any, rule: Any) -> int:
    """Characters of the longest value that a cell takes, as it stands in an address."""
    if rule.type == "list":
        return max(len(quote(one.split()[0], safe="")) for one in listed(book, rule.formula1))
    if rule.type == "textLength":
        return 9 * int(rule.formula2)  # one Chinese character is %E4%B8%80
    # A point is %2E in LibreOffice. A day is its serial.
    return len(rule.formula2.replace(".", "%2E"))


@pytest.mark.parametrize("number", ASKING)
def test_no_address_of_cells_that_pass_their_validation_is_too_long(number: int, book: Any) -> None:
    sheet, settings = book.worksheets[number], book.worksheets[SETTINGS]
    address, key = (rule.formula2 for rule in settings.data_validations.dataValidation)
    size = int(address) + len("&key=") + 9 * int(key)
    (formula,) = (str(cell.value) for cell in sheet[FIRST] if "/v1/cells/" in str(cell.value))
    size += sum(len(text) for text in LITERAL.findall(formula))
    size += sum(longest(book, validation(sheet, cell.value)) for cell in sheet[NAMES] if cell.value)
    ends = [re.search(r'&"(&[^"]+)"', str(cell.value)) for cell in sheet[FIRST] if "WEBSERVICE" in str(cell.value)]
    size += max(len(end[1]) for end in ends if end)
    assert 1000 < size <= 2048


def test_the_settings_take_every_address_that_the_service_can_have(book: Any) -> None:
    rule = book.worksheets[SETTINGS].data_validations.dataValidation[0]
    assert int(rule.formula2) == len("https://") + 200 + 1


def test_an_address_that_is_too_long_all_the_same_is_not_sent(book: Any) -> None:
    asked = 0
    for place, formula in formulas(book):
        for end in re.findall(r'WEBSERVICE\(\$[A-Z]+\d+&"([^"]+)"\)', formula):
            assert re.search(rf"IF\(LEN\(\$[A-Z]+\d+\)>{2048 - len(end)},Too_Long,IFERROR\(", formula), place
            asked += 1
    assert asked > 20 * ROWS


def test_what_cells_say_when_they_are_chosen_fits_into_its_box(book: Any) -> None:
    rules = [rule for sheet in book for rule in sheet.data_validations.dataValidation]
    assert len(rules) == 2 + 16 + 8 + 12
    for rule in rules:
        assert 0 < len(rule.prompt) <= 255
        assert 0 < len(rule.error) <= 255
        assert 0 < len(rule.errorTitle) <= 32


# ---------------------------------------------------------------------------------- the drop-downs


def test_drop_downs_offer_every_violation_step_and_term(lang: Language, book: Any, rulebook: Rulebook) -> None:
    known = {"violation": rulebook.violations, "step": rulebook.steps, "term": rulebook.terms}
    for number, kind in ASKING.items():
        subject = CALCULATIONS[kind].subject
        rule = validation(book.worksheets[number], subject)
        wanted = [f"{name} {rulebook.wordings[lang].title(subject, name)}" for name in known[subject]]
        assert listed(book, rule.formula1) == wanted


def test_what_drop_downs_offer_is_read_by_its_first_word(book: Any, rulebook: Rulebook) -> None:
    offered = 0
    for number, kind in ASKING.items():
        fields: Any = list_flat_fields(kind)
        for cell in book.worksheets[number][NAMES]:
            if cell.value and (rule := validation(book.worksheets[number], cell.value)).type == "list":
                field = fields[cell.value]
                read = {
                    normalize_fact(field, one.split()[0], rulebook.violations) for one in listed(book, rule.formula1)
                }
                values = {"boolean": {"true", "false"}, "text": read}.get(field.kind)
                assert read == (values or set(field.info.values))
                offered += len(read)
    assert offered > 60


def test_days_are_those_that_five_digits_reach(book: Any) -> None:
    rule = validation(book.worksheets[DEADLINES], "start")
    assert (rule.type, rule.operator) == ("date", None)  # between
    assert rule.formula1 == str((date(1949, 10, 1) - date(1899, 12, 30)).days)
    assert rule.formula2 == "99999"


def test_a_typed_id_stays_text(book: Any) -> None:
    sheet = book.worksheets[FINES]
    assert sheet[f"{column_of(sheet, 'violation')}{FIRST + 1}"].number_format == "@"


# -------------------------------------------------------------------------------------- the example


def shown(contents: dict[Language, bytes], lang: Language, number: int) -> dict[str, Any]:
    """The values of the example row before it is calculated again, by the heads of their columns."""
    sheet: Any = openpyxl.load_workbook(io.BytesIO(contents[lang]), data_only=True).worksheets[number]
    heads = [cell.value for cell in sheet[HEADS]]
    values = [one.value.date() if isinstance(one.value, datetime) else one.value for one in sheet[FIRST]]
    return {str(head): value for head, value in zip(heads, values, strict=False) if head}


def test_a_sale_below_the_deemed_value_shows_its_fine(contents: dict[Language, bytes]) -> None:
    row = shown(contents, "zh", FINES)
    title = "79-1-1 违规销售取得批准证明文件前生产的商业规模批次药品"
    assert (row["违法行为"], row["货值金额（元）"]) == (title, 85000)
    assert (row["结论"], row["罚款下限（元）"], row["罚款上限（元）"]) == ("已确定", 1_000_000, 2_000_000)
    assert (row["适用情形"], row["决定机关"]) == ("一般情形", "县级以上地方人民政府药品监督管理部门")
    assert shown(contents, "en", FINES)["Tier"] == "basic tier"


def test_a_production_licence_shows_when_it_is_due(contents: dict[Language, bytes]) -> None:
    row = shown(contents, "en", DEADLINES)
    days = (row["Day of the event (not counted)"], row["Due date (inclusive)"])
    assert days == (date(2026, 9, 18), date(2026, 11, 5))
    assert (row["Result"], row["Holidays"], row["Latest"]) == ("computed", "announced", None)
    # Ten of thirty are used by 2026-10-09: 20 (made up), 21-24 and 28-30 September, 8 and 9 October.
    assert (row["Days left"], row["Days overdue"]) == (20, 0)


def test_a_registration_shows_when_it_ends_and_when_to_renew(contents: dict[Language, bytes]) -> None:
    row = shown(contents, "en", EXPIRIES)
    assert row["Last day (inclusive)"] == date(2028, 2, 29)
    assert row["Apply by (licensing law)"] == date(2028, 1, 30)
    assert row["Apply by (with lead time)"] == date(2027, 8, 29)


def test_no_cell_holds_an_error(lang: Language, contents: dict[Language, bytes]) -> None:
    book: Any = openpyxl.load_workbook(io.BytesIO(contents[lang]), data_only=True)
    assert [
        cell.coordinate for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "e"
    ] == []


# ------------------------------------------------------------------- what a row of fines sums up

PYTHON = {"<>": "!=", "=": "==", "&": "+", "IF(": "choose(", "AND(": "all_of(", "OR(": "any_of("}
FUNCTIONS: dict[str, Any] = {
    "choose": lambda condition, yes, no: yes if condition else no,
    "all_of": lambda *conditions: all(conditions),
    "any_of": lambda *conditions: any(conditions),
    "LEFT": lambda text, length: text[:length],
    "SUBSTITUTE": str.replace,
}


def evaluate(formula: str, cells: dict[str, str]) -> Any:
    """The value of a formula of the sheet of fines, with these cells."""
    filled = re.sub(r"\{(\w+)\}", lambda name: f'"{cells.get(name[1], "")}"', formula)
    parts = re.split(r'("[^"]*")', filled)
    # Every second part is a text, in which nothing stands for an operation.
    for place in range(0, len(parts), 2):
        parts[place] = re.sub("|".join(map(re.escape, PYTHON)), lambda found: PYTHON[found[0]], parts[place])
    return eval("".join(parts), FUNCTIONS.copy())  # noqa: S307  # a formula that this package makes


TOO_LATE = "conduct_from=2026-06-01&conduct_to=2026-06-30&discovered_on=2031-07-01"
BETWEEN = "conduct_from=2026-06-01&conduct_to=2026-06-30&discovered_on=2028-07-01"


@pytest.mark.parametrize(
    ("query", "says", "stays_open"),
    [
        ("violation=85-2&severity=severe", "determined", False),
        ("violation=85-2", "missing: severity", False),
        ("violation=84-1", "missing: severity; rectified", True),
        ("violation=86-1&duties_fulfilled=false", "decided elsewhere", True),
        ("violation=86-1&duties_fulfilled=true", "missing: exemption_facts", True),
        ("violation=86-1&duties_fulfilled=true&did_not_know_proven=true", "determined", False),
        (f"violation=85-2&severity=severe&{TOO_LATE}", "barred", False),
        (f"violation=84-1&{TOO_LATE}", "barred", True),
        (f"violation=85-2&severity=severe&{BETWEEN}", "depends on harm", False),
    ],
)
def test_a_row_says_before_any_amount_whether_it_counts(
    query: str, says: str, stays_open: bool, lang: Language, client: TestClient[Service]
) -> None:
    sheet = columns.FINES
    fetched = {
        f"{output.name}_raw": client.get(f"/v1/cells/penalty?{query}&lang={lang}&out={output.out}").text
        for output in sheet.outputs
    }
    texts = {
        "determined": "determined",
        "missing": "missing: ",
        "barred": "barred",
        "decided_elsewhere": "decided elsewhere",
        "depends_on_harm": "depends on harm",
    }
    formula = columns.build_result_formula(sheet, texts, {}, "; ")
    assert evaluate(formula, {"address": "x", **fetched}) == says
    (maximum,) = (output for output in sheet.outputs if output.name == "maximum")
    assert evaluate(maximum.fallback, {"self": fetched["maximum_raw"], **fetched}) is stays_open


# ---------------------------------------------------------------------------------- Power Query


def test_the_program_stands_in_the_sheet_where_the_steps_say(lang: Language, book: Any) -> None:
    sheet = book.worksheets[POWER_QUERY]
    column = [cell.value for cell in sheet["A"]]
    first = column.index("let")
    last = column.index("    Result")
    program = PROGRAM.read_text("utf-8").replace("{lang}", lang)
    assert "\n".join(column[first : last + 1]) + "\n" == program
    assert f'lang = "{lang}"' in program
    assert any(str(first + 1) in str(text) and str(last + 1) in str(text) for text in column[:first])


def test_the_table_that_it_sends_is_one_that_the_batch_answers(book: Any, client: TestClient[Service]) -> None:
    sheet = book.worksheets[POWER_QUERY]
    header, *rows = sheet[sheet.tables["Batch"].ref]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([cell.value for cell in header])
    for row in rows:
        writer.writerow([one.value.date() if isinstance(one.value, datetime) else one.value for one in row])
    response = client.post("/v1/batch/csv", content=text.getvalue().encode(), headers={"content-type": "text/csv"})
    answers = list(csv.DictReader(io.StringIO(response.text)))
    assert [one["problem_code"] for one in answers] == ["", "", ""]
    assert (answers[0]["fine_maximum"], answers[1]["due"]) == ("2000000.00", "2026-11-05")
    assert answers[2]["last_day"] == "2028-02-29"


# ------------------------------------------------------------------------------------ how it is fetched


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Service]]:
    with TestClient(create_app(Settings(public_url=ADDRESS)), raise_server_exceptions=False) as client:
        yield client


def test_the_service_gives_it_with_its_own_address(
    lang: Language, client: TestClient[Service], contents: dict[Language, bytes]
) -> None:
    response = client.get("/workbook.xlsx", params={"lang": lang}, headers={"host": "elsewhere.example"})
    assert (response.status_code, response.content) == (200, contents[lang])
    assert response.headers["content-type"] == XLSX
    assert response.headers["content-language"] == lang
    assert response.headers["content-disposition"] == 'attachment; filename="penaltycalc.xlsx"'


def test_the_language_of_the_reader_decides_where_none_is_named(
    client: TestClient[Service], contents: dict[Language, bytes]
) -> None:
    assert client.get("/workbook.xlsx").content == contents["zh"]
    assert client.get("/workbook.xlsx", headers={"accept-language": "en"}).content == contents["en"]


def test_the_digests_stand_in_the_headers(
    client: TestClient[Service], rulebook: Rulebook, calendar: WorkingCalendar
) -> None:
    headers = client.get("/workbook.xlsx").headers
    assert headers["penaltycalc-engine"] == __version__
    assert (headers["penaltycalc-rulebook"], headers["penaltycalc-calendar"]) == (rulebook.digest, calendar.digest)
    assert "penaltycalc-inputs" not in headers


def test_a_second_fetch_is_answered_with_not_modified(client: TestClient[Service]) -> None:
    first = client.get("/workbook.xlsx")
    again = client.get("/workbook.xlsx", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_head_is_get_without_content(client: TestClient[Service]) -> None:
    got, head = client.get("/workbook.xlsx"), client.head("/workbook.xlsx")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize(
    ("query", "headers", "status", "code"),
    [
        ("?lang=fr", {}, 400, "schema"),
        ("?public_url=https://elsewhere.example", {}, 400, "unknown-query"),
        ("", {"accept": "text/html"}, 406, "not-acceptable"),
    ],
)
def test_what_does_not_fit_is_a_problem(
    query: str, headers: dict[str, str], status: int, code: str, client: TestClient[Service]
) -> None:
    response = client.get(f"/workbook.xlsx{query}", headers=headers)
    assert (response.status_code, response.json()["code"]) == (status, code)


# ------------------------------------------------------------------------------------- the command


def run(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    code = stopped.value.code
    assert isinstance(code, int)
    return code


def test_the_command_writes_the_same_file(
    lang: Language, tmp_path: Path, contents: dict[Language, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "工作簿.xlsx"
    assert run("workbook", "-o", str(target), "--lang", lang, "--address", f"{ADDRESS}/") == 0
    assert target.read_bytes() == contents[lang]
    monkeypatch.setenv("PENALTYCALC_PUBLIC_URL", ADDRESS)
    target.unlink()
    assert run("workbook", "-o", str(target), "--lang", lang) == 0
    assert target.read_bytes() == contents[lang]
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_an_address_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("workbook", "-o", str(tmp_path / "a.xlsx"), "--address", "law.example") == 2
    assert "--address" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_leaves_the_old_one_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("workbook", "-o", str(tmp_path / "nowhere" / "a.xlsx")) == 4
    assert "a.xlsx" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
