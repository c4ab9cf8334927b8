// The frame of the views fines, deadlines and expiries: a form, and the answer beside it as one types.
import { Unreachable, ApiProblem, LatestRequest, askForKey, loadCatalogue, download, postJson } from "./api.js";
import { renderActions, renderExplanation, renderFacts, renderNotices, renderProblem, renderProvenance } from "./answer.js";
import { h, debounce, replaceContent } from "./dom.js";
import * as fields from "./fields.js";
import { createCombobox, renderChinese } from "./search.js";
import { findFactName, buildQuery, updateAddress, buildRequest, state } from "./state.js";
import { t } from "./texts.js";

const PAUSE_MS = 250;

export async function showCase(view, container) {
  const getFacts = () => state.cases[view.name];
  const latest = new LatestRequest();
  const status = h("p", { role: "status", class: "sr" });
  const form = h("form", { class: "form card", "aria-labelledby": "form-title", novalidate: true,
    on: { submit: (event) => {
      event.preventDefault();
      schedule.now(true);
    } } });
  const answer = h("section", { class: "answer", id: "answer", tabindex: "-1", "aria-labelledby": "answer-title" });
  replaceContent(container,
    h("div", { class: "intro" }, h("h1", { tabindex: "-1" }, t(`${view.name}.title`)), h("p", {}, t(`${view.name}.lead`))),
    h("div", { class: "case" }, form, answer), status);
  replaceContent(form, h("p", { class: "loading" }, t("state.loading_list")));

  let items;
  try {
    ({ items } = await loadCatalogue(view.catalogue));
  } catch (fault) {
    replaceContent(form, renderError(fault, () => showCase(view, container)));
    return;
  }
  if (!form.isConnected) return;
  const findItem = () => items.find((candidate) => candidate.id === getFacts()[view.subject]);
  const handleChange = () => {
    updateAddress();
    schedule();
  };

  function drawForm() {
    const item = findItem();
    const search = createCombobox({
      id: `fact-${view.subject}`, name: t(`search.${view.name}`), items, group: view.group, example: t(`search.example_${view.name}`),
      describe: view.describe, chosen: () => getFacts()[view.subject],
      choose: (id) => {
        getFacts()[view.subject] = id;
        drawForm();
        document.getElementById(`fact-${view.subject}`).focus();
        handleChange();
      },
    });
    replaceContent(form,
      h("h2", { id: "form-title" }, t("form.title")), search.place,
      item && h("div", { class: "about" }, h("p", { class: "cite" }, renderChinese(item.citation.label)), view.about(item)),
      item && view.form(item, getFacts(), handleChange, drawForm),
      item && fields.renderFoldedSection(t("form.own"), Boolean(getFacts().ref),
        fields.renderText("ref", getFacts(), handleChange, { maximum: 64 }),
        fields.renderCheckbox("personal", { personal: state.links[view.name] ? "true" : "" }, () => {}, {
          label: t("form.personal"), hint: t("form.personal_hint"), id: "link-personal",
        })),
      item && h("div", { class: "buttons" }, h("button", { class: "primary" }, t("form.submit")), h("button", { type: "button", on: { click: () => {
        state.cases[view.name] = {};
        state.links[view.name] = false;
        drawForm();
        handleChange();
        document.getElementById(`fact-${view.subject}`).focus();
      } } }, t("form.clear"))));
    form.querySelector("#link-personal")?.addEventListener("change", (event) => {
      state.links[view.name] = event.target.checked;
      updateAddress();
    });
  }

  function renderError(fault, retry) {
    if (fault instanceof ApiProblem)
      return renderProblem(fault.problem, (where) => focusControl(findFactName(where)), fault.problem.status === 401 &&
        h("button", { type: "button", class: "primary", on: { click: async () => (await askForKey(fault.problem)) && retry() } }, t("key.ask")));
    if (!(fault instanceof Unreachable)) throw fault;
    return h("div", { class: "notice warning gone", role: "alert" },
      h("h2", { id: "answer-title" }, t("state.gone")), h("p", {}, t("state.gone_help")),
      h("button", { type: "button", class: "primary", on: { click: retry } }, t("state.again")));
  }

  function findControl({ name, row, part }) {
    if (row !== undefined && part) return document.getElementById(`fact-${name}-${row}-${part}`);
    return document.getElementById(`fact-${name}`) ?? form.querySelector(`[data-fact="${CSS.escape(name)}"]`);
  }

  function focusControl(location) {
    const control = findControl(location);
    if (!control) return;
    for (let ancestor = control.parentElement; ancestor; ancestor = ancestor.parentElement)
      if (ancestor.tagName === "DETAILS") ancestor.open = true;
    (control.matches("fieldset") ? control.querySelector("input") : control).focus();
  }

  function markErrors(errors) {
    for (const error of form.querySelectorAll(".error")) {
      const control = document.getElementById(error.id.replace(/-error$/, ""));
      error.hidden = true;
      error.textContent = "";
      control?.removeAttribute("aria-invalid");
    }
    for (const fault of errors) {
      const control = findControl(findFactName(fault.where));
      const error = control && document.getElementById(`${control.id}-error`);
      if (!error) continue;
      error.textContent = fault.message;
      error.hidden = false;
      control.setAttribute("aria-invalid", "true");
      for (let ancestor = control.parentElement; ancestor; ancestor = ancestor.parentElement)
        if (ancestor.tagName === "DETAILS") ancestor.open = true;
    }
  }

  function showEmpty() {
    latest.stop();
    markErrors([]);
    status.textContent = "";
    answer.removeAttribute("aria-busy");
    replaceContent(answer, h("div", { class: "empty card" }, view.symbol(), h("h2", { id: "answer-title", class: "sr" }, t("answer.title")),
      h("p", {}, t(`${view.name}.empty`)),
      h("button", { type: "button", on: { click: () => {
        state.cases[view.name] = structuredClone(view.sample);
        drawForm();
        handleChange();
      } } }, t(`${view.name}.example`))));
  }

  const listNames = (item) => view.names(item);

  async function calculate(submitted = false) {
    const item = findItem();
    const subject = getFacts()[view.subject];
    if (!subject || (item && view.waits(getFacts()))) return showEmpty();
    const names = item ? listNames(item) : new Set([view.subject]);
    const body = { ...buildRequest(getFacts(), names), ...view.always };
    answer.setAttribute("aria-busy", "true");
    const patience = setTimeout(() => answer.classList.add("slow"), 300);
    const result = await latest.take((signal) => postJson(view.path, body, { signal }));
    clearTimeout(patience);
    if (!result || !answer.isConnected) return;
    answer.classList.remove("slow");
    answer.removeAttribute("aria-busy");
    if (result.fault) return showError(result.fault, submitted);
    markErrors([]);
    const context = {
      item, facts: getFacts(), request: body, answer: result.answer, names, post: postJson, focus: focusControl,
    };
    const head = view.head(result.answer, context);
    replaceContent(answer,
      h("h2", { id: "answer-title", class: "sr" }, t("answer.title")),
      renderFacts(view, item, body), head, renderActions(view, context, renderEventButton(result.answer)), view.body(result.answer, context),
      renderNotices(result.answer.notices), renderExplanation(result.answer.explanation), renderProvenance(result.answer.provenance));
    status.textContent = t("state.done", { result: view.spoken(result.answer) });
    if (submitted) focusAndScroll(answer);
  }

  function renderEventButton(answer) {
    if (!view.event || !view.event.can(answer)) return null;
    return h("button", { type: "button", on: { click: () => {
      const flat = buildQuery(getFacts(), listNames(findItem()));
      const id = flat[view.subject];
      delete flat[view.subject];
      return showingErrors(() => download(`${view.path}/${encodeURIComponent(id)}/ics`, `${id}.ics`, { query: flat }));
    } } }, t(view.event.text));
  }

  async function showingErrors(task) {
    try {
      await task();
    } catch (fault) {
      answer.prepend(renderError(fault, () => calculate()));
    }
  }

  function showError(fault, submitted) {
    const message = renderError(fault, () => calculate());
    const canAssume = fault instanceof ApiProblem && fault.problem.code === "not-in-force" && view.assumable;
    replaceContent(answer, message, canAssume && h("button", { type: "button", on: { click: () => {
      getFacts().assume_in_force = "true";
      drawForm();
      handleChange();
    } } }, t("state.assume")));
    markErrors(fault instanceof ApiProblem ? fault.problem.errors : []);
    status.textContent = fault instanceof ApiProblem ? fault.problem.detail : t("state.gone");
    if (submitted) focusAndScroll(answer.querySelector("[tabindex], button, a"));
  }

  function focusAndScroll(node) {
    node.focus({ preventScroll: true });
    node.scrollIntoView({ block: "nearest" });
  }

  const schedule = debounce((submitted) => calculate(submitted), PAUSE_MS);
  drawForm();
  await schedule.now();
}
