// Renders what all answers have in common: notices, the numbered explanation, provenance, and buttons to copy or print.
import { h } from "./dom.js";
import { listFacts, writeDocumentText } from "./paper.js";
import { renderChinese } from "./search.js";
import { encodeFragment } from "./state.js";
import { dropCodes, getTexts, getLabel, t } from "./texts.js";

const LEVEL_MARKS = { warning: "!", info: "i" };

export const renderCitation = (citation) => citation && h("span", { class: "cite" }, renderChinese(citation.label));
export const renderCitations = (citations) => h("ul", { class: "cites" }, citations.map((citation) => h("li", {}, renderCitation(citation))));

export function renderNotices(list) {
  if (!list.length) return null;
  const sorted = [...list].sort((notice, next) => (next.level === "warning") - (notice.level === "warning"));
  return h("section", { class: "card", "aria-labelledby": "notices-title" },
    h("h3", { id: "notices-title" }, t("answer.notices")),
    h("ul", { class: "notices" }, sorted.map((notice) =>
      h("li", { class: `notice ${notice.level}` },
        h("span", { class: "mark", "aria-hidden": "true" }, LEVEL_MARKS[notice.level] ?? "i"),
        h("div", {}, h("strong", {}, getLabel("level", notice.level)), h("p", {}, notice.text), renderCitation(notice.citation))))));
}

export function renderExplanation(list) {
  if (!list?.length) return null;
  return h("section", { class: "card", "aria-labelledby": "explanation-title" },
    h("h3", { id: "explanation-title" }, t("answer.explanation")),
    h("ol", { class: "steps" }, list.map((step) => h("li", {}, h("p", {}, step.text), renderCitation(step.citation)))));
}

export function renderProvenance(provenance) {
  const renderRow = (name, value) => h("div", {}, h("dt", {}, t(`answer.${name}`)), h("dd", {}, h("code", {}, value)));
  return h("details", { class: "provenance" }, h("summary", {}, t("answer.provenance")),
    h("dl", {}, ["engine", "rulebook", "calendar", "inputs"].map((name) => provenance[name] && renderRow(name, provenance[name]))));
}

// The print style sheet hides the form and shows this list of facts above the answer instead.
export function renderFacts(view, item, request) {
  const lines = listFacts(request, item);
  return h("section", { class: "given" },
    h("h3", {}, t(`${view.name}.title`)),
    item && h("p", {}, h("strong", {}, item.title), " ", renderCitation(item.citation)),
    h("dl", {}, lines.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))));
}

export function renderProblem(problem, focus, extra) {
  const code = problem.code;
  return h("div", { class: "notice warning problem", role: "group", tabindex: "-1", "aria-labelledby": "answer-title" },
    h("span", { class: "mark", "aria-hidden": "true" }, "!"),
    h("div", {},
      h("h2", { id: "answer-title" }, t("state.refused", { title: problem.title })),
      problem.errors.length
        ? h("ul", {}, problem.errors.map((fault) =>
          h("li", {}, h("button", { type: "button", class: "link", on: { click: () => focus(fault.where) } }, dropCodes(fault.message)))))
        : h("p", {}, dropCodes(problem.detail)),
      h("p", {}, h("a", { href: `./problems/${encodeURIComponent(code)}?lang=${getTexts().lang}` }, t("state.help", { code }))),
      extra));
}

// ------------------------------------------------------------------------- results and their input

// Hides a result whose input has changed, so that it is never read beside other facts; `text` stands in its place.
// The result keeps its room until the new one comes, so that the page does not jump.
export function markOutdated(container, text) {
  const line = container.querySelector(":scope > .changed");
  if (line) line.textContent = text;
  else container.prepend(h("p", { class: "changed" }, text));
  container.classList.add("outdated");
}

// Undoes `markOutdated`, where the new content has been put into the container.
export function markCurrent(container) {
  container.querySelector(":scope > .changed")?.remove();
  container.classList.remove("outdated");
}

// --------------------------------------------------------------------------- copying and printing

export function renderActions(view, context, event) {
  const status = h("span", { role: "status", class: "said" });
  return h("section", { class: "actions", "aria-labelledby": "actions-title" },
    h("h3", { id: "actions-title", class: "sr" }, t("answer.actions")),
    h("div", { class: "buttons" },
      h("button", { type: "button", on: { click: async () => {
        const text = await writeDocumentText(view, context);
        openTextDialog(t("answer.paper"), t("answer.paper_about"), text, "zh-CN");
      } } }, t("answer.copy")),
      h("button", { type: "button", on: { click: () => {
        const address = new URL(location.href);
        address.hash = encodeFragment(view.name);
        openTextDialog(t("answer.link_title"), t("answer.link_about"), address.href);
      } } }, t("answer.link")),
      event,
      h("button", { type: "button", on: { click: () => window.print() } }, t("answer.print")), status));
}

// Users see the text before it is copied. Browsers without a clipboard (no HTTPS) let them copy it by hand.
function openTextDialog(title, about, text, lang) {
  const area = h("textarea", { readonly: true, rows: 12, id: "box-text", "aria-labelledby": "box-title", lang, value: text });
  const status = h("p", { role: "status" });
  const copyText = async () => {
    try {
      await navigator.clipboard.writeText(text);
      status.textContent = t("answer.copied");
    } catch {
      area.focus();
      area.select();
      status.textContent = document.execCommand("copy") ? t("answer.copied") : t("answer.copy_by_hand");
    }
  };
  const dialog = h("dialog", { class: "box wide", "aria-labelledby": "box-title", on: { close: () => dialog.remove() } },
    h("h2", { id: "box-title" }, title), h("p", {}, about), area, status,
    h("div", { class: "buttons" },
      h("button", { type: "button", class: "primary", on: { click: copyText } }, title === t("answer.paper") ? t("answer.copy") : t("answer.link")),
      h("button", { type: "button", on: { click: () => dialog.close() } }, t("answer.close"))));
  document.body.append(dialog);
  dialog.showModal();
  area.select();
  copyText().then(() => area.scrollTo(0, 0));
}
