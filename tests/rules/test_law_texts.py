"""The law data against the texts of the law: each figure, word and place of each row, read from the text anew.

The texts are no part of the project; LAW_TEXTS names the folder that holds them. What a
provision says is read here into the same plain records as a row of law/, and the two are compared.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from msgspec import UnsetType

from penaltycalc import Money, Rulebook
from penaltycalc.rules.citations import ProvisionRef, format_numeral
from penaltycalc.rules.clauses import (
    ActivityBan,
    ApplicationBar,
    FixedFine,
    GoodsValueMultiple,
    IncomeShare,
    Measure,
    OrderToCorrect,
    PersonsClause,
    Tier,
)
from penaltycalc.rules.records import decode_value
from penaltycalc.rules.rows import StepRow, TermRow, ViolationRow
from penaltycalc.rules.rulebook import PACKAGE

FOLDER = os.environ.get("LAW_TEXTS", "")
needs_texts = pytest.mark.skipif(not FOLDER, reason="LAW_TEXTS names no folder with the texts of the law")

TEXTS_OF = {
    "dar": ["regulation-2026.txt"],
    "dar-2024": ["regulation-2024-former.txt"],
    "plan": ["temporary-import-plan.txt"],
    "dal": ["drug-administration-law-2019.txt"],
    "val": ["vaccine-administration-law-2019.txt"],
    "all": ["administrative-licensing-law-2019.txt"],
    "apl": ["administrative-penalty-law-2021.txt"],
    # The full text is that of the General Part; article 1259 stands in the last one, and in the extract.
    "cc": ["civil-code-general-part.txt", "civil-code.extract.txt"],
    "measures": ["holiday-measures-2024.txt"],
}

# ------------------------------------------------------------------------------- reading numbers

NUMBER = r"(?:[0-9]+|[一二三四五六七八九十百千零]+)"
AMOUNT = NUMBER + "万?"
SIZES = {"十": 10, "百": 100, "千": 1000}


def number(written: str) -> int:
    """A number of the texts: Arabic or Chinese, with or without 万."""
    if written.endswith("万"):
        return number(written[:-1]) * 10_000
    if written.isascii():
        return int(written)
    total, digit = 0, 0
    for sign in written:
        if sign in SIZES:
            total += (digit or 1) * SIZES[sign]
            digit = 0
        else:
            digit = "零一二三四五六七八九".index(sign)
    return total + digit


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("七", 7),
        ("十", 10),
        ("十五", 15),
        ("二十", 20),
        ("六十", 60),
        ("一百零二", 102),
        ("一百一十六", 116),
        ("一千二百五十九", 1259),
        ("九千九百九十九", 9999),
        ("五万", 50_000),
        ("五十万", 500_000),
        ("二百万", 2_000_000),
        ("五百万", 5_000_000),
        ("10万", 100_000),
        ("20", 20),
    ],
)
def test_a_chinese_numeral_is_read(written: str, value: int) -> None:
    assert number(written) == value


def test_every_numeral_that_a_citation_can_write_is_read_back() -> None:
    assert [n for n in range(1, 10_000) if number(format_numeral(n)) != n] == []


# --------------------------------------------------------------------------------- reading texts


class Paragraph(NamedTuple):
    """A paragraph (款): its own words, and its items (项)."""

    text: str
    items: tuple[str, ...] = ()


class LawText(NamedTuple):
    """A text: its title, what stands before the first article, and the paragraphs of each article or part."""

    title: str
    header: str
    articles: dict[int, list[Paragraph]]


_WIDE = str.maketrans("（），；：", "(),;:")
_ARTICLE = re.compile(rf"第({NUMBER})条\s+(.*)")
_PART = re.compile(rf"({NUMBER})、(.*)")
_ITEM = re.compile(rf"\({NUMBER}\)(.*)")
# A heading between articles is no paragraph. The full texts mark headings as Markdown does.
_HEADING = re.compile(rf"#|第{NUMBER}[编章节]\s")
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def read_text(content: str, *, parts: bool = False) -> LawText:
    """Split a text into articles, paragraphs and items; of a plan in parts, what follows an item belongs to it."""
    header: list[str] = []
    articles: dict[int, list[Paragraph]] = {}
    current: list[Paragraph] | None = None
    for line in filter(None, map(str.strip, content.translate(_WIDE).splitlines())):
        begun = (_PART if parts else _ARTICLE).match(line)
        item = _ITEM.match(line)
        if begun:
            current = articles.setdefault(number(begun.group(1)), [])
            current.append(Paragraph(begun.group(2)))
        elif current is None:
            header.append(line)
        elif item:
            current[-1] = Paragraph(current[-1].text, (*current[-1].items, item.group(1)))
        elif parts and current[-1].items:
            *earlier, last = current[-1].items
            current[-1] = Paragraph(current[-1].text, (*earlier, last + line))
        elif not _HEADING.match(line):
            current.append(Paragraph(line))
    heading = _TITLE.search("\n".join(header))
    title = heading[1] if heading else re.split(r"[(\n]", "\n".join(header))[0]
    return LawText(title, "\n".join(header), articles)


@cache
def texts() -> Mapping[str, LawText]:
    """All texts, by instrument."""
    return {instrument: _read_files(names, parts=instrument == "plan") for instrument, names in TEXTS_OF.items()}


def _read_files(names: list[str], *, parts: bool) -> LawText:
    """The first text, with the articles that only those after it have."""
    first, *others = [read_text((Path(FOLDER) / name).read_text("utf-8"), parts=parts) for name in names]
    for other in others:
        first = first._replace(header=f"{first.header}\n{other.header}", articles={**other.articles, **first.articles})
    return first


def words_at(place: ProvisionRef, home: str, laws: Mapping[str, LawText]) -> str:
    """The words of a place; of an item of a list of violations, the words above the list come first."""
    article = laws[place.instrument if isinstance(place.instrument, str) else home].articles[place.article]
    if isinstance(place.item, int):
        paragraph = article[place.paragraph - 1 if isinstance(place.paragraph, int) else 0]
        lead = paragraph.text if "有下列情形之一的" in paragraph.text else ""
        return lead + paragraph.items[place.item - 1]
    if isinstance(place.paragraph, int):
        return article[place.paragraph - 1].text
    return "".join(paragraph.text for paragraph in article)


# ------------------------------------------------------------------------------- reading figures


class Figure(NamedTuple):
    """A number and its unit."""

    value: int
    unit: str


_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_UNITS = {
    "times": rf"({NUMBER})倍",
    "yuan": rf"({AMOUNT})元",
    "percent": rf"百分之({NUMBER})",
    "years": rf"({NUMBER})年",
    "working_day": rf"({NUMBER})个工作日",
    "calendar_day": rf"({NUMBER})日",
}


def figures_in(words: str, home: str) -> set[Figure]:
    """Every figure of some words; in 行政许可法 a day is a working day (its article 82)."""
    words = _DATE.sub("", words)
    found = {
        Figure(number(written), unit) for unit, pattern in _UNITS.items() for written in re.findall(pattern, words)
    }
    if home == "all":
        found = {Figure(f.value, "working_day") if f.unit == "calendar_day" else f for f in found}
    return found


# ---------------------------------------------------------------------------- what violations say


class Said(NamedTuple):
    """A tier in plain words: the fine, the measures, and what responsible persons face."""

    fine: tuple[object, ...] | None
    measures: frozenset[str]
    persons: tuple[object, ...] | None


AUTHORITIES = {
    "县级以上地方": "local_county_or_above",
    "县级以上": "county_or_above",
    "省级": "provincial",
    "省级以上": "provincial_or_above",
}
ROLES = {
    "法定代表人": "legal_representative",
    "主要负责人": "principal",
    "直接负责的主管人员": "directly_responsible_manager",
    "其他责任人员": "other",
}
LICENCES = {
    "药品批准证明文件": "drug_approval",
    "药品生产许可证": "production_licence",
    "药品经营许可证": "distribution_licence",
    "医疗机构制剂许可证": "hospital_preparation_licence",
    "医疗机构执业许可证": "medical_institution_practice_licence",
}
OBJECTS = {"违法生产、销售的药品": "drugs", "违法购进的药品": "purchased_drugs", "违法所得": "illegal_gains"}
ACTIVITIES = {"生产": "production", "批发": "wholesale", "零售": "retail"}
STUDIES = {
    "药物非临床安全性评价研究": "glp_studies",
    "药物临床试验": "clinical_trials",
    "相关专业药物临床试验": "clinical_trials_of_specialty",
}
PLAIN_MEASURES = {
    "责令限期改正": "order_to_correct within_time_limit",
    "责令改正": "order_to_correct",
    "给予警告": "warning",
    "责令停产停业整顿(?!直至)": "suspension",
    "不予受理或者不予许可": "application_refused",
    "取消相关药物临床试验专业备案": "filing_cancelled specialty",
    "取消[^,;]*或者药物临床试验机构备案": "filing_cancelled institution",
    "临床试验数据不得用于申请药品注册": "data_inadmissible",
    "收缴其销售或者使用的假药、劣药": "drugs_taken",
    "由药品监督管理部门依法承担赔偿责任": "compensation",
    "故意或者有重大过失的工作人员承担": "recourse",
    "给予处分": "discipline",
}

# DAR 81 speaks to medical institutions: of the licences that DAL 129 lists, theirs alone.
NARROWED = {"81-1": {"医疗机构执业许可证": "medical_institution_practice_licence"}}


def law_says(words: str, licences: Mapping[str, str] = LICENCES) -> dict[str, Said]:
    """The tiers of a provision; a later tier keeps the first one's measures, and its fine if it has none of its own."""
    parts = re.split(r"[,;](逾期[^,;]*的|情节严重的),", words)
    tiers = {"first": parts[0]}
    for marker, part in zip(parts[1::2], parts[2::2], strict=True):
        tiers["severe" if marker == "情节严重的" else "uncorrected"] = part
    deemed = _deemed_said(words)
    first_unit = tiers["first"].partition("对法定代表人")[0]
    said = {}
    for name, part in tiers.items():
        unit, separator, persons = part.partition("对法定代表人")
        said[name] = Said(
            _fine_said(unit, deemed) or _fine_said(first_unit, deemed),
            frozenset(_measures_said(unit, licences)) | frozenset(_measures_said(first_unit, licences)),
            _persons_said(separator + persons) if separator else None,
        )
    return said


