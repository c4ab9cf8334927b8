"""The error tree: what each error holds, and the sentence that a person reads."""

from __future__ import annotations

from datetime import date

import pytest

from penaltycalc import Rulebook, errors
from penaltycalc.calculators.problems import error_message
from penaltycalc.errors import (
    BadNotice,
    BadSetting,
    BrokenLaw,
    DatesOutOfOrder,
    DecidedElsewhere,
    ExtensionNotAllowed,
    FactOutOfRange,
    Label,
    Malformed,
    NoDate,
    NoDeployment,
    NotInForce,
    OutsideCalendar,
    OverTheCap,
    PenaltyBarred,
    PenaltycalcError,
    Reason,
    ReasonNotAllowed,
    RepeatedName,
    RunBroken,
    SchemaFault,
    TooLarge,
    UnknownColumn,
    UnknownField,
    UnknownQuery,
    UnknownResult,
    UnknownStep,
    UnknownTerm,
    UnknownViolation,
    WrongUse,
    build_choice_fault,
    find_nearest,
    label_fact,
    quote_value,
    raise_first,
)
from penaltycalc.rules.wording import LANGUAGES

COMMENCEMENT = date(2026, 5, 15)
EARLY = date(2026, 5, 14)
AT_SCOPE = ("scope",)

