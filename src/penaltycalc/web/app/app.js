// Starts the page: its frame, its views, its language.
import { forget, get, keyed, download } from "./api.js";
import { batchView } from "./batch.js";
import { calendarView } from "./calendar.js";
import { caseView } from "./case.js";
import { deadlines } from "./deadlines.js";
import { h, show } from "./dom.js";
import { expiries } from "./expiries.js";
import { fines } from "./fines.js";
import { VIEWS, fragment, remember, restore, state } from "./state.js";
import { all, language, t, tag, take, use } from "./texts.js";

const cases = { fines, deadlines, expiries };
const root = document.getElementById("app");
const main = h("main", { id: "content", tabindex: "-1" });
const data = h("p", { class: "data" });
let drawn = 0;

function go(view) {
  state.view = view;
  history.pushState(null, "", `${location.search}${fragment()}`);
  draw();
  main.querySelector("h1")?.focus();
}

function turn(event) {
  event.preventDefault();
  const wanted = language() === "zh" ? "en" : "zh";
  use(wanted).then(() => {
    const address = new URL(location.href);
    address.searchParams.set("lang", wanted);
    history.replaceState(null, "", address);
    frame();
    draw();
    document.querySelector(".language").focus();
  }).catch(() => location.assign(`?lang=${wanted}${fragment()}`));
}

function frame() {
  document.documentElement.lang = tag();
  const other = language() === "zh" ? "en" : "zh";
  const link = (href, name) => h("li", {}, h("a", { href: `${href}?lang=${language()}` }, t(`shell.${name}`)));
  show(root,
    h("a", { class: "skip", href: "#content", on: { click: jump(() => main) } }, t("shell.skip")),
    h("a", { class: "skip", href: "#answer", on: { click: jump(() => document.getElementById("answer") ?? main) } }, t("shell.skip_answer")),
    h("header", { class: "top" }, h("div", { class: "inner" },
      h("p", { class: "brand" }, h("span", { class: "seal", "aria-hidden": "true" }, "¥"), h("span", {}, t("shell.name"))),
      h("nav", { class: "views", "aria-label": t("shell.parts") }, h("ul", {}, VIEWS.map((view) => h("li", {},
        h("a", { href: `#${view}`, "data-view": view, on: { click: (event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          go(view);
        } } }, t(`shell.${view}`)))))),
      h("a", { class: "language", href: `?lang=${other}`, lang: other === "zh" ? "zh-CN" : "en", hreflang: other, on: { click: turn } }, all().other))),
    main,
    h("footer", {}, h("div", { class: "inner" },
      h("nav", { "aria-label": t("shell.more") }, h("ul", {}, link("./docs", "documentation"), link("./problems", "problems"),
        h("li", {}, h("a", { href: `./workbook.xlsx?lang=${language()}`, on: { click: (event) => {
          if (!keyed()) return;
          event.preventDefault();
          download("/workbook.xlsx", "penaltycalc.xlsx").catch(() => location.assign(event.target.href));
        } } }, t("shell.workbook"))),
        h("li", { class: "forget", hidden: !keyed() }, h("button", { type: "button", class: "link", on: { click: (event) => {
          forget();
          event.target.closest("li").hidden = true;
        } } }, t("shell.forget_key"))))),
      h("p", {}, t("shell.promise")), data)));
}

const jump = (find) => (event) => {
  event.preventDefault();
  const place = find();
  place.focus();
  place.scrollIntoView();
};

async function draw() {
  const own = ++drawn;
  const { view } = state;
  document.title = `${t(`${view}.title`)} – ${t("shell.name")}`;
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const place = h("div", { class: `view ${view}` });
  show(main, place);
  if (view in cases) await caseView(cases[view], place);
  else await { calendar: calendarView, batch: batchView }[view](place);
  if (own === drawn) rest();
}

// What the answers rest on; the page does without where it cannot be had.
async function rest() {
  try {
    const { engine, calendar } = await get("/v1/rulebook", { quiet: true });
    data.textContent = t("shell.rests_on", { engine, official_through: calendar.official_through });
  } catch {
    data.textContent = "";
  }
}

function follow() {
  if (location.hash === fragment() || !restore(location.hash)) return;
  draw();
}

take(JSON.parse(document.getElementById("texts").textContent));
if (!restore(location.hash)) remember();
addEventListener("hashchange", follow);
addEventListener("keyed", () => {
  document.querySelector(".forget").hidden = false;
});
frame();
draw();