def _deemed_said(words: str) -> object:
    found = re.findall(rf"(?:违法([^,;的]+)的药品)?货值金额不足({AMOUNT})元的,按({AMOUNT})元计算", words)
    for _, below, counted in found:
        assert below == counted
    by_activity = {
        ACTIVITIES[activity]: number(counted) for names, _, counted in found for activity in names.split("、") if names
    }
    return by_activity or (number(found[0][2]) if found else None)


def _fine_said(words: str, deemed: object) -> tuple[object, ...] | None:
    if found := re.search(rf"货值金额({NUMBER})倍以上({NUMBER})倍以下的罚款", words):
        return ("goods_value_multiple", number(found[1]), number(found[2]), deemed)
    if found := re.search(rf"百分之({NUMBER})以上百分之({NUMBER})以下的罚款", words):
        return ("income_share", number(found[1]), number(found[2]))
    if found := re.search(rf"处(?:({AMOUNT})元以上)?({AMOUNT})元以下的罚款", words):
        return ("fixed", number(found[1]) if found[1] else None, number(found[2]))
    return None


def _measures_said(words: str, licences: Mapping[str, str]) -> Iterator[str]:
    for pattern, measure in PLAIN_MEASURES.items():
        if re.search(pattern, words):
            yield measure
    for objects in re.findall(r"没收([^,;。]*)", words):
        yield _list_said("confiscation", re.split("和", objects), OBJECTS)
    for up_to, listed in re.findall(r"(直至)?(?:由原发证部门)?吊销([^,;:。]*)", words):
        named = [name for name in licences if name in listed]
        yield _list_said("suspension_up_to_revocation" if up_to else "revocation", named, licences)
    for years in re.findall(rf"({NUMBER})年内不受理其相应申请", words):
        yield f"application_bar {number(years)}"
    for years, study in re.findall(rf"禁止其({NUMBER})年内开展([^,;。]*?)(?=或者|[,;。])", words):
        scope = "specialty" if study.startswith("相关专业") else "institution"
        yield f"activity_ban {number(years)} {STUDIES[study]} {scope}"
    for years, studies in re.findall(rf"({NUMBER})年内不得开展([^,;。]*)", words):
        yield _list_said(f"activity_ban {number(years)}", studies.split("、"), STUDIES)