SENTENCES: list[tuple[PenaltycalcError, str, str]] = [
    (
        PenaltycalcError(),
        "服务出错，没有结果。请把时间告诉管理员。",
        "The service failed and gave no result. Report the time to the operator.",
    ),
    (
        Malformed(),
        "内容不是有效的JSON，或者有无法读取的数字、字符。",
        "The content is not valid JSON, or has a number or character that cannot be read.",
    ),
    (
        Malformed(message="malformed-encoding"),
        "内容不是UTF-8编码。请另存为UTF-8编码，CSV也可以写明编码（charset）。",
        "The content is not UTF-8. Save it as UTF-8, or for CSV name its charset (charset).",
    ),
    (Malformed(message="malformed-depth"), "嵌套层数过多。", "It is nested too deeply."),
    (SchemaFault(), "填写的内容不符合要求。", "This value is not valid."),
    (
        SchemaFault(AT_SCOPE, message="schema-missing", name=label_fact(("conduct", "from"))),
        "缺少“行为开始日（from）”，请填写。",
        "Missing: first day of the conduct (from).",
    ),
    (
        SchemaFault(
            AT_SCOPE,
            message="schema-one-of",
            given="全院",
            values=(Label("scope", "specialty"), Label("kind", "expiry")),
        ),
        "“全院”不能使用。请填以下代码之一：相关药物临床试验专业（specialty）、有效期（expiry）。",
        (
            "“全院” cannot be used. "
            "Give one of these codes: the clinical trial specialty concerned (specialty), validity (expiry)."
        ),
    ),
    (
        UnknownField(AT_SCOPE, "goods_valu", ["goods_value", "scope"]),
        "不认识“goods_valu”这个字段，是否为“货值金额（goods_value）”？",
        "Unknown field goods_valu; did you mean “goods value (goods_value)”?",
    ),
    (
        UnknownField(AT_SCOPE, "xyz", ["goods_value", "scope"]),
        "不认识“xyz”这个字段。",
        "Unknown field xyz.",
    ),
    (
        UnknownQuery(AT_SCOPE, "asof", ["as_of"]),
        "不认识“asof”这个参数，是否为“查询日（as_of）”？",
        "Unknown parameter asof; did you mean “as-of date (as_of)”?",
    ),
    (UnknownQuery(AT_SCOPE, "xyz", ["as_of"]), "不认识“xyz”这个参数。", "Unknown parameter xyz."),
    (
        UnknownColumn(AT_SCOPE, "days_lef", ["days_left"]),
        "不认识“days_lef”这一列，是否为“剩余（days_left）”？自用的列，列名请加固定的前缀（x_）。",
        (
            "Unknown column days_lef; did you mean “left (days_left)”? "
            "Begin the names of your own columns with the prefix for them (x_)."
        ),
    ),
    (
        UnknownColumn(AT_SCOPE, "xyz", []),
        "不认识“xyz”这一列；自用的列，列名请加固定的前缀（x_）。",
        "Unknown column xyz; begin the names of your own columns with the prefix for them (x_).",
    ),
    (
        UnknownResult(("out",), "minimun", ["minimum"]),
        "结果中没有“minimun”这一项，最接近的见括号（minimum）。",
        "The result has no part minimun; the nearest one is named here (minimum).",
    ),
    (
        Malformed(message="malformed-csv"),
        "不是有效的CSV：引号没有成对，或者内容不完整。",
        "It is not valid CSV: a quotation mark stands alone, or the content is cut off.",
    ),
    (
        SchemaFault(message="row-length", value=7, wanted=9),
        "该行有7格，表头有9列；请补齐或者删去多出的格。",
        "The row has 7 cells, the header 9 columns; make them match.",
    ),
    (TooLarge(limit=500), "内容超过500字节。", "The content is larger than 500 bytes."),
    (TooLarge(message="too-large-line", limit=500), "该行超过500字节。", "The line is longer than 500 bytes."),
    (TooLarge(message="too-large-columns", limit=500), "超过500列。", "There are more than 500 columns."),
    (
        TooLarge(message="too-large-rows", limit=500),
        "超过500行；请分批提交，程序可以改用逐行发送的接口（/ndjson, /csv）。",
        "There are more than 500 rows; send them in parts, or use the streams (/ndjson, /csv).",
    ),
    (
        RepeatedName(("responsible_persons", 0, "role"), "role"),
        "“责任人员的身份（role）”出现多次，请只留一个。",
        "role of the responsible person (role) is given more than once; keep one.",
    ),
    (
        RepeatedName(("colour",), "colour"),
        "“colour”出现多次，请只留一个。",
        "colour is given more than once; keep one.",
    ),
    (
        UnknownViolation(AT_SCOPE, "79-1-11", ["79-1-1", "85-2"]),
        "没有编号为“79-1-11”的违法行为，是否为“违规销售取得批准证明文件前生产的商业规模批次药品（79-1-1）”？",
        (
            "There is no violation 79-1-11; "
            "did you mean “Unlawful sale of commercial-scale batches made before approval (79-1-1)”?"
        ),
    ),
    # What stands for a name or an id is repeated as safely as any other value.
    (
        UnknownField(AT_SCOPE, "a\u3000b\n" + "c" * 40, []),
        f"不认识“a b\ufffd{'c' * 36}…”这个字段。",
        f"Unknown field a b\ufffd{'c' * 36}….",
    ),
    (
        UnknownStep(AT_SCOPE, "药\xa0\x1b" + "x" * 40, []),
        f"没有编号为“药 \ufffd{'x' * 37}…”的办理事项。",
        f"There is no step 药 \ufffd{'x' * 37}….",
    ),
    (UnknownViolation(AT_SCOPE, "x", ["79-1-1"]), "没有编号为“x”的违法行为。", "There is no violation x."),
    (
        UnknownStep(AT_SCOPE, "licence-decison", ["licence-decision"]),
        "没有编号为“licence-decison”的办理事项，是否为“行政许可决定（一般期限）（licence-decision）”？",
        "There is no step licence-decison; did you mean “Licensing decision (general period) (licence-decision)”?",
    ),
    (UnknownStep(AT_SCOPE, "x", []), "没有编号为“x”的办理事项。", "There is no step x."),
    (
        UnknownTerm(AT_SCOPE, "api-aproval", ["api-approval"]),
        "没有编号为“api-aproval”的证件或者保护期，是否为“化学原料药批准证书（api-approval）”？",
        (
            "There is no licence or protection api-aproval; "
            "did you mean “Chemical API approval certificate (api-approval)”?"
        ),
    ),
    (UnknownTerm(AT_SCOPE, "x", []), "没有编号为“x”的证件或者保护期。", "There is no licence or protection x."),
    (
        NotInForce(AT_SCOPE, "not-in-force-term", EARLY, COMMENCEMENT),
        "2026年5月14日早于施行日2026年5月15日，当时没有这项制度，不能计算。",
        (
            "2026-05-14 is before 2026-05-15, when the rules took effect; "
            "there was no such protection, so nothing is computed."
        ),
    ),
    (
        DatesOutOfOrder(AT_SCOPE, EARLY, "conduct_from", COMMENCEMENT),
        "2026年5月14日早于“行为开始日”（2026年5月15日）。请核对这两个日期。",
        "2026-05-14 is before the “first day of the conduct”, 2026-05-15. Check both dates.",
    ),
    (
        ReasonNotAllowed(AT_SCOPE, "herb-first-import", "technical_review", ["hearing", "testing"]),
        (
            "“首次进口中药材（herb-first-import）”的期限不因技术审核（technical_review）停止计时；"
            "可以停止计时的事由：听证（hearing）、检测（testing）。"
        ),
        (
            "The reason “technical review (technical_review)” does not stop the clock of the step "
            "“First import of a Chinese herb (herb-first-import)”; reasons that do: hearing, testing."
        ),
    ),
    (
        ReasonNotAllowed(AT_SCOPE, "licence-delivery", "hearing", []),
        "“行政许可证件颁发、送达（licence-delivery）”的期限不因任何事由停止计时，请删去“听证（hearing）”。",
        (
            "Nothing stops the clock of the step “Issue and service of the licence (licence-delivery)”: "
            "remove the reason “hearing”."
        ),
    ),
    (
        ExtensionNotAllowed(AT_SCOPE, "licence-delivery"),
        "“行政许可证件颁发、送达（licence-delivery）”不能延长；只有行政许可法第四十二条的一般期限可以延长，请删去延长的天数。",
        (
            "The step “Issue and service of the licence (licence-delivery)” cannot be extended; "
            "only the general period of ALL Art. 42 can. Remove the extension."
        ),
    ),
    (
        OverTheCap(AT_SCOPE, "over-the-cap-extension", 11, 10),
        "填写的11个工作日，超过可以延长的10个工作日。",
        "An extension of 11 working days is more than the 10 allowed.",
    ),
    (
        OverTheCap(AT_SCOPE, "over-the-cap-granted", date(2035, 5, 31), date(2033, 5, 31)),
        "核定的期限于2035年5月31日届满，超过法定最长期限的届满日2033年5月31日。",
        "The granted length ends on 2035-05-31, after 2033-05-31, the last day that the law allows.",
    ),
    (
        FactOutOfRange(AT_SCOPE, message="length-empty"),
        "年、月、日至少填一项。",
        "Give at least one of years, months and days.",
    ),
    (
        OutsideCalendar(AT_SCOPE, date(2101, 1, 1), date(2007, 1, 1), date(2100, 12, 31)),
        "2101年1月1日或者由它算出的日期超出日历范围（2007年1月1日至2100年12月31日）。请核对年份。",
        "2101-01-01, or a day computed from it, is outside the calendar (2007-01-01 to 2100-12-31). Check the year.",
    ),
    (
        OutsideCalendar(("year",), 2101, date(2007, 1, 1), date(2100, 12, 31)),
        "2101年超出日历范围（2007年1月1日至2100年12月31日）。请核对年份。",
        "The year 2101 is outside the calendar (2007-01-01 to 2100-12-31). Check the year.",
    ),
    (
        NoDate(AT_SCOPE, "licence-delivery"),
        "“行政许可证件颁发、送达（licence-delivery）”没有届满日：仍在停止计时，或者只要求及时办理。",
        (
            "The step “Issue and service of the licence (licence-delivery)” has no due date: "
            "its clock is stopped, or the law only asks for prompt action."
        ),
    ),
    (
        PenaltyBarred(),
        "已超过追责期限，不再给予行政处罚；仍要数额作参考的，请写明取哪一项（out=outcome.fine.maximum）。",
        (
            "The limitation period has passed: no penalty is imposed. "
            "Where the amount is wanted for reference, name it (out=outcome.fine.maximum)."
        ),
    ),
    (
        DecidedElsewhere(),
        "罚款按药品管理法第一百一十六条至第一百一十九条确定；药品为疫苗的，按疫苗管理法第八十条确定。",
        "The fine is set under DAL Arts. 116-119, for vaccines under VAL Art. 80.",
    ),
    (
        BrokenLaw("plan.toml", "temporary-import-reply", "dangling citation"),
        "法律数据文件有误：plan.toml，temporary-import-reply：数据不符合规则（原文：dangling citation）。",
        (
            "The law data is broken: plan.toml, temporary-import-reply: "
            "the data does not follow the rules (original: dangling citation)."
        ),
    ),
    (
        BrokenLaw("plan.toml", "-", Reason("fault-encoding")),
        "法律数据文件有误：plan.toml：不是UTF-8编码。",
        "The law data is broken: plan.toml: it is not UTF-8.",
    ),
    (
        BadNotice("2027.json", "2027-01-01", Reason("fault-contradicts", {"file": "2027-2.json"})),
        "放假通知文件有误：2027.json，2027-01-01：与2027-2.json中同一天的安排相反。",
        (
            "The holiday notice cannot be used: 2027.json, 2027-01-01: "
            "it contradicts what 2027-2.json says of the same day."
        ),
    ),
    (
        BadSetting("PENALTYCALC_MAX_BODY", Reason("fault-whole-number", {"least": 1})),
        "设置有误：PENALTYCALC_MAX_BODY：应为不小于1的整数。",
        "A setting is wrong: PENALTYCALC_MAX_BODY: a whole number of at least 1 is expected.",
    ),
    (
        BadSetting("state", Reason("fault-of-path", {"path": "/srv/x", "fault": Reason("fault-not-permitted")})),
        "设置有误：state：/srv/x：没有所需的权限。",
        "A setting is wrong: state: /srv/x: permission is missing.",
    ),
    (
        RunBroken(message="run-broken-full", path="b.csv", fault=Reason("fault-disk-full")),
        "b.csv无法写完：磁盘没有可用空间。请腾出空间后重新运行。",
        "b.csv cannot be written: the disk is full. Free some space and run it again.",
    ),
    (
        WrongUse(message="wrong-use-same", path="a.csv"),
        "输出文件不能就是输入文件：a.csv。",
        "Input and output are the same file: a.csv.",
    ),
    (
        NoDeployment("http://127.0.0.1:9/v1/penalties", Reason("fault-refused")),
        "无法使用该服务：http://127.0.0.1:9/v1/penalties：对方拒绝连接，请核对地址和端口。",
        (
            "The service cannot be used: http://127.0.0.1:9/v1/penalties: "
            "the connection was refused; check address and port."
        ),
    ),
]


