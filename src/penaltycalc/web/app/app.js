// Starts the page: draws the frame, opens views, switches languages.
import { forgetKey, getJson, hasKey, download } from "./api.js";
import { showBatch } from "./batch.js";
import { showCalendar } from "./calendar.js";
import { showCase } from "./case.js";
import { deadlines } from "./deadlines.js";
import { h, replaceContent } from "./dom.js";
import { expiries } from "./expiries.js";
import { fines } from "./fines.js";
import { VIEWS, encodeFragment, updateAddress, restoreFragment, state } from "./state.js";
import { formatDate, getTexts, getLanguage, t, getLanguageTag, addTexts, useLanguage } from "./texts.js";

const cases = { fines, deadlines, expiries };
const root = document.getElementById("app");
const main = h("main", { id: "content", tabindex: "-1" });
const data = h("p", { class: "data" });
let drawCount = 0;

function openView(view) {
  state.view = view;
  history.pushState(null, "", `${location.search}${encodeFragment()}`);
  drawView();
  main.querySelector("h1")?.focus();
}

function switchLanguage(event) {
  event.preventDefault();
  const other = getLanguage() === "zh" ? "en" : "zh";
  useLanguage(other).then(() => {
    const address = new URL(location.href);
    address.searchParams.set("lang", other);
    history.replaceState(null, "", address);
    drawFrame();
    drawView();
    document.querySelector(".language").focus();
  }).catch(() => location.assign(`?lang=${other}${encodeFragment()}`));
}

function drawFrame() {
  document.documentElement.lang = getLanguageTag();
  const other = getLanguage() === "zh" ? "en" : "zh";
  const link = (href, name) => h("li", {}, h("a", { href: `${href}?lang=${getLanguage()}` }, t(`shell.${name}`)));
  replaceContent(root,
    h("a", { class: "skip", href: "#content", on: { click: jumpTo(() => main) } }, t("shell.skip")),
    h("a", { class: "skip", href: "#answer", on: { click: jumpTo(() => document.getElementById("answer") ?? main) } }, t("shell.skip_answer")),
    h("header", { class: "top" }, h("div", { class: "inner" },
      h("p", { class: "brand" }, h("span", { class: "seal", "aria-hidden": "true" }, "¥"), h("span", {}, t("shell.name"))),
      h("nav", { class: "views", "aria-label": t("shell.parts") }, h("ul", {}, VIEWS.map((view) => h("li", {},
        h("a", { href: `#${view}`, "data-view": view, on: { click: (event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          openView(view);
        } } }, t(`shell.${view}`)))))),
      h("a", { class: "language", href: `?lang=${other}`, lang: other === "zh" ? "zh-CN" : "en", hreflang: other, on: { click: switchLanguage } }, getTexts().other))),
    main,
    h("footer", {}, h("div", { class: "inner" },
      h("nav", { "aria-label": t("shell.more") }, h("ul", {}, link("./docs", "documentation"), link("./problems", "problems"),
        h("li", {}, h("a", { href: `./workbook.xlsx?lang=${getLanguage()}`, on: { click: (event) => {
          if (!hasKey()) return;
          event.preventDefault();
          download("/workbook.xlsx", "penaltycalc.xlsx").catch(() => location.assign(event.target.href));
        } } }, t("shell.workbook"))),
        h("li", { class: "forget", hidden: !hasKey() }, h("button", { type: "button", class: "link", on: { click: (event) => {
          forgetKey();
          event.target.closest("li").hidden = true;
        } } }, t("shell.forget_key"))))),
      h("p", {}, t("shell.promise")), data)));
}

const jumpTo = (findTarget) => (event) => {
  event.preventDefault();
  const target = findTarget();
  target.focus();
  target.scrollIntoView();
};

async function drawView() {
  const number = ++drawCount;
  const { view } = state;
  document.title = `${t(`${view}.title`)} – ${t("shell.name")}`;
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const container = h("div", { class: `view ${view}` });
  replaceContent(main, container);
  if (view in cases) await showCase(cases[view], container);
  else await { calendar: showCalendar, batch: showBatch }[view](container);
  if (number === drawCount) showDataVersion();
}

// Shows versions in the footer. The page works without them, so a failed request leaves the line empty.
async function showDataVersion() {
  try {
    const { engine, calendar } = await getJson("/v1/rulebook", { quiet: true });
    data.textContent = t("shell.rests_on", { engine, official_through: formatDate(calendar.official_through) });
  } catch {
    data.textContent = "";
  }
}

function followAddress() {
  if (location.hash === encodeFragment() || !restoreFragment(location.hash)) return;
  drawView();
}

addTexts(JSON.parse(document.getElementById("texts").textContent));
if (!restoreFragment(location.hash)) updateAddress();
addEventListener("hashchange", followAddress);
addEventListener("keyed", () => {
  document.querySelector(".forget").hidden = false;
});
drawFrame();
drawView();