def _list_said(measure: str, names: list[str], codes: Mapping[str, str]) -> str:
    return f"{measure} {','.join(sorted(codes[name] for name in names))}"


def _persons_said(words: str) -> tuple[object, ...]:
    addressed = re.split("[,处]", words.removeprefix("对"), maxsplit=1)[0]
    roles = sorted(ROLES[name] for name in re.split("[、和]", addressed))
    ban: object = None
    if found := re.search(rf"禁止其({NUMBER})年内从事药品生产经营(?:等)?活动", words):
        ban = (number(found[1]), None)
    elif found := re.search(rf"({NUMBER})年直至终身禁止从事药品生产经营(?:等)?活动", words):
        ban = (number(found[1]), "life")
    income = "没收违法行为发生期间自本单位所获收入" in words
    return (roles, _fine_said(words, None), income, ban)


# ------------------------------------------------------------------------- what a row of law/ says


def row_says(tier: Tier) -> Said:
    persons = None if isinstance(tier.persons, UnsetType) else _persons_of(tier.persons)
    fine = None if isinstance(tier.fine, UnsetType) else _fine_of(tier.fine)
    return Said(fine, frozenset(map(_measure_of, tier.measures)), persons)


def _yuan(money: Money) -> int:
    assert money.fen % 100 == 0
    return money.fen // 100


def _fine_of(fine: FixedFine | GoodsValueMultiple | IncomeShare) -> tuple[object, ...]:
    if isinstance(fine, IncomeShare):
        return ("income_share", fine.minimum_percent, fine.maximum_percent)
    if isinstance(fine, FixedFine):
        return ("fixed", _yuan(fine.minimum) if isinstance(fine.minimum, Money) else None, _yuan(fine.maximum))
    deemed: object = _yuan(fine.deemed_value) if isinstance(fine.deemed_value, Money) else None
    if isinstance(fine.deemed_value_by_activity, dict):
        deemed = {activity: _yuan(money) for activity, money in fine.deemed_value_by_activity.items()}
    return ("goods_value_multiple", fine.minimum, fine.maximum, deemed)


def _measure_of(measure: Measure) -> str:
    words: list[str] = [str(measure.__struct_config__.tag)]
    if isinstance(measure, OrderToCorrect) and measure.within_time_limit:
        words.append("within_time_limit")
    if isinstance(measure, ApplicationBar | ActivityBan):
        assert isinstance(measure.length.up_to, UnsetType)
        words.append(str(measure.length.years))
    words += [
        ",".join(sorted(getattr(measure, n))) for n in ("objects", "licences", "activities") if hasattr(measure, n)
    ]
    if isinstance(getattr(measure, "scope", None), str):
        words.append(str(getattr(measure, "scope", "")))
    return " ".join(words)


def _persons_of(clause: PersonsClause) -> tuple[object, ...]:
    ban: object = None
    if not isinstance(clause.ban, UnsetType):
        assert clause.ban.activities == ("drug_production_and_trade",)
        ban = (clause.ban.length.years, clause.ban.length.up_to if isinstance(clause.ban.length.up_to, str) else None)
    return (sorted(clause.roles), _fine_of(clause.fine), clause.income_confiscated, ban)


# ----------------------------------------------------------------- a row against what the law says

Raw = dict[str, Any]
Faults = Iterator[str]


def violation_faults(raw: Raw, home: str, laws: Mapping[str, LawText]) -> Faults:
    """Where a violation says otherwise than its provision, and the provision that its tiers rest on."""
    row = msgspec.convert(raw, ViolationRow, dec_hook=decode_value)
    own = words_at(row.citation, home, laws)
    yield from _authority_faults(row, home, laws)
    yield from _notice_faults(row, laws)
    places = {
        tier.name: tier.citation if isinstance(tier.citation, ProvisionRef) else row.citation for tier in row.tier
    }
    law = law_says(words_at(places[row.tier[0].name], home, laws), NARROWED.get(row.id, LICENCES))
    if "exempt" in places:
        law = {"exempt": law["first"], "not_exempt": Said(None, frozenset(), None)}
    if len(set(map(str, places.values()))) > 1:
        yield "the tiers rest on several provisions"
    if set(law) != set(places):
        yield f"tiers: the law has {sorted(law)}, the row {sorted(places)}"
    for tier in row.tier:
        said = row_says(tier)
        if tier.name in law and said != law[tier.name]:
            yield f"{tier.name}: the law says {law[tier.name]}, the row {said}"
        if isinstance(tier.citation, ProvisionRef) and tier.citation.article not in _articles_named(own):
            yield f"{tier.name}: the row's own provision does not refer to article {tier.citation.article}"


