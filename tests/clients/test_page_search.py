"""The search of the page at /: what is not covered stands before what the list has for the same word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.pages import CHROMIUM, choose, opened, picture, settle, until

pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")

AXE = Path(__file__).parent / "axe" / "axe.min.js"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def search(page: Any, text: str) -> None:
    """Type into the search, and wait until the service has answered."""
    with page.expect_response(lambda response: "/v1/coverage" in response.url):
        page.get_by_role("combobox").fill(text)
    page.wait_for_timeout(50)


def chosen(page: Any) -> str | None:
    """The id of the violation that is chosen, None where there is none."""
    found: str | None = page.evaluate("new URLSearchParams(location.hash.split('?')[1] ?? '').get('violation')")
    return found


def seen(page: Any) -> list[str]:
    """The lines of what is not covered."""
    lines: list[str] = page.locator(".uncovered p:visible").all_inner_texts()
    return lines


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize(
    ("word", "title", "article"),
    [
        ("假药", "假药", "《中华人民共和国药品管理法》第一百一十六条"),
        ("劣药", "劣药", "《中华人民共和国药品管理法》第一百一十七条第一款"),
        ("无证经营", "无证生产、经营药品", "《中华人民共和国药品管理法》第一百一十五条"),
    ],
)
def test_what_is_not_covered_stands_first_with_its_article(
    word: str, title: str, article: str, width: int, chromium: Any, url: str
) -> None:
    with opened(chromium, f"{url}/", viewport={"width": width, "height": 800}) as page:
        search(page, word)
        picture(page, f"search-{word}-{width}")
        first, citations, text = seen(page)
        assert first.split() == [title, "未收录"]
        assert citations.startswith(article)
        assert text.startswith("此处未收录，请查阅所附条款。")
        uncovered, options = page.locator(".uncovered").bounding_box(), page.get_by_role("listbox").bounding_box()
        assert uncovered["y"] + uncovered["height"] <= options["y"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_enter_does_not_open_the_exemption_for_fake_drugs(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/") as page:
        search(page, "假药")
        assert page.get_by_role("option").locator(".id").all_inner_texts() == ["86-1"]
        assert page.locator(".options .active").count() == 0
        page.keyboard.press("Enter")
        settle(page)
        assert chosen(page) is None
        assert seen(page)
        # Who wants the row all the same takes it from the list.
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        settle(page)
        assert chosen(page) == "86-1"


def test_enter_waits_for_what_is_not_covered(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/") as page:
        page.get_by_role("combobox").fill("假药")
        page.keyboard.press("Enter")
        page.locator(".uncovered").wait_for()
        settle(page)
        assert chosen(page) is None
        choose(page, "制剂")
        assert chosen(page) == "79-1-3"
        # What is written out is a row, whatever words stand in it.
        choose(page, httpx.get(f"{url}/v1/violations/86-1", params={"lang": "zh"}).json()["title"])
        assert chosen(page) == "86-1"


def test_rows_that_a_topic_names_stand_in_the_list(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/") as page:
        search(page, "过期药")
        assert page.get_by_role("option").locator(".id").all_inner_texts() == ["86-1"]
        search(page, "无证经营")
        assert page.get_by_role("option").all_inner_texts() == ["没有找到，请换一个词"]
        page.evaluate("location.hash = '#expiries'")
        settle(page)
        search(page, "过期")
        # A step has the same id; in this part of the page it is the licence.
        assert page.get_by_role("option").locator(".id").all_inner_texts() == ["distribution-licence"]
        search(page, "药品注册证书")
        assert seen(page) == []


@pytest.mark.parametrize(
    ("lang", "word", "line", "told"),
    [
        ("zh", "召回", "召回 未收录", "未收录：召回。此处未收录，请查阅所附条款。召回程序的部门规章此处未核对。"),
        (
            "en",
            "recall",
            "Recall Not covered",
            "Not covered: Recall. Not covered here: see the provisions cited below.",
        ),
    ],
)
def test_what_is_not_covered_is_told_to_screen_readers_in_both_languages(
    lang: str, word: str, line: str, told: str, chromium: Any, url: str
) -> None:
    with opened(chromium, f"{url}/?lang={lang}", bypass_csp=True) as page:
        search(page, word)
        assert seen(page)[0] == line
        status = page.locator(".search [role=status]").inner_text()
        assert status.startswith(told)
        assert "《中华人民共和国药品管理法》第一百三十五条、第八十二条" in status
        # It is no option: only rows can be chosen.
        assert page.get_by_role("listbox").locator(".uncovered").count() == 0
        page.wait_for_timeout(300)
        page.add_script_tag(path=str(AXE))
        found = page.evaluate("rules => axe.run(document, { runOnly: rules })", AXE_RULES)
        assert [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found["violations"]] == []


def test_the_page_shows_what_the_interface_answers(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/") as page:
        search(page, "假药劣药")
        answer = httpx.get(f"{url}/v1/coverage", params={"q": "假药劣药", "lang": "zh"}).json()
        titles = [line.removesuffix(" 未收录") for line in seen(page)[::3]]
        assert titles == [topic["title"] for topic in answer["not_covered"]] == ["假药", "劣药"]
        assert seen(page)[2::3] == [topic["text"] for topic in answer["not_covered"]]


def test_an_older_answer_never_replaces_a_newer_one(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/") as page:
        older = httpx.get(f"{url}/v1/coverage", params={"q": "假药"}).text
        held: list[Any] = []
        page.route("**/v1/coverage*", lambda route: route.fallback() if held else held.append(route))
        page.get_by_role("combobox").fill("假药")
        page.wait_for_timeout(300)
        search(page, "召回")
        assert seen(page)[0] == "召回 未收录"
        # The page has given the older request up; its answer comes to nobody.
        held[0].fulfill(body=older, content_type="application/json")
        page.wait_for_timeout(300)
        assert seen(page)[0] == "召回 未收录"


def test_an_answer_that_comes_while_one_types_on_is_not_taken_for_the_new_words(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/") as page:
        older = httpx.get(f"{url}/v1/coverage", params={"q": "假"}).text
        held: list[Any] = []
        page.route("**/v1/coverage*", lambda route: route.fallback() if held else held.append(route))
        box = page.get_by_role("combobox")
        box.fill("假")
        page.wait_for_timeout(300)
        # The answer to the first letter arrives within the pause after the second one.
        box.press_sequentially("药")
        held[0].fulfill(body=older, content_type="application/json")
        page.wait_for_timeout(600)
        assert seen(page)[0] == "假药 未收录"
        box.press("Enter")
        assert chosen(page) is None


def test_without_an_answer_the_list_is_what_it_was(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/", forgiven="net::ERR_FAILED") as page:
        page.route("**/v1/coverage*", lambda route: route.abort())
        page.get_by_role("combobox").fill("假药")
        page.wait_for_timeout(400)
        assert seen(page) == []
        choose(page, "制剂")
        assert chosen(page) == "79-1-3"
    with opened(chromium, f"{url}/") as page:
        page.route("**/v1/coverage*", lambda _: None)  # never answered
        page.get_by_role("combobox").fill("制剂")
        page.keyboard.press("Enter")
        page.wait_for_timeout(300)
        assert chosen(page) is None
        until(page, "location.hash.includes('79-1-3')")


def test_the_key_goes_with_the_question(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/") as page:
        page.evaluate("sessionStorage.setItem('penaltycalc-key', 'pck_test')")
        with page.expect_request(lambda request: "/v1/coverage" in request.url) as asked:
            page.get_by_role("combobox").fill("假药")
        assert asked.value.headers["authorization"] == "Bearer pck_test"


def test_nothing_is_asked_for_an_empty_search(chromium: Any, url: str) -> None:
    with opened(chromium, f"{url}/") as page:
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        search(page, "假药")
        page.get_by_role("combobox").fill("")
        page.wait_for_timeout(400)
        assert seen(page) == []
        assert len([address for address in asked if "/v1/coverage" in address]) == 1
        assert page.get_by_role("option").count() > 10
        page.keyboard.press("Escape")
        page.get_by_role("combobox").click()
        assert seen(page) == []