@pytest.mark.parametrize(("error", "zh", "en"), SENTENCES, ids=lambda value: getattr(value, "message", ""))
def test_an_error_tells_its_facts_in_both_languages(
    error: PenaltycalcError, zh: str, en: str, rulebook: Rulebook
) -> None:
    assert error_message(error, rulebook.wordings["zh"]) == zh
    assert error_message(error, rulebook.wordings["en"]) == en


def test_every_error_is_among_those_told() -> None:
    own = {"code", "sentence"}
    types = [value for value in vars(errors).values() if isinstance(value, type)]
    classes = {value for value in types if issubclass(value, PenaltycalcError) and own & set(vars(value))}
    assert {type(error) for error, _, _ in SENTENCES} == classes


@pytest.mark.parametrize("message", ["not-in-force-conduct", "not-in-force-step"])
def test_a_rule_that_was_not_in_force_names_both_days_and_the_way_to_ask_all_the_same(
    message: str, rulebook: Rulebook
) -> None:
    error = NotInForce(("conduct", "to"), message, EARLY, COMMENCEMENT)
    chinese, english = (error_message(error, rulebook.wordings[lang]) for lang in LANGUAGES)
    assert all(word in chinese for word in ("2026年5月14日", "2026年5月15日", "assume_in_force"))
    assert all(word in english for word in ("2026-05-14", "2026-05-15", "assume_in_force"))