def _notice_faults(row: ViolationRow, laws: Mapping[str, LawText]) -> Faults:
    """Where a figure that a notice names is not that of the provisions beside this one: days of detention (拘留)."""
    for code, facts in row.notice_facts.items():
        places = (*row.higher_fine_of, *_cited(WORDING["notices.toml"][code], "?"))
        beside = "".join(words_at(place, "?", laws) for place in places)
        found = re.search(rf"({NUMBER})日以上({NUMBER})日以下的拘留", beside)
        law = {"minimum_days": number(found[1]), "maximum_days": number(found[2])} if found else {}
        if facts != law:
            yield f"{code}: the law says {law}, the row {facts}"


def _authority_faults(row: ViolationRow, home: str, laws: Mapping[str, LawText]) -> Faults:
    place = row.authority_citation if isinstance(row.authority_citation, ProvisionRef) else row.citation
    named = re.findall(r"(县级以上地方|县级以上|省级以上|省级)人民政府药品监督管理部门", words_at(place, home, laws))
    law = {AUTHORITIES[name] for name in named}
    if law != ({row.authority} if isinstance(row.authority, str) else set()):
        yield f"authority: the law says {sorted(law)}, the row {row.authority}"
    if row.penalty != isinstance(row.authority, str):
        yield "a penalty needs an authority, and an authority a penalty"


def _articles_named(words: str) -> set[int]:
    return {number(written) for written in re.findall(rf"第({NUMBER})条", words)}


EVENTS = {
    "acceptance": r"自受理[^,。]*申请之日起",
    "receipt_of_result": r"自收到药品检验结果之日起",
    "confirmation_of_error": r"自确认不当之日起",
    "decision": r"自作出决定之日起",
    "receipt": r"自收到申请材料之日起",
    "health_authority_feedback": r"接到国家卫生健康委书面反馈意见后",
    "application": r"提出的[^,。]*申请,",
}


def step_faults(raw: Raw, home: str, laws: Mapping[str, LawText]) -> Faults:
    """Where a step says otherwise than its provision."""
    row = msgspec.convert(raw, StepRow, dec_hook=decode_value)
    words = words_at(row.citation, home, laws)
    length = {Figure(row.length, row.unit)} if isinstance(row.length, int) else set()
    yield from _time_faults(words, home, length, {Figure(row.extension, row.unit)} if row.extension else set())
    if (not length) != ("及时" in words):
        yield "no length, and not promptly either"
    yield from _event_faults(words, set() if "reading-start-event" in row.notices else {row.starts_from})
    if isinstance(row.also, ProvisionRef):
        instrument = row.also.instrument if isinstance(row.also.instrument, str) else home
        yield from _time_faults(words_at(row.also, home, laws), instrument, length, set())
        yield from _event_faults(words_at(row.also, home, laws), {row.starts_from})
    if not isinstance(row.joint_filing, UnsetType):
        joint = row.joint_filing
        if "同步审批" not in words:
            yield "joint filing is not in the provision"
        joint_words = words_at(joint.citation, home, laws)
        yield from _time_faults(joint_words, home, {Figure(joint.length, row.unit)}, set())
        yield from _event_faults(joint_words, {joint.starts_from})
    if (row.on_lapse == "consent_deemed") != ("逾期未通知的,视为同意" in words):
        yield "on lapse: consent"
    if (row.on_lapse == "acceptance_deemed", row.lapse_effective == "start") != (
        ("自收到申请材料之日起即为受理" in words),
    ) * 2:
        yield "on lapse: acceptance"
    yield from _start_faults(row, laws)


def _time_faults(words: str, home: str, length: set[Figure], extension: set[Figure]) -> Faults:
    before, marker, after = words.partition("延长")
    law = (figures_in(before, home), figures_in(after, home) if marker else set())
    if law != (length, extension):
        yield f"length and extension: the law says {law}, the row {(length, extension)}"


def _event_faults(words: str, expected: set[str]) -> Faults:
    law = {event for event, pattern in EVENTS.items() if re.search(pattern, words)}
    if law != expected:
        yield f"starts from: the law says {sorted(law)}, the row {sorted(expected)}"


def _start_faults(row: StepRow, laws: Mapping[str, LawText]) -> Faults:
    """A start date of the row's own is that of the other law that says the same."""
    if isinstance(row.in_force_from, date):
        instrument = row.also.instrument if isinstance(row.also, ProvisionRef) else None
        if not isinstance(instrument, str) or first_day_said(laws[instrument]) != row.in_force_from:
            yield f"in force from {row.in_force_from}: no text says so"


def term_faults(raw: Raw, home: str, laws: Mapping[str, LawText]) -> Faults:
    """Where a term says otherwise than its provision."""
    row = msgspec.convert(raw, TermRow, dec_hook=decode_value)
    words = words_at(row.citation, home, laws)
    found = re.findall(rf"(有效期为|不超过)({NUMBER})年", words)
    law = {(marker == "不超过", Figure(number(years), "years")) for marker, years in found}
    if law != {(row.ceiling, Figure(row.length.years, "years"))} or row.length.months or row.length.days:
        yield f"length: the law says {law}, the row {row.length}, ceiling {row.ceiling}"
    if {figure for _, figure in law} != figures_in(words, home):
        yield f"other figures: {figures_in(words, home)}"
    if not isinstance(row.renewal, UnsetType):
        renewal = row.renewal
        whole = words_at(ProvisionRef(article=renewal.citation.article), home, laws)
        asked = set(re.findall(r"应当向(?:所在地)?(国务院|省级|县级以上地方)(?:人民政府)?药品监督管理部门", whole))
        law_authorities = {RENEWED_BY[name] for name in asked}
        row_authorities = {renewal.authority, renewal.foreign_holder_authority} - {msgspec.UNSET}
        if law_authorities != row_authorities:
            yield f"renewal: the law says {law_authorities}, the row {row_authorities}"
        if not re.search("申请(?:重新核发|再注册)", words_at(renewal.citation, home, laws)):
            yield "renewal is not in the provision cited"


