"""What is covered for some words, and what is not: the articles are those of the texts of the law, read by hand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import pytest

from penaltycalc import Rulebook, encode_answer
from penaltycalc.calculators.coverage import MAX_ROWS, MAX_TOPICS, CoverageAnswer, find_coverage
from penaltycalc.rules.search import fold_text
from penaltycalc.rules.wording import LANGUAGES, Language

DAL = "《中华人民共和国药品管理法》"
VAL = "《中华人民共和国疫苗管理法》"
DAR = "《中华人民共和国药品管理法实施条例》"


def topics(answer: CoverageAnswer) -> list[str]:
    return [topic.id for topic in answer.not_covered]


def rows(answer: CoverageAnswer) -> list[str]:
    return [f"{row.kind}:{row.id}" for row in answer.rows]


def list_titles(rulebook: Rulebook, lang: Language) -> Iterator[tuple[str, str]]:
    """Every row as `rows` names it, with its title."""
    wording = rulebook.wordings[lang]
    yield from ((f"violation:{name}", wording.title("violation", name)) for name in rulebook.violations)
    yield from ((f"step:{name}", wording.title("step", name)) for name in rulebook.steps)
    yield from ((f"term:{name}", wording.title("term", name)) for name in rulebook.terms)


# ---------------------------------------------------------------------------------- what is not covered


@pytest.mark.parametrize(
    ("word", "topic", "provision"),
    [
        # Words of officers, with the article of the law that an officer finds there.
        ("假药", "fake-drugs", f"{DAL}第一百一十六条"),
        ("卖假药", "fake-drugs", f"{DAL}第一百一十六条"),
        ("劣药", "inferior-drugs", f"{DAL}第一百一十七条第一款"),
        ("过期药", "expired-drugs", f"{DAL}第一百一十七条第一款"),
        ("饮片不合格", "inferior-decoction-pieces", f"{DAL}第一百一十七条第二款"),
        ("帮运假药", "storage-and-transport", f"{DAL}第一百二十条"),
        ("无证经营", "unlicensed-business", f"{DAL}第一百一十五条"),
        ("无证", "unlicensed-business", f"{DAL}第一百一十五条"),
        ("非法渠道购进", "purchase-channel", f"{DAL}第一百二十九条"),
        ("进货渠道", "purchase-channel", f"{DAL}第一百二十九条"),
        ("出租许可证", "licence-lending", f"{DAL}第一百二十二条"),
        ("骗取许可", "licence-by-deception", f"{DAL}第一百二十三条"),
        ("无批文", "no-approval", f"{DAL}第一百二十四条第一款第（一）项"),
        ("未经批准进口", "no-approval", f"{DAL}第一百二十四条第一款第（一）项"),
        ("骗批文生产", "approval-by-deception", f"{DAL}第一百二十四条第一款第（二）项"),
        ("原料药未审批", "unapproved-api", f"{DAL}第一百二十四条第一款第（三）项"),
        ("未检验", "untested-drugs", f"{DAL}第一百二十四条第一款第（四）项"),
        ("禁用药", "forbidden-drugs", f"{DAL}第一百二十四条第一款第（五）项"),
        ("编造记录", "forged-records", f"{DAL}第一百二十四条第一款第（六）项"),
        ("擅自变更生产工艺", "production-changes", f"{DAL}第一百二十四条第一款第（七）项"),
        ("变更未备案", "production-changes", f"{DAL}第一百二十四条第一款第（七）项"),
        ("未经批准临床试验", "unapproved-trial", f"{DAL}第一百二十五条第（一）项"),
        ("药包材", "packaging-materials", f"{DAL}第一百二十五条第（二）项"),
        ("说明书", "labels", f"{DAL}第一百二十五条第（三）项"),
        ("标签", "labels", f"{DAL}第一百二十五条第（三）项"),
        ("GMP", "gmp", f"{DAL}第一百二十六条"),
        ("gsp", "gsp", f"{DAL}第一百二十六条"),
        ("GLP", "glp", f"{DAL}第一百二十六条"),
        ("GCP", "gcp", f"{DAL}第一百二十六条"),
        ("BE试验未备案", "bioequivalence", f"{DAL}第一百二十七条第（一）项"),
        ("追溯", "traceability", f"{DAL}第一百二十七条第（三）项"),
        ("年度报告", "annual-report", f"{DAL}第一百二十七条第（四）项"),
        ("上市后研究", "post-market", f"{DAL}第一百二十七条第（六）项"),
        ("购销记录", "purchase-records", f"{DAL}第一百三十条"),
        ("处方药", "prescription", f"{DAL}第一百三十条"),
        ("未凭处方", "prescription", f"{DAL}第一百三十条"),
        ("平台未审核资质", "platform-vetting", f"{DAL}第一百三十一条"),
        ("口岸备案", "import-filing", f"{DAL}第一百三十二条"),
        ("医院卖制剂", "preparation-sale", f"{DAL}第一百三十三条"),
        ("不良反应报告", "adverse-reactions", f"{DAL}第一百三十四条"),
        ("召回", "recall", f"{DAL}第一百三十五条"),
        ("虚假检验报告", "testing-institutions", f"{DAL}第一百三十八条"),
        ("聘用禁业人员", "hiring", f"{DAL}第一百四十条"),
        ("回扣", "kickbacks", f"{DAL}第一百四十一条"),
        ("执业药师", "pharmacist", f"{DAR}第四十三条第一款"),
        ("广告", "advertising", f"{DAL}第八十九条"),
        ("价格", "prices", f"{DAL}第八十四条"),
        ("麻醉药品", "special-drugs", f"{DAL}第一百一十二条"),
        ("假疫苗", "fake-vaccines", f"{VAL}第八十条"),
        ("批签发", "vaccine-fraud", f"{VAL}第八十一条第（一）项"),
        ("供应疫苗", "vaccine-supply", f"{VAL}第八十一条第（三）项"),
        ("疫苗委托生产", "vaccine-production", f"{VAL}第八十一条第（四）项"),
        ("疫苗保险", "vaccine-holders", f"{VAL}第八十三条"),
        ("疫苗冷链", "vaccine-storage", f"{VAL}第八十五条"),
        ("接种", "vaccination", f"{VAL}第八十七条"),
        ("接种异常反应", "vaccination-reactions", f"{VAL}第八十九条"),
        ("接种收费", "vaccination-fees", f"{VAL}第九十条"),
        ("预防接种证", "vaccination-card", f"{VAL}第九十二条"),
    ],
)
def test_a_word_without_a_row_leads_to_the_article(word: str, topic: str, provision: str, rulebook: Rulebook) -> None:
    for lang in LANGUAGES:
        first, *_ = find_coverage(word, rulebook, lang).not_covered
        assert (first.id, first.citations[0].label) == (topic, provision)


def test_the_exemption_is_a_row_beside_fake_drugs_and_not_the_answer(rulebook: Rulebook) -> None:
    for word in ("假药", "劣药", "过期药", "药店卖假药", "jy", "fake drugs"):
        answer = find_coverage(word, rulebook, "zh")
        assert "violation:86-1" in rows(answer)
        assert topics(answer)
    # DAL 115 punishes business without a licence whether or not one knew: no exemption is near.
    assert rows(find_coverage("无证经营", rulebook, "zh")) == []


def test_what_no_instrument_here_holds_names_its_law_and_says_that_it_is_not_checked(rulebook: Rulebook) -> None:
    (devices,) = find_coverage("医疗器械", rulebook, "zh").not_covered
    assert devices.citations == ()
    assert devices.text == "此处未收录。不是药品，见医疗器械监督管理条例，此处未核对。"
    (advertising,) = find_coverage("广告", rulebook, "zh").not_covered
    assert advertising.text == "此处未收录，请查阅所附条款。罚则见广告法等，此处未核对。"


def test_a_topic_is_in_the_language_asked_for_but_for_its_citations(rulebook: Rulebook) -> None:
    zh, en = (find_coverage("进货渠道", rulebook, lang) for lang in LANGUAGES)
    assert zh.not_covered[0].title == "从不具有资格者购进药品"
    assert zh.not_covered[0].text == "此处未收录，请查阅所附条款。"
    assert en.not_covered[0].title == "Drugs bought from an unqualified supplier"
    assert en.not_covered[0].text == "Not covered here: see the provisions cited below."
    assert zh.not_covered[0].citations == en.not_covered[0].citations
    assert en.rows[0].title == rulebook.wordings["en"].title("violation", en.rows[0].id)
    assert rows(zh) == rows(en) == ["violation:81-2-1", "violation:86-1"]


def test_every_word_of_every_topic_finds_it(rulebook: Rulebook) -> None:
    words = 0
    for topic_id, topic in rulebook.wordings["zh"].topics().items():
        for word in (topic.zh, topic.en, *topic.words.zh, *topic.words.en):
            assert topic_id in topics(find_coverage(word, rulebook, "zh")), word
            words += 1
    assert words > 700
    for topic in rulebook.wordings["zh"].topics().values():
        for initials in topic.words.pinyin:
            assert find_coverage(initials, rulebook, "zh").not_covered, initials


def test_a_word_stands_for_itself_wherever_it_is_written(rulebook: Rulebook) -> None:
    assert topics(find_coverage("药店卖假药", rulebook, "zh")) == ["fake-drugs"]
    assert topics(find_coverage("假药 药店", rulebook, "zh")) == ["fake-drugs"]
    assert topics(find_coverage("《假 药》, 假药", rulebook, "zh")) == ["fake-drugs"]
    assert topics(find_coverage("ＧＳＰ违规", rulebook, "zh")) == ["gsp"]
    assert topics(find_coverage("sale of FAKE drugs", rulebook, "en")) == ["fake-drugs"]
    # A Latin word is found as a whole only: ADR is short for adverse drug reaction.
    assert topics(find_coverage("adr", rulebook, "en")) == ["adverse-reactions"]
    assert topics(find_coverage("quadrant", rulebook, "en")) == []


def test_a_longer_word_takes_the_place_of_the_shorter_ones_in_it(rulebook: Rulebook) -> None:
    assert topics(find_coverage("疫苗", rulebook, "zh")) == ["vaccines"]
    assert topics(find_coverage("疫苗冷链", rulebook, "zh")) == ["vaccine-storage"]
    assert topics(find_coverage("召回和回扣", rulebook, "zh")) == ["kickbacks", "recall"]
    assert topics(find_coverage("假药劣药", rulebook, "zh")) == ["fake-drugs", "inferior-drugs"]


def test_a_part_of_a_word_finds_topics_only_where_there_is_no_row(rulebook: Rulebook) -> None:
    assert topics(find_coverage("执业药", rulebook, "zh")) == ["pharmacist"]
    assert topics(find_coverage("gxjlb", rulebook, "zh")) == ["purchase-records"]
    for word in ("制剂", "销售", "药", "许可证", "进口", "临床试验"):
        answer = find_coverage(word, rulebook, "zh")
        assert answer.not_covered == ()
        assert answer.rows != ()


@pytest.mark.parametrize(
    "written",
    [
        "药品管理法第一百三十三条",
        "药品管理法 第133条",
        "药品管理法133",
        "药品管理法 133",
        "《中华人民共和国药品管理法》第133条第1款",
        "第一百三十三条",
        "133条",
        "133",
        "Art. 133",
        "DAL 133",
        "dal Article 133",
        "dal-133",
    ],
)
def test_an_article_finds_what_stands_there(written: str, rulebook: Rulebook) -> None:
    # DAL 133 is on hospital preparations that are sold on the market.
    assert topics(find_coverage(written, rulebook, "zh")) == ["preparation-sale"]


def test_an_article_belongs_to_the_instrument_that_is_written_beside_it(rulebook: Rulebook) -> None:
    # VAL 90 is on fees, DAL 90 on the content of advertisements.
    assert topics(find_coverage("第九十条", rulebook, "zh")) == ["vaccination-fees", "advertising"]
    assert topics(find_coverage("疫苗管理法第九十条", rulebook, "zh")) == ["vaccination-fees"]
    assert topics(find_coverage("DAL 90", rulebook, "zh")) == ["advertising"]
    assert topics(find_coverage("药品管理法实施条例第九十条", rulebook, "zh")) == []
    assert topics(find_coverage("第九十条 药店", rulebook, "zh")) == []
    assert topics(find_coverage("dal", rulebook, "zh")) == []


def test_a_paragraph_or_item_narrows_the_article(rulebook: Rulebook) -> None:
    # DAL 124¶1(5) is on drugs whose use is forbidden.
    assert topics(find_coverage("药品管理法124条1款5项", rulebook, "zh")) == ["forbidden-drugs"]
    assert "forbidden-drugs" in topics(find_coverage("药品管理法124条1款", rulebook, "zh"))
    assert topics(find_coverage("药品管理法124条2款", rulebook, "zh")) == ["no-approval"]
    # VAL 81 has one paragraph, whose number is left out or written.
    for written in ("疫苗管理法81条3项", "疫苗管理法81条1款3项", "《疫苗管理法》第八十一条第（三）项"):
        assert topics(find_coverage(written, rulebook, "zh"))[0] == "vaccine-supply"


def test_what_cites_an_article_first_comes_first(rulebook: Rulebook) -> None:
    assert topics(find_coverage("第一百二十四条", rulebook, "zh"))[0] == "no-approval"
    assert topics(find_coverage("第一百一十五条", rulebook, "zh"))[0] == "unlicensed-business"


# -------------------------------------------------------------------------------------- what is covered


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_title_means_its_row_whatever_words_stand_in_it(lang: Language, rulebook: Rulebook) -> None:
    titles = dict(list_titles(rulebook, lang))
    for name, title in titles.items():
        answer = find_coverage(title, rulebook, lang)
        same = {other for other, text in titles.items() if text == title}
        assert answer.not_covered == (), title
        assert set(rows(answer)[: len(same)]) == same
        assert name in same


WORDS_OF_BOTH = {"假药", "劣药", "麻醉药品", "精神药品", "counterfeit", "substandard", "narcotic", "psychotropic"}
"""The words of titles that mean more than their rows: the exemption of 86-1, and the import of narcotic drugs."""


def test_no_word_of_a_title_is_hidden(rulebook: Rulebook) -> None:
    hidden: set[str] = set()
    for name, title in chain.from_iterable(list_titles(rulebook, lang) for lang in LANGUAGES):
        folded = fold_text(title)
        # In Chinese every piece of two or more signs may be a word; in English the words are apart.
        pieces = (
            set(folded.split())
            if title.isascii()
            else {folded[i:j] for i in range(len(folded)) for j in range(i + 2, min(i + 9, len(folded)) + 1)}
        )
        for piece in pieces:
            answer = find_coverage(piece, rulebook, "zh")
            # So short a word as of stands in more titles than an answer holds.
            assert name in rows(answer) or len(answer.rows) == MAX_ROWS, piece
            if answer.not_covered:
                hidden.update(word for word in WORDS_OF_BOTH if word in piece)
                assert any(word in piece for word in WORDS_OF_BOTH), piece
    assert hidden == WORDS_OF_BOTH


def test_rows_are_found_by_id_initials_article_and_whom_they_concern(rulebook: Rulebook) -> None:
    assert rows(find_coverage("81-1", rulebook, "zh"))[0] == "violation:81-1"
    assert rows(find_coverage("wjpzsyqtyljgpzdzj", rulebook, "zh")) == ["violation:81-1"]
    assert rows(find_coverage("wjpzsy", rulebook, "zh")) == ["violation:81-1"]
    assert rows(find_coverage("条例81条", rulebook, "zh")) == ["violation:81-1", "violation:81-2-1", "violation:81-2-2"]
    assert rows(find_coverage("条例第八十一条第二款", rulebook, "zh")) == ["violation:81-2-1", "violation:81-2-2"]
    assert rows(find_coverage("79", rulebook, "zh")) == [f"violation:79-1-{item}" for item in (1, 2, 3, 4)]
    assert "violation:81-1" in rows(find_coverage("医疗机构 制剂", rulebook, "zh"))
    assert rows(find_coverage("platform", rulebook, "en")) == ["violation:84-1", "violation:84-2"]
    assert rows(find_coverage("distribution-licence", rulebook, "en"))[:2] == [
        "step:distribution-licence",
        "term:distribution-licence",
    ]


def test_a_number_is_the_beginning_of_an_id_or_an_article(rulebook: Rulebook) -> None:
    assert "violation:79-1-1" not in rows(find_coverage("1", rulebook, "zh"))
    answer = find_coverage("86", rulebook, "zh")
    # VAL 86 is on the storage of vaccines, but 86 alone is an id here.
    assert (rows(answer), topics(answer)) == (["violation:86-1"], [])


def test_better_matches_come_first_and_then_the_order_of_the_law(rulebook: Rulebook) -> None:
    found = rows(find_coverage("药品生产许可", rulebook, "zh"))
    # The whole title, then titles that hold it, in the order of steps and terms.
    assert found[0] == "step:production-licence"
    assert found[1:3] == ["step:production-licence-change", "term:production-licence"]
    # 86-1 concerns medical institutions and has them not in its title, as others have.
    assert rows(find_coverage("医疗机构", rulebook, "zh"))[-1] == "violation:86-1"


def test_an_answer_is_bounded_and_always_the_same(rulebook: Rulebook) -> None:
    for word in ("药", "第一百二十六条", "a", "假药 劣药 疫苗 召回 回扣 广告 价格 标签"):
        answer = find_coverage(word, rulebook, "zh")
        assert len(answer.rows) <= MAX_ROWS
        assert len(answer.not_covered) <= MAX_TOPICS
        assert encode_answer(answer) == encode_answer(find_coverage(word, rulebook, "zh"))
    assert len(find_coverage("药", rulebook, "zh").rows) == MAX_ROWS
    assert len(find_coverage("第一百二十六条", rulebook, "zh").not_covered) == MAX_TOPICS


def test_what_fits_nothing_finds_nothing(rulebook: Rulebook) -> None:
    for word in (" ", "、", "xyzzy", "0", "第零条", "\0", "🙂"):
        answer = find_coverage(word, rulebook, "zh")
        assert (answer.rows, answer.not_covered) == ((), ()), word