def test_conduct_before_the_commencement_is_refused_with_both_halves_of_article_37(rulebook: Rulebook) -> None:
    error = NotInForce((), "not-in-force-conduct", EARLY, COMMENCEMENT)
    chinese = error_message(error, rulebook.wordings["zh"])
    assert all(word in chinese for word in ("行政处罚法第三十七条", "行为发生时的规定", "处罚较轻", "不认为违法"))


# ------------------------------------------------------------------------------------------- hints


@pytest.mark.parametrize(
    ("name", "hint"),
    [("goods_values", "goods_value"), ("goodsvalue", "goods_value"), ("scop", "scope"), ("xyz", None), ("", None)],
)
def test_the_nearest_known_name_is_suggested(name: str, hint: str | None) -> None:
    assert find_nearest(name, ["goods_value", "scope", "severity"]) == hint


# ------------------------------------------------------------------------- what a caller sent, repeated


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("8.5万", "8.5万"),
        ("", ""),
        ("a" * 40, "a" * 40),
        ("a" * 41, "a" * 40 + "…"),
        ("药" * 10**5, "药" * 40 + "…"),
        # What would break the line, the terminal or the encoding of whatever shows the sentence.
        ("2026\n05\t20\r\x00\x1b[2J", "2026\ufffd05\ufffd20\ufffd\ufffd\ufffd[2J"),
        ("\ud800x\udfff", "\ufffdx\ufffd"),
        ("2026\u202e05\u2028", "2026\ufffd05\ufffd"),
        # What is no text is written as JSON.
        (85000, "85000"),
        (8.5, "8.5"),
        (True, "true"),
        (None, "null"),
        (["重", 1, None], '["重", 1, null]'),
        ({"重": False}, '{"重": false}'),
        (list(range(100)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1…"),
        # A wide space and those that join words are no faults.
        ("2026\u300005\xa020\u202f", "2026 05 20 "),
        # Python objects that have no JSON.
        (date(2026, 6, 1), "2026-06-01"),
        ([date(2026, 6, 1)], "list"),
        ({(1, 2): 3}, "dict"),
    ],
)
def test_what_a_caller_sent_is_repeated_as_json_and_cut_where_it_is_long(value: object, quoted: str) -> None:
    assert quote_value(value) == quoted
    quoted.encode()