RENEWED_BY = {"国务院": "national", "省级": "provincial", "县级以上地方": "local_county_or_above"}
CHECKS: dict[str, Callable[[Raw, str, Mapping[str, LawText]], Faults]] = {
    "violation": violation_faults,
    "step": step_faults,
    "term": term_faults,
}


# ----------------------------------------------------------------------------------- the law data


class Row(NamedTuple):
    """A row of law/ as it stands there, and the instrument of its file."""

    table: str
    home: str
    raw: Raw


FILES: dict[str, Raw] = {
    path.name: tomllib.loads(path.read_text("utf-8")) for path in sorted((PACKAGE / "law").glob("*.toml"))
}
LAWS: dict[str, Raw] = {file["instrument"]["id"]: file for file in FILES.values()}
WORDING: dict[str, Raw] = {
    path.name: tomllib.loads(path.read_text("utf-8")) for path in sorted((PACKAGE / "wording").glob("*.toml"))
}


def _with_tiers(raw: Raw, file: Raw) -> Raw:
    """The row with the tiers of the row that it names, if it names one."""
    if "tiers_of" not in raw:
        return raw
    shared = next(other for other in file["violation"] if other["id"] == raw["tiers_of"])
    return {**{name: value for name, value in raw.items() if name != "tiers_of"}, "tier": shared["tier"]}


ROWS = [
    Row(table, home, _with_tiers(raw, file))
    for home, file in LAWS.items()
    for table in CHECKS
    for raw in file.get(table, [])
]


def _named(rows: list[Row], table: str) -> list[Any]:
    return [pytest.param(row, id=row.raw["id"]) for row in rows if row.table == table]


@needs_texts
@pytest.mark.parametrize("row", _named(ROWS, "violation"))
def test_a_violation_says_what_its_provision_says(row: Row) -> None:
    assert list(violation_faults(row.raw, row.home, texts())) == []


@needs_texts
@pytest.mark.parametrize("row", _named(ROWS, "violation"))
def test_a_violation_has_exactly_the_figures_of_its_provision(row: Row) -> None:
    typed = msgspec.convert(row.raw, ViolationRow, dec_hook=decode_value)
    places = {str(place): place for tier in typed.tier if isinstance(place := tier.citation, ProvisionRef)}
    words = "".join(words_at(place, row.home, texts()) for place in (typed.citation, *places.values()))
    assert {figure.value for figure in figures_in(words, row.home)} == set(numbers_of(row.raw["tier"]))
    assert ("终身" in words) == ("life" in str(row.raw["tier"]))


@needs_texts
@pytest.mark.parametrize("row", _named(ROWS, "step"))
def test_a_step_says_what_its_provision_says(row: Row) -> None:
    assert list(step_faults(row.raw, row.home, texts())) == []


@needs_texts
@pytest.mark.parametrize("row", _named(ROWS, "term"))
def test_a_term_says_what_its_provision_says(row: Row) -> None:
    assert list(term_faults(row.raw, row.home, texts())) == []


# ------------------------------------------------------------------------------ places and dates


def test_every_instrument_of_the_law_is_compared_with_a_text() -> None:
    assert set(LAWS) - set(TEXTS_OF) == set()


@needs_texts
@pytest.mark.parametrize("instrument", sorted(set(TEXTS_OF) - {"plan", "cc"}))
def test_a_text_is_whole(instrument: str) -> None:
    # The plan has parts, and of the Civil Code only the General Part is needed.
    articles = texts()[instrument].articles
    assert sorted(articles) == list(range(1, max(articles) + 1))
    assert all(paragraph.text for paragraphs in articles.values() for paragraph in paragraphs)


@needs_texts
@pytest.mark.parametrize(
    ("instrument", "article"),
    [pytest.param(home, int(article), id=f"{home}-{article}") for home in LAWS for article in LAWS[home]["provisions"]],
)
def test_an_article_has_the_paragraphs_and_items_of_the_text(instrument: str, article: int) -> None:
    paragraphs = texts()[instrument].articles[article]
    assert [len(paragraph.items) for paragraph in paragraphs] == LAWS[instrument]["provisions"][str(article)]


def _cited(value: object, home: str) -> Iterator[ProvisionRef]:
    """Every place that some data cites, at any depth, with its instrument."""
    if isinstance(value, dict) and isinstance(value.get("article"), int):
        yield msgspec.convert({"instrument": home, **value}, ProvisionRef)
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _cited(inner, home)


def _all_cited() -> list[ProvisionRef]:
    places = [place for home, file in LAWS.items() for place in _cited(file, home)] + list(_cited(WORDING, "?"))
    return sorted(set(places), key=str)


@needs_texts
@pytest.mark.parametrize(
    "place", [pytest.param(p, id=f"{p.instrument}-{p.article}-{p.paragraph or 0}-{p.item or 0}") for p in _all_cited()]
)
def test_a_citation_points_to_words_of_the_text(place: ProvisionRef, rulebook: Rulebook) -> None:
    citation = rulebook.cite(place)
    read = re.fullmatch(rf"《(.+)》第({NUMBER})(条|部分)(?:第({NUMBER})款)?(?:第（({NUMBER})）项)?", citation.label)
    assert read
    title, article, kind, paragraph, item = read.groups()
    text = texts()[citation.instrument]
    # A law that was revised under the same title is told apart by the year of its revision.
    revised = re.search(r"(\d{4})年修订", title)
    assert text.title == re.sub(r"（\d{4}年修订）$", "", title)
    assert revised is None or re.search(rf"{revised[1]}年[^\n]*修订", text.header)
    assert kind == ("部分" if citation.instrument == "plan" else "条")
    cited = text.articles[number(article)][number(paragraph) - 1 if paragraph else 0]
    assert cited.items[number(item) - 1] if item else cited.text


