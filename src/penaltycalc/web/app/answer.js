// What every answer carries, shown: notices by level, the numbered explanation, what it rests on, and the ways to keep it.
import { h } from "./dom.js";
import { factLines, paper } from "./paper.js";
import { chinese } from "./search.js";
import { fragment } from "./state.js";
import { all, label, t } from "./texts.js";

const MARKS = { warning: "!", info: "i" };

export const cited = (citation) => citation && h("span", { class: "cite" }, chinese(citation.label));

export function notices(list) {
  if (!list.length) return null;
  const sorted = [...list].sort((one, other) => (other.level === "warning") - (one.level === "warning"));
  return h("section", { class: "card", "aria-labelledby": "notices-title" },
    h("h3", { id: "notices-title" }, t("answer.notices")),
    h("ul", { class: "notices" }, sorted.map((one) =>
      h("li", { class: `notice ${one.level}` },
        h("span", { class: "mark", "aria-hidden": "true" }, MARKS[one.level] ?? "i"),
        h("div", {}, h("strong", {}, label("level", one.level)), h("p", {}, one.text), cited(one.citation))))));
}

export function explanation(list) {
  if (!list?.length) return null;
  return h("section", { class: "card", "aria-labelledby": "explanation-title" },
    h("h3", { id: "explanation-title" }, t("answer.explanation")),
    h("ol", { class: "steps" }, list.map((one) => h("li", {}, h("p", {}, one.text), cited(one.citation)))));
}

export function provenance(given) {
  const row = (name, value) => h("div", {}, h("dt", {}, t(`answer.${name}`)), h("dd", {}, h("code", {}, value)));
  return h("details", { class: "provenance" }, h("summary", {}, t("answer.provenance")),
    h("dl", {}, ["engine", "rulebook", "calendar", "inputs"].map((name) => given[name] && row(name, given[name]))));
}

// On paper the form is not there: then the facts stand above the answer.
export function factList(view, item, request) {
  const lines = factLines(request);
  return h("section", { class: "given" },
    h("h3", {}, t(`${view.name}.title`)),
    item && h("p", {}, h("strong", {}, `${item.id} ${item.title}`), " ", cited(item.citation)),
    h("dl", {}, lines.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))));
}

export function problemBox(problem, focus, extra) {
  const code = problem.code;
  return h("div", { class: "notice warning problem", role: "group", tabindex: "-1", "aria-labelledby": "answer-title" },
    h("span", { class: "mark", "aria-hidden": "true" }, "!"),
    h("div", {},
      h("h2", { id: "answer-title" }, t("state.refused", { title: problem.title })),
      problem.errors.length
        ? h("ul", {}, problem.errors.map((fault) =>
          h("li", {}, h("button", { type: "button", class: "link", on: { click: () => focus(fault.where) } }, fault.message))))
        : h("p", {}, problem.detail),
      h("p", {}, h("a", { href: `./problems/${encodeURIComponent(code)}?lang=${all().lang}` }, t("state.help", { code }))),
      extra));
}

// --------------------------------------------------------------------------- keep and share

export function actions(view, context, event) {
  const said = h("span", { role: "status", class: "said" });
  return h("section", { class: "actions", "aria-labelledby": "actions-title" },
    h("h3", { id: "actions-title", class: "sr" }, t("answer.actions")),
    h("div", { class: "buttons" },
      h("button", { type: "button", on: { click: async () => {
        const text = await paper(view, context);
        box(t("answer.paper"), t("answer.paper_about"), text, "zh-CN");
      } } }, t("answer.copy")),
      h("button", { type: "button", on: { click: () => {
        const address = new URL(location.href);
        address.hash = fragment(view.name);
        box(t("answer.link_title"), t("answer.link_about"), address.href);
      } } }, t("answer.link")),
      event,
      h("button", { type: "button", on: { click: () => window.print() } }, t("answer.print")), said));
}

// The text stands there to be read before it is copied; where the browser hands out no clipboard, by hand.
function box(title, about, text, lang) {
  const area = h("textarea", { readonly: true, rows: 12, id: "box-text", "aria-labelledby": "box-title", lang, value: text });
  const said = h("p", { role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = t("answer.copied");
    } catch {
      area.focus();
      area.select();
      said.textContent = document.execCommand("copy") ? t("answer.copied") : t("answer.copy_by_hand");
    }
  };
  const frame = h("dialog", { class: "box wide", "aria-labelledby": "box-title", on: { close: () => frame.remove() } },
    h("h2", { id: "box-title" }, title), h("p", {}, about), area, said,
    h("div", { class: "buttons" },
      h("button", { type: "button", class: "primary", on: { click: copy } }, title === t("answer.paper") ? t("answer.copy") : t("answer.link")),
      h("button", { type: "button", on: { click: () => frame.close() } }, t("answer.close"))));
  document.body.append(frame);
  frame.showModal();
  area.select();
  copy().then(() => area.scrollTo(0, 0));
}
