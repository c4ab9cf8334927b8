"""What the law data says of former provisions and of documents known from excerpts, against those texts.

The texts are no part of the project; LAW_TEXTS names the folder that holds them.
"""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import pytest
from msgspec import UnsetType

from penaltycalc import Rulebook
from penaltycalc.rules.citations import Citation, format_numeral
from penaltycalc.rules.rows import Renewal, RenewalWindow, UsualLead
from penaltycalc.rules.versions import Term

FOLDER = os.environ.get("LAW_TEXTS", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="LAW_TEXTS names no folder with the texts of the law")

EXCERPT_OF = {
    "samr_order_84": "distribution-licence-renewal-dandong-excerpt.txt",
    "nmpa_notice_2024_38": "reregistration-notice-2024-38-excerpt.txt",
}
DIGITS = {"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6}
WINDOW = re.compile(r"届满前(\d+|[一二两三四五六])个月[至到](\d+|[一二两三四五六])个月")


def read(name: str) -> str:
    return (Path(FOLDER) / name).read_text("utf-8")


def excerpt(name: str) -> str:
    return read(f"excerpts/{name}")


def former(citation: Citation) -> str:
    """The words of a paragraph of the former Regulation, or of its whole article where no paragraph is cited."""
    assert citation.instrument == "dar-2024"
    begin = f"第{format_numeral(citation.article)}条 "
    paragraphs: list[str] = []
    for line in read("regulation-2024-former.txt").splitlines():
        if line.startswith(begin):
            paragraphs = [line.removeprefix(begin)]
        elif paragraphs and re.match(r"第[一二三四五六七八九十百]+条 |#", line):
            break
        elif paragraphs and line:
            paragraphs.append(line)
    assert paragraphs, citation.label
    return paragraphs[citation.paragraph - 1] if isinstance(citation.paragraph, int) else "\n".join(paragraphs)


def months(written: str) -> int:
    return DIGITS.get(written) or int(written)


def terms(rulebook: Rulebook) -> list[Term]:
    return [version for versions in rulebook.terms.values() for version in versions]


def test_every_window_is_that_of_its_excerpt(rulebook: Rulebook) -> None:
    windows = {}
    for term in terms(rulebook):
        renewal = term.row.renewal
        if isinstance(renewal, Renewal) and isinstance(renewal.window, RenewalWindow):
            windows[term.row.id] = renewal.window
    assert set(windows) == {"distribution-licence", "drug-registration", "api-approval"}
    for window in windows.values():
        found = WINDOW.search(excerpt(EXCERPT_OF[window.rule]))
        assert found
        # A notice writes the two months in either order; the earlier day is the one that lies further back.
        assert {months(written) for written in found.groups()} == {window.opens_months, window.closes_months}
        assert window.opens_months > window.closes_months


def test_the_windows_of_registrations_reach_drugs_made_in_china_only(rulebook: Rulebook) -> None:
    words = excerpt(EXCERPT_OF["nmpa_notice_2024_38"])
    assert "境内生产药品上市许可持有人和化学原料药登记人" in words
    assert "自原药品批准证明文件有效期届满次日起算" in words
    assert "批准再注册之日起算" in words
    assert "自2025-01-01起施行" in words
    for row_id in ("drug-registration", "api-approval"):
        renewal = rulebook.term(row_id).row.renewal
        assert isinstance(renewal, Renewal)
        assert isinstance(renewal.window, RenewalWindow)
        assert renewal.window.holders == "domestic"
        assert renewal.window.since == renewal.next_term_since == date(2025, 1, 1)


def test_every_usual_lead_is_that_of_the_former_regulation(rulebook: Rulebook) -> None:
    leads = {}
    for term in terms(rulebook):
        renewal = term.row.renewal
        if isinstance(renewal, Renewal) and isinstance(renewal.usual_lead, UsualLead):
            assert not isinstance(term.usual_lead_citation, UnsetType)
            assert f"有效期届满前{renewal.usual_lead.months}个月" in former(term.usual_lead_citation).replace(
                "许可证", ""
            )
            leads[term.row.id] = term.usual_lead_citation.article
    assert leads == {
        "production-licence": 8,
        "distribution-licence": 17,
        "hospital-preparation-licence": 22,
        "drug-registration": 41,
    }


def test_a_former_rule_of_the_same_length_says_so(rulebook: Rulebook) -> None:
    for term in terms(rulebook):
        if term.row.issued_before == "notice":
            assert not isinstance(term.former_citation, UnsetType)
            assert f"有效期为{term.row.length.years}年" in former(term.former_citation)


def test_the_former_data_protection_was_fixed_and_for_new_chemical_entities(rulebook: Rulebook) -> None:
    citation = rulebook.term("data-protection").former_citation
    assert not isinstance(citation, UnsetType)
    words = former(citation)
    assert "新型化学成份药品的许可证明文件之日起6年内" in words
    assert "不超过" not in words


def test_what_is_said_of_a_former_step_is_what_its_provision_said(rulebook: Rulebook) -> None:
    labels = rulebook.texts["zh"].labels["former_step"]
    named = {step for step, versions in rulebook.steps.items() if versions[0].former_citations}
    assert named == set(labels)
    for step in named:
        citations = rulebook.step(step).former_citations
        if citations[0].instrument == "all":
            continue  # no such step in the former Regulation: the default period applied
        words = "".join(former(citation) for citation in citations)
        said = re.findall(r"\d+个工作日|\d+日", labels[step])
        assert all(figure in words for figure in said), step
        # A provision without a number of days is not given one.
        assert bool(said) == bool(re.search(r"\d+个工作日|\d+日内", words)), step


def test_what_is_known_of_certificates_and_channels_is_in_their_excerpts(rulebook: Rulebook) -> None:
    known = rulebook.texts["zh"].labels["former_term"]["glp-certificate"]
    words = excerpt("glp-certificates-2023-81-excerpt.txt")
    assert "2023年7月1日" in known
    assert "自2023-07-01起" in words
    assert "有效期为5年" in known
    assert "有效期为5年" in words
    channel = {code: text for code, _, text in rulebook.wordings["zh"].notices()}["thirty-day-channel"]
    assert "30个工作日" in channel
    assert "受理后30个工作日内完成审评审批" in excerpt("clinical-trial-30day-2025-86-excerpt.txt")