def first_day_said(text: LawText) -> date | None:
    """The first day in force that a text states, in its heading or in its last article."""
    last = text.articles[max(text.articles)]
    found = re.search(_DATE.pattern + "起施行", text.header + "".join(paragraph.text for paragraph in last))
    return date(*map(int, found.groups())) if found else None


# The Measures' text says "from the day of publication" (1949); the decision that amended it says 2025-01-01.
NO_DAY_STATED = {"plan", "measures"}
# These texts state only the first day of the Regulation as it was first made, which is not that of their revision.
FIRST_MADE = {"dar-2024": date(2002, 9, 15)}


@needs_texts
def test_the_former_regulation_began_in_2002_was_revised_in_2024_and_ended_with_the_present_one() -> None:
    former = LAWS["dar-2024"]["instrument"]
    assert former["in_force_from"] == first_day_said(texts()["dar-2024"]) == FIRST_MADE["dar-2024"]
    assert f"{former['revised_on']} 第三次修订" in (Path(FOLDER) / "regulation-2024-former.txt").read_text("utf-8")
    assert former["in_force_until"] + timedelta(1) == LAWS["dar"]["instrument"]["in_force_from"]


@needs_texts
@pytest.mark.parametrize("instrument", sorted(set(LAWS) - set(FIRST_MADE)))
def test_an_instrument_is_in_force_from_the_day_that_its_text_states(instrument: str) -> None:
    stated = first_day_said(texts()[instrument])
    assert (stated is None) == (instrument in NO_DAY_STATED)
    if stated is not None:
        assert LAWS[instrument]["instrument"]["in_force_from"] == stated


@needs_texts
def test_the_plan_bears_no_date_at_all() -> None:
    assert "in_force_from" not in LAWS["plan"]["instrument"]
    assert not _DATE.search((Path(FOLDER) / TEXTS_OF["plan"][0]).read_text("utf-8"))


@needs_texts
def test_the_regulation_commences_by_the_article_that_it_names() -> None:
    assert LAWS["dar"]["instrument"]["commencement"] == {"article": 89}
    assert texts()["dar"].articles[89] == [Paragraph("本条例自2026年5月15日起施行。")]


@needs_texts
def test_the_regulation_bears_the_number_of_its_latest_revision() -> None:
    numbers = re.findall(r"国务院令第\d+号", texts()["dar"].header)
    assert LAWS["dar"]["instrument"]["document_number"] == numbers[-1]


# --------------------------------------------------------------------- articles named in sentences

# In Chinese a law stands before its articles by name, in English by its short name; longer names come first.
NAMES = {
    "药品管理法实施条例": "dar",
    "条例": "dar",
    "药品管理法": "dal",
    "疫苗管理法": "val",
    "行政处罚法": "apl",
    "行政许可法": "all",
    "许可法": "all",
    "民法典": "cc",
    "Regulation": "dar",
    "Vaccine Administration Law": "val",
    **{code.upper(): code for code in TEXTS_OF},
}
_NAMED = re.compile(
    rf"(?P<law>{'|'.join(NAMES)})"
    rf"|第(?P<first>{NUMBER})条(?:至第(?P<last>{NUMBER})条)?"
    r"|Arts?\. (?P<begin>\d+)(?:-(?P<end>\d+))?(?P<more>(?:, \d+)*)"
)


class Named(NamedTuple):
    """An article that a sentence names by its number, of the law that it named last; None where it named none."""

    law: str | None
    article: int


def named_articles(sentence: str) -> Iterator[Named]:
    """Every article that a sentence names by its number."""
    law = None
    for found in _NAMED.finditer(sentence):
        if found["law"]:
            law = NAMES[found["law"]]
            continue
        first, last = found["first"] or found["begin"], found["last"] or found["end"]
        for article in range(number(first), number(last or first) + 1):
            yield Named(law, article)
        for article in re.findall(r"\d+", found["more"] or ""):
            yield Named(law, int(article))


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        (
            "由药品管理法第116条至第118条决定；疫苗由疫苗管理法第80条决定。",
            [*[("dal", n) for n in (116, 117, 118)], ("val", 80)],
        ),
        ("条例的施行日见第八十九条。", [("dar", 89)]),
        (
            "DAL Arts. 116-118 decide; see APL Arts. 36, 37 and CC Art. 1259.",
            [("dal", 116), ("dal", 117), ("dal", 118), ("apl", 36), ("apl", 37), ("cc", 1259)],
        ),
        ("见第71条。", [(None, 71)]),
        ("A sentence without any.", []),
    ],
)
def test_the_articles_that_a_sentence_names_are_found(sentence: str, named: list[tuple[str | None, int]]) -> None:
    assert list(named_articles(sentence)) == named


def _sentences() -> list[tuple[str, str]]:
    """Every sentence of notices, messages and explanations that names an article, with its place."""
    return [
        (f"{file}-{code}-{lang}", text[lang])
        for file in ("notices", "messages", "explanations")
        for code, text in _texts_in(WORDING[f"{file}.toml"])
        for lang in ("zh", "en")
        if any(named_articles(text[lang]))
    ]