class Stubborn:
    """An object that does not tell what it is."""

    def __repr__(self) -> str:
        raise ValueError("no")


def test_no_object_of_a_caller_in_python_breaks_the_sentence_about_it() -> None:
    within_itself: list[object] = []
    within_itself.append(within_itself)
    deep: list[object] = []
    for _ in range(10**5):
        deep = [deep]
    assert quote_value(within_itself) == "list"
    assert quote_value(deep) == "list"
    assert quote_value(10**5000) == "int"
    assert quote_value(Stubborn()) == "Stubborn"


def test_a_value_that_is_none_of_the_choices_is_repeated_before_them(rulebook: Rulebook) -> None:
    fault = build_choice_fault(("activity",), "批\n发", "activity", ["production", "retail"])
    assert type(fault) is SchemaFault
    assert (fault.where, fault.message) == (("activity",), "schema-one-of")
    assert fault.facts == {
        "given": "批\ufffd发",
        "values": (Label("activity", "production"), Label("activity", "retail")),
    }
    assert error_message(fault, rulebook.wordings["zh"]) == (
        "“批\ufffd发”不能使用。请填以下代码之一：生产（production）、零售（retail）。"
    )
    assert error_message(fault, rulebook.wordings["en"]) == (
        "“批\ufffd发” cannot be used. Give one of these codes: production, retail."
    )


def test_braces_and_per_cent_signs_of_a_caller_are_text(rulebook: Rulebook) -> None:
    fault = build_choice_fault(("activity",), "{values} %s %(given)s", "activity", ["retail"])
    assert error_message(fault, rulebook.wordings["en"]) == (
        "“{values} %s %(given)s” cannot be used. Give one of these codes: retail."
    )


# --------------------------------------------------------------------------------------- in the log


def test_an_error_shows_message_place_and_facts() -> None:
    assert (
        str(OverTheCap(("granted",), "over-the-cap-extension", 11, 10))
        == "over-the-cap-extension at granted (value: 11, cap: 10)"
    )
    assert str(SchemaFault(("clock_stops", 0, "from"), message="schema-date")) == "schema-date at clock_stops/0/from"
    assert str(Malformed()) == "malformed"
    assert str(BrokenLaw("cc.toml", "1", "x")) == (
        "broken-law (file: cc.toml, row: 1, fault: fault-rules (original: x))"
    )
    assert str(BadNotice("notices", "-", Reason("fault-no-folder"))) == (
        "bad-notice-file (file: notices, entry: -, fault: fault-no-folder)"
    )
    assert str(ReasonNotAllowed((), "x", "hearing", ["testing", "auction"])) == (
        "reason-not-allowed (step: x, reason: hearing, allowed: testing auction)"
    )
    assert str(RepeatedName(("conduct", "from"), "from")) == "repeated-name at conduct/from (name: from)"


# --------------------------------------------------------------------------------- several at once


def test_no_fault_raises_nothing() -> None:
    raise_first([])


def test_faults_of_one_kind_are_raised_together_in_their_order() -> None:
    first, second, third = (SchemaFault((name,), message="schema-date") for name in ("from", "to", "as_of"))
    with pytest.raises(SchemaFault) as raised:
        raise_first([first, second, third])
    assert raised.value is first
    assert raised.value.faults == (first, second, third)


def test_a_single_fault_stands_alone() -> None:
    fault = OverTheCap((), "over-the-cap-extension", 11, 10)
    assert fault.faults == (fault,)
    assert not fault.in_query
