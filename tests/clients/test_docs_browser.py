"""The pages in a browser that can reach nothing but the service.

Needs playwright, which stands in the requirements of the outer ring only, and a chromium on the PATH;
without them these tests are skipped. With SCREENSHOTS=folder each page is also pictured.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import penaltycalc
import servers

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")

SETTLED = 200
"""Milliseconds in which a page has said what it has to say."""

SCREENSHOTS = os.environ.get("SCREENSHOTS")
CODES = penaltycalc.load_rulebook().wordings["en"].problem_codes()

WATCH = """
addEventListener("securitypolicyviolation", event =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


class Seen:
    """What a page did beside showing itself: requests, those of them that left the machine, and complaints."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.outside: list[str] = []
        self.complaints: list[str] = []

    def request(self, route: Any) -> None:
        """Let a request through to this machine only."""
        url = route.request.url
        self.requests.append(url)
        if urlsplit(url).hostname in {"127.0.0.1", None}:
            route.continue_()
        else:
            self.outside.append(url)
            route.abort()

    def listen(self, page: Any) -> None:
        """Take down what a page complains of; warnings count."""
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self.said)
        page.on("requestfailed", self.failed)
        page.on("response", self.answered)

    def said(self, message: Any) -> None:
        """Take down what is said on the console, if it is a complaint."""
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def answered(self, response: Any) -> None:
        """Take down an answer that is none."""
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")

    def failed(self, request: Any) -> None:
        """Take down a request that failed; one that the next page cut off did not."""
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.failure}: {request.url}")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.serving(tmp_path_factory.mktemp("service")) as running:
        yield running.url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        yield browser
        browser.close()


@contextmanager
def page_of(chromium: Any, **options: Any) -> Iterator[tuple[Any, Seen]]:
    """A page of a browser of its own; nothing may have left the machine and nothing been complained of at its end."""
    with watched(chromium, **options) as (page, seen):
        yield page, seen
        page.wait_for_timeout(SETTLED)
        assert seen.requests != []
        assert (len(seen.outside), seen.outside, seen.complaints) == (0, [], [])


@contextmanager
def watched(chromium: Any, **options: Any) -> Iterator[tuple[Any, Seen]]:
    """A page of a browser of its own, and what is seen of it."""
    seen = Seen()
    context = chromium.new_context(**options)
    context.add_init_script(WATCH)
    context.route("**/*", seen.request)
    page = context.new_page()
    seen.listen(page)
    try:
        yield page, seen
    finally:
        context.close()


def picture(page: Any, name: str, *, whole: bool = True) -> None:
    """Keep a picture of the page, where somebody wants to look at it."""
    if SCREENSHOTS:
        page.screenshot(path=str(Path(SCREENSHOTS) / f"{name}.png"), full_page=whole)


def test_the_watch_would_notice_a_request_that_leaves_the_machine_and_a_breach_of_the_policy(
    chromium: Any, url: str
) -> None:
    call = "fetch('http://example.org/').catch(() => null)"
    with watched(chromium) as (page, seen):
        page.goto("about:blank")  # no page of ours, so without a policy
        page.evaluate(call)
        assert seen.outside == ["http://example.org/"]
    with watched(chromium) as (page, seen):
        page.goto(f"{url}/docs")
        page.evaluate(call)
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
        # A busy machine may take longer than SETTLED to report a breach.
        for _ in range(50):
            breaches = [one.split()[1] for one in seen.complaints if one.startswith("policy:")]
            if len(breaches) > 1:
                break
            page.wait_for_timeout(SETTLED)
        assert seen.outside == []
        assert breaches == ["connect-src", "style-src-attr"]


# ------------------------------------------------------------------------------------ documentation


@pytest.mark.parametrize(("locale", "scheme"), [("zh-CN", "light"), ("en-GB", "dark")])
def test_the_documentation_shows_its_operations_with_the_cable_out(
    locale: str, scheme: str, chromium: Any, url: str
) -> None:
    with page_of(chromium, locale=locale, color_scheme=scheme) as (page, seen):
        page.goto(f"{url}/docs")
        operation = page.locator(".opblock-summary-path", has_text="/v1/penalties").first
        operation.wait_for(state="visible")
        assert page.locator(".opblock").count() >= 30
        assert page.locator("h1").first.inner_text() == {"zh-CN": "接口文档", "en-GB": "API documentation"}[locale]
        assert page.locator("html").get_attribute("class") == {"light": None, "dark": "dark-mode"}[scheme]
        assert {urlsplit(one).path for one in seen.requests} >= {"/docs", "/openapi.json", "/docs/swagger-ui-bundle.js"}
        picture(page, f"docs-{locale}-{scheme}", whole=False)


def test_a_request_can_be_tried_from_the_documentation(chromium: Any, url: str) -> None:
    with page_of(chromium, locale="en-GB", viewport={"width": 1280, "height": 1400}) as (page, _):
        page.goto(f"{url}/docs")
        block = page.locator("#operations-penalties-calculatePenalty")
        block.locator(".opblock-summary-control").click()
        block.get_by_role("button", name="Try it out").click()
        block.locator("textarea").fill(json.dumps({"violation": "85-2", "severity": "ordinary"}))
        with page.expect_response(lambda got: urlsplit(got.url).path == "/v1/penalties") as answered:
            block.get_by_role("button", name="Execute").click()
        assert answered.value.status == 200
        assert answered.value.json()["violation"] == "85-2"
        block.locator(".live-responses-table .response-col_status", has_text="200").first.wait_for(state="visible")
        assert '"determined"' in block.locator(".live-responses-table").inner_text()
        picture(page, "docs-tried")


def test_the_documentation_opens_at_an_operation(chromium: Any, url: str) -> None:
    with page_of(chromium, locale="zh-CN") as (page, _):
        page.goto(f"{url}/docs#/deadlines/getDeadline")
        page.locator("#operations-deadlines-getDeadline .opblock-body").wait_for(state="visible")
        picture(page, "docs-operation")


def test_without_scripts_the_documentation_leads_to_the_document(chromium: Any, url: str) -> None:
    with page_of(chromium, locale="en-GB", java_script_enabled=False) as (page, _):
        page.goto(f"{url}/docs")
        assert "needs scripts" in page.locator(".remark").inner_text()
        assert page.get_by_role("link", name="OpenAPI document").get_attribute("href") == "./openapi.json"


# ----------------------------------------------------------------------------------- help of problems


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_every_problem_is_explained_to_its_reader(locale: str, chromium: Any, url: str) -> None:
    with page_of(chromium, locale=locale) as (page, _):
        page.goto(f"{url}/problems")
        picture(page, f"problems-{locale}")
        links = page.locator("tbody a")
        assert links.all_inner_texts() == list(CODES)
        for code in CODES:
            page.goto(f"{url}/problems/{code}")
            assert page.locator("dd code").first.inner_text() == code
            shown = json.loads(page.locator("pre").nth(1).inner_text())
            assert shown["title"] == page.locator("h1").inner_text()
        page.goto(f"{url}/problems/not-in-force")
        picture(page, f"problem-{locale}")


def test_a_page_leads_to_itself_in_the_other_language(chromium: Any, url: str) -> None:
    with page_of(chromium, locale="zh-CN") as (page, _):
        page.goto(f"{url}/problems/no-date")
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        page.get_by_role("link", name="English").click()
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.locator("h1").inner_text() == "There is no due date"
        page.get_by_role("link", name="All error codes").click()
        assert page.locator("h1").inner_text() == "Error codes"
        page.get_by_role("link", name="中文").click()
        assert page.locator("h1").inner_text() == "错误代码"


def test_the_pages_fit_a_small_screen(chromium: Any, url: str) -> None:
    with page_of(chromium, locale="en-GB", viewport={"width": 320, "height": 640}, color_scheme="dark") as (page, _):
        for path in ("/problems", "/problems/not-in-force", "/problems/insufficient-storage"):
            page.goto(f"{url}{path}")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 320, path
            picture(page, f"small{path.replace('/', '-')}")


def test_a_problem_is_printed_without_its_navigation(chromium: Any, url: str) -> None:
    with page_of(chromium, locale="en-GB", color_scheme="dark") as (page, _):
        page.goto(f"{url}/problems/not-in-force")
        page.emulate_media(media="print")
        assert not page.locator("nav").is_visible()
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        picture(page, "printed")


def test_a_page_is_walked_through_by_the_keyboard(chromium: Any, url: str) -> None:
    with page_of(chromium, locale="en-GB") as (page, _):
        page.goto(f"{url}/problems/not-in-force")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        assert page.locator(".skip").bounding_box()["x"] >= 0
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "API documentation"