def _texts_in(value: object, code: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    if isinstance(value, dict) and {"zh", "en"} <= set(value):
        yield code, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts_in(inner, f"{code}.{name}".strip("."))


@needs_texts
@pytest.mark.parametrize("sentence", [pytest.param(text, id=place) for place, text in _sentences()])
def test_an_article_that_a_sentence_names_stands_in_the_law(sentence: str) -> None:
    missing = [
        (law, article)
        for law, article in named_articles(sentence)
        if law is None or article not in texts()[law].articles
    ]
    assert missing == []


# --------------------------------------------------------------------------------- general rules

TELLING = {
    "limitation": "不再给予行政处罚",
    "applicable_law": "适用违法行为发生时的法律",
    "regulation_clock_stops": "不计入药品监督管理部门实施行政许可的期限",
    "licensing_law_clock_stops": "不计算在本节规定的期限内",
    "renewal": "延续依法取得的行政许可",
    "working_days": "以工作日计算",
    "period_start": "开始的当日不计入",
    "corresponding_day": "对应日为期间的最后一日",
    "rest_day_roll": "法定休假日结束的次日",
    "statutory_days": "全体公民放假的节日",
}
RULES: dict[str, tuple[str, Raw]] = {
    name: (home, raw) for home in LAWS for name, raw in LAWS[home].get("rules", {}).items()
}


def _rule_words(name: str) -> str:
    home, raw = RULES[name]
    return words_at(msgspec.convert(raw["citation"], ProvisionRef), home, texts())


@needs_texts
@pytest.mark.parametrize("name", sorted(RULES))
def test_a_general_rule_cites_the_provision_that_says_it(name: str) -> None:
    assert TELLING[name] in _rule_words(name)


@needs_texts
def test_the_limitation_periods_are_those_of_the_penalty_law() -> None:
    found = re.search(rf"在({NUMBER})年内未被发现.*延长至({NUMBER})年", _rule_words("limitation"))
    assert found
    rule = RULES["limitation"][1]
    assert (rule["years"], rule["extended_years"]) == (number(found[1]), number(found[2])) == (2, 5)


@needs_texts
def test_renewal_is_asked_for_the_days_of_the_licensing_law_before_expiry() -> None:
    found = re.search(rf"有效期届满({NUMBER})日前", _rule_words("renewal"))
    assert found
    assert RULES["renewal"][1]["days"] == number(found[1]) == 30


@needs_texts
def test_the_statutory_days_off_are_those_of_the_holiday_measures() -> None:
    items = texts()["measures"].articles[2][0].items
    days = [number(written) for item in items for written in re.findall(rf"放假({NUMBER})天", item)]
    assert days == [1, 4, 1, 2, 1, 1, 3]
    newest = max(RULES["statutory_days"][1]["days_from_year"].items())
    assert newest == ("2025", sum(days))


STOPS = {
    "技术审核": "technical_review",
    "药品注册审评": "registration_review",
    "听证": "hearing",
    "招标": "bidding",
    "拍卖": "auction",
    "检验": "inspection",
    "检测": "testing",
    "检疫": "quarantine",
    "鉴定": "appraisal",
    "专家评审": "expert_review",
}


@needs_texts
def test_the_licensing_law_stops_the_clock_for_its_eight_reasons() -> None:
    found = re.search("依法需要(.+?)的,所需时间", _rule_words("licensing_law_clock_stops"))
    assert found
    named = re.split("[、和]", found[1])
    assert RULES["licensing_law_clock_stops"][1]["reasons"] == [STOPS[name] for name in named]
    assert len(named) == 8


@needs_texts
def test_the_regulation_stops_the_clock_for_registration_review_and_technical_review() -> None:
    found = re.findall("(药品注册审评|技术审核)所需时间", _rule_words("regulation_clock_stops"))
    assert set(RULES["regulation_clock_stops"][1]["reasons"]) == {STOPS[name] for name in found}
    assert len(found) == 2


@needs_texts
def test_technical_review_stops_the_clock_of_the_four_applications_that_the_regulation_names() -> None:
    applications = {
        "药物非临床安全性评价研究机构资格申请": "glp-qualification",
        "药品生产许可申请": "production-licence",
        "药品经营许可申请": "distribution-licence",
        "医疗机构制剂许可申请": "hospital-preparation-licence",
    }
    found = re.search("以及(.+?)审查中涉及的技术审核", _rule_words("regulation_clock_stops"))
    assert found
    stopped = {row.raw["id"] for row in ROWS if "technical_review" in row.raw.get("clock_stops", [])}
    assert stopped == {applications[name] for name in found[1].split("、")}


@needs_texts
def test_no_step_is_stopped_outright_by_a_reason_that_the_texts_do_not_give_it() -> None:
    assert {reason for row in ROWS for reason in row.raw.get("clock_stops", [])} == {"technical_review"}


# ------------------------------------------------------------------- the checks themselves checked

Where = tuple[str | int, ...]

# What former provisions and excerpts say, and no provision in force: tests/rules/test_law_excerpts.py compares it.
COMPARED_WITH_EXCERPTS = {"window", "usual_lead", "next_term_since"}


def _leaves(value: object, path: Where = ()) -> Iterator[tuple[Where, object]]:
    """Every single value of a row outside its citations, with its place."""
    if isinstance(value, dict) and "article" not in value:
        for name, inner in value.items():
            if name not in COMPARED_WITH_EXCERPTS:
                yield from _leaves(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    elif not isinstance(value, dict):
        yield path, value


def _raised(value: object) -> object:
    """The figure one higher, or None where a value is no figure."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value + 1
    if isinstance(value, date):
        return value + timedelta(1)
    return str(int(value) + 1) if isinstance(value, str) and value.isdigit() else None


def numbers_of(raw: object) -> Iterator[int]:
    """Every number of a row outside its citations."""
    for _, value in _leaves(raw):
        if _raised(value) is not None:
            yield int(str(value))


def with_one_figure_raised(raw: Raw) -> Iterator[tuple[Where, Raw]]:
    """The row again and again, each time with another of its figures one higher."""
    for path, value in _leaves(raw):
        if (raised := _raised(value)) is not None:
            changed = deepcopy(raw)
            place: Any = changed
            for name in path[:-1]:
                place = place[name]
            place[path[-1]] = raised
            yield path, changed


WITH_FIGURES = [row for row in ROWS if any(with_one_figure_raised(row.raw))]


@needs_texts
@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.table}-{row.raw['id']}") for row in WITH_FIGURES])
def test_any_figure_of_a_row_that_were_one_higher_would_be_found(row: Row) -> None:
    check = CHECKS[row.table]
    for path, changed in with_one_figure_raised(row.raw):
        assert list(check(changed, row.home, texts())) != [], path


MADE_UP_TEXT = """假想条例（2030年1月2日起施行）
第一章 责任
第一条 未按假想规定办理的，由省级人民政府药品监督管理部门责令限期改正，给予警告；\
逾期不改正的，处3万元以上十二万元以下的罚款；\
情节严重的，没收违法所得。
第二条 有下列情形之一的，由县级以上人民政府药品监督管理部门处货值金额二倍以上6倍以下的罚款，\
货值金额不足七万元的，按七万元计算；情节严重的，责令停产停业整顿直至吊销药品经营许可证，\
对法定代表人、主要负责人处1万元以上2万元以下的罚款，禁止其4年内从事药品生产经营活动：
（一）假想情形；
（二）另一假想情形。
第三条 假想部门应当自受理申请之日起二十五个工作日内作出决定。
假想证书有效期为8年。
"""
MADE_UP = {"law": read_text(MADE_UP_TEXT)}
MADE_UP_VIOLATION: Raw = {
    "id": "2-1-2",
    "citation": {"article": 2, "paragraph": 1, "item": 2},
    "authority": "county_or_above",
    "tier": [
        {
            "name": "first",
            "measures": [],
            "fine": {"kind": "goods_value_multiple", "minimum": 2, "maximum": 6, "deemed_value": "70000"},
        },
        {
            "name": "severe",
            "measures": [{"kind": "suspension_up_to_revocation", "licences": ["distribution_licence"]}],
            "fine": {"kind": "goods_value_multiple", "minimum": 2, "maximum": 6, "deemed_value": "70000"},
            "persons": {
                "roles": ["legal_representative", "principal"],
                "fine": {"kind": "fixed", "minimum": "10000", "maximum": "20000"},
                "ban": {"activities": ["drug_production_and_trade"], "length": {"years": 4}},
            },
        },
    ],
}
MADE_UP_STEP: Raw = {
    "id": "decision",
    "citation": {"article": 3, "paragraph": 1},
    "length": 25,
    "unit": "working_day",
    "starts_from": "acceptance",
}
MADE_UP_TERM: Raw = {
    "id": "certificate",
    "citation": {"article": 3, "paragraph": 2},
    "length": {"years": 8},
    "convention": "certificate",
    "issued_before": "notice",
}
MADE_UP_ROWS = [("violation", MADE_UP_VIOLATION), ("step", MADE_UP_STEP), ("term", MADE_UP_TERM)]


def test_a_text_is_split_into_articles_paragraphs_and_items() -> None:
    law = MADE_UP["law"]
    assert {article: [len(p.items) for p in paragraphs] for article, paragraphs in law.articles.items()} == {
        1: [0],
        2: [2],
        3: [0, 0],
    }
    assert law.articles[2][0].items[1] == "另一假想情形。"
    assert first_day_said(law) == date(2030, 1, 2)


def test_the_tiers_of_a_provision_are_read_from_its_words() -> None:
    order = frozenset({"order_to_correct within_time_limit", "warning"})
    assert law_says(MADE_UP["law"].articles[1][0].text) == {
        "first": Said(None, order, None),
        "uncorrected": Said(("fixed", 30_000, 120_000), order, None),
        "severe": Said(None, order | {"confiscation illegal_gains"}, None),
    }


@pytest.mark.parametrize(("table", "raw"), MADE_UP_ROWS, ids=[table for table, _ in MADE_UP_ROWS])
def test_a_row_that_says_what_the_made_up_law_says_has_no_fault(table: str, raw: Raw) -> None:
    assert list(CHECKS[table](raw, "law", MADE_UP)) == []


@pytest.mark.parametrize(("table", "raw"), MADE_UP_ROWS, ids=[table for table, _ in MADE_UP_ROWS])
def test_a_figure_that_the_made_up_law_does_not_say_is_a_fault(table: str, raw: Raw) -> None:
    changed = list(with_one_figure_raised(raw))
    assert len(changed) == {"violation": 9, "step": 1, "term": 1}[table]
    for path, other in changed:
        assert len(list(CHECKS[table](other, "law", MADE_UP))) == 1, path


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("authority",), "provincial"),
        (("tier", 0, "name"), "uncorrected"),
        (("tier", 0, "measures"), [{"kind": "warning"}]),
        (("tier", 1, "measures"), []),
        (("tier", 1, "measures", 0, "kind"), "revocation"),
        (("tier", 1, "measures", 0, "licences"), ["production_licence"]),
        (("tier", 1, "persons", "roles"), ["legal_representative"]),
        (("tier", 1, "persons", "income_confiscated"), True),
        (("tier", 1, "persons", "ban", "length", "up_to"), "life"),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_a_word_that_the_made_up_law_does_not_say_is_a_fault(path: Where, value: object) -> None:
    changed = deepcopy(MADE_UP_VIOLATION)
    place: Any = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    assert list(violation_faults(changed, "law", MADE_UP)) != []


@pytest.mark.parametrize(
    ("table", "raw"),
    [
        ("step", {**MADE_UP_STEP, "starts_from": "decision"}),
        ("step", {**MADE_UP_STEP, "unit": "calendar_day"}),
        ("step", {**MADE_UP_STEP, "extension": 10}),
        ("step", {**MADE_UP_STEP, "on_lapse": "consent_deemed"}),
        ("term", {**MADE_UP_TERM, "ceiling": True}),
        ("term", {**MADE_UP_TERM, "length": {"years": 8, "months": 1}}),
    ],
    ids=["event", "unit", "extension", "lapse", "ceiling", "months"],
)
def test_a_time_that_the_made_up_law_does_not_give_is_a_fault(table: str, raw: Raw) -> None:
    assert list(CHECKS[table](raw, "law", MADE_UP)) != []
