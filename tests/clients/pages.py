"""What the tests of the page at / have in common: a browser that can reach nothing but the service.

Needs playwright, which stands in the requirements of the outer ring only, and a chromium on the PATH;
without them these tests are skipped. With SCREENSHOTS=folder each view is also pictured.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

CHROMIUM = shutil.which("chromium")
SCREENSHOTS = os.environ.get("SCREENSHOTS")
PAUSE = 320
"""Milliseconds after which what was typed has been asked."""

WATCH = """
addEventListener("securitypolicyviolation", event =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
window.longest = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
}).observe({ type: "longtask", buffered: true });
"""


class Seen:
    """What left the machine, and what the page complained of."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.outside: list[str] = []
        self.complaints: list[str] = []

    def request(self, route: Any) -> None:
        """Let a request through to this machine only."""
        url = route.request.url
        self.requests.append(url)
        if urlsplit(url).hostname in {"127.0.0.1", None} or url.startswith("blob:"):
            route.continue_()
        else:
            self.outside.append(url)
            route.abort()

    def listen(self, page: Any) -> None:
        """Take down what a page complains of; that an answer was a refusal is none."""
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self.said)

    def said(self, message: Any) -> None:
        """Take down what is said on the console, if it is a complaint."""
        if message.type in {"error", "warning"} and "the server responded with a status of 4" not in message.text:
            self.complaints.append(message.text)


@contextmanager
def opened(chromium: Any, address: str, *, forgiven: str = "no such words", **options: Any) -> Iterator[Any]:
    """The page in a profile of its own; nothing may have left the machine and nothing been complained of at its end."""
    seen = Seen()
    settings: dict[str, Any] = {"locale": "zh-CN", "viewport": {"width": 1440, "height": 900}, **options}
    context = chromium.new_context(**settings)
    context.add_init_script(WATCH)
    context.route("**/*", seen.request)
    page = context.new_page()
    page.set_default_timeout(10_000)
    seen.listen(page)
    try:
        page.goto(address)
        settle(page)
        yield page
        assert (seen.outside, [one for one in seen.complaints if forgiven not in one]) == ([], [])
    finally:
        context.close()


def settle(page: Any) -> None:
    """Wait until the page is there and has answered all it asked."""
    page.locator("h1").wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(PAUSE)
    page.wait_for_load_state("networkidle")
    until(page, "!document.querySelector('[aria-busy], .loading')")


def until(page: Any, condition: str) -> None:
    """Wait until something is true in the page; the policy forbids it to evaluate texts by itself."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


def picture(page: Any, name: str) -> None:
    """Keep a picture of the page, where somebody wants to look at it."""
    if SCREENSHOTS:
        page.screenshot(path=str(Path(SCREENSHOTS) / f"{name}.png"), full_page=True)


def asked(url: str, path: str, body: dict[str, Any], lang: str = "zh") -> dict[str, Any]:
    """What the interface answers to the same facts."""
    answer: dict[str, Any] = httpx.post(f"{url}{path}", params={"lang": lang}, json=body).json()
    return answer


def labelled(url: str, group: str, code: str) -> str:
    """What the page calls a code in Chinese."""
    label: str = httpx.get(f"{url}/assets/texts.json", params={"lang": "zh"}).json()["labels"][group][code]
    return label


def day_in_words(day: str) -> str:
    """A day as a Chinese sentence has it, without zeros before its month and day."""
    year, month, date = day.split("-")
    return f"{year}年{int(month)}月{int(date)}日"


def range_in_words(fine: dict[str, Any]) -> str:
    """The range of a fine as a Chinese sentence has it: 50万元以上150万元以下, 12,000.04元以上."""
    written = []
    for amount in (fine["minimum"], fine["maximum"]):
        whole, fen = amount.split(".")
        if fen == "00" and int(whole) % 100_000_000 == 0:
            written.append(f"{int(whole) // 100_000_000:,}亿元")
        elif fen == "00" and int(whole) % 10_000 == 0:
            written.append(f"{int(whole) // 10_000:,}万元")
        else:
            written.append(f"{int(whole):,}{'' if fen == '00' else f'.{fen}'}元")
    return f"{written[0]}以上{written[1]}以下"


def choose(page: Any, text: str) -> None:
    """Search in the list and take what is found first."""
    page.get_by_role("combobox").first.fill(text)
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")
    settle(page)


def paste(page: Any, text: str) -> None:
    page.get_by_label("表格内容").evaluate(
        """(node, text) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          node.focus();
          const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
          if (node.dispatchEvent(event)) {
            node.value = text;
            node.dispatchEvent(new InputEvent("input", { bubbles: true }));
          }
        }""",
        text,
    )


def copied(page: Any) -> str:
    """The text for a document."""
    page.get_by_role("button", name="复制文书文字").click()
    text: str = page.locator("#box-text").input_value()
    page.get_by_role("button", name="关闭").click()
    return text


def saved(page: Any, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_bytes()
