// The frame of the views fines, deadlines and expiries: a form, and the answer beside it as one types.
import { Unreachable, ApiProblem, LatestRequest, askForKey, loadCatalogue, download, postJson } from "./api.js";
import {
  markCurrent, markOutdated, renderActions, renderExplanation, renderFacts, renderNotices, renderProblem, renderProvenance,
} from "./answer.js";
import { h, debounce, replaceContent } from "./dom.js";
import * as fields from "./fields.js";
import { createCombobox, renderChinese } from "./search.js";
import {
  buildQuery, buildRequest, dropOtherFacts, findFactName, findMissingChoices, startCase, state, updateAddress,
} from "./state.js";
import { dropCodes, getFactLabel, getFieldName, hasFieldName, t } from "./texts.js";

const PAUSE_MS = 250;

export async function showCase(view, container) {
  const getFacts = () => state.cases[view.name];
  const latest = new LatestRequest();
  const status = h("p", { role: "status", class: "sr" });
  const remarks = h("div", { class: "remarks", role: "status" });
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
  const findItem = (id = getFacts()[view.subject]) => items.find((candidate) => candidate.id === id);
  const listNames = (item) => (item ? view.names(item) : new Set([view.subject]));
  dropOtherFacts(view.name, listNames(findItem()));

  // What is on the page no longer belongs to the facts, and an answer that is still on its way would not either.
  function handleChange({ incomplete = false } = {}) {
    latest.stop();
    status.textContent = "";
    if (incomplete) answer.removeAttribute("aria-busy");
    else answer.setAttribute("aria-busy", "true");
    markOutdated(answer, t(incomplete ? "state.incomplete_day" : "state.changed"));
    if (incomplete || view.dates.some((name) => getFacts()[name])) state.offers[view.name] = {};
    drawRemarks();
    updateAddress();
    if (incomplete) schedule.cancel();
    else schedule();
  }

  function chooseItem(id) {
    if (id === getFacts()[view.subject]) return;
    const names = listNames(findItem(id));
    const dates = view.dates.filter((name) => names.has(name) && getFacts()[name]).map((name) => [name, getFacts()[name]]);
    startCase(view.name, { [view.subject]: id }, Object.fromEntries(dates));
    drawForm();
    document.getElementById(`fact-${view.subject}`).focus();
    handleChange();
  }

  function drawRemarks() {
    const offer = Object.entries(state.offers[view.name]);
    const dropped = new Set(state.dropped[view.name].map((name) => (hasFieldName(name) ? getFactLabel(name) : t("form.unknown_fact"))));
    replaceContent(remarks,
      dropped.size > 0 && h("p", {}, t("form.dropped", { facts: [...dropped].join(t("unit.comma")) })),
      offer.length > 0 && [
        h("p", {}, t("form.dates_before")),
        h("ul", {}, offer.map(([name, day]) => h("li", {}, t("paper.part", { name: getFieldName(name), value: day })))),
        h("button", { type: "button", class: "small", on: { click: () => {
          Object.assign(getFacts(), state.offers[view.name]);
          drawForm();
          handleChange();
          document.getElementById(`fact-${offer[0][0]}`).focus();
        } } }, t("form.keep_dates")),
      ]);
  }

  function drawForm() {
    const item = findItem();
    const search = createCombobox({
      id: `fact-${view.subject}`, name: t(`search.${view.name}`), items, group: view.group, example: t(`search.example_${view.name}`),
      describe: view.describe, chosen: () => getFacts()[view.subject],
      choose: chooseItem,
    });
    replaceContent(form,
      h("h2", { id: "form-title" }, t("form.title")), search.place, remarks,
      item && h("div", { class: "about" }, h("p", { class: "cite" }, renderChinese(item.citation.label)), view.about(item)),
      item && view.form(item, getFacts(), handleChange, drawForm),
      item && fields.renderFoldedSection(t("form.own"), Boolean(getFacts().ref),
        fields.renderText("ref", getFacts(), handleChange, { maximum: 64 }),
        fields.renderCheckbox("personal", { personal: state.links[view.name] ? "true" : "" }, () => {}, {
          label: t("form.personal"), hint: t("form.personal_hint"), id: "link-personal",
        })),
      item && h("div", { class: "buttons" }, h("button", { class: "primary" }, t("form.submit")), h("button", { type: "button", on: { click: () => {
        startCase(view.name);
        drawForm();
        handleChange();
        document.getElementById(`fact-${view.subject}`).focus();
      } } }, t("form.clear"))));
    form.querySelector("#link-personal")?.addEventListener("change", (event) => {
      state.links[view.name] = event.target.checked;
      updateAddress();
    });
    drawRemarks();
  }

  function renderError(fault, retry) {
    if (fault instanceof ApiProblem)
      return renderProblem(fault.problem, (where) => focusControl(findFactName(where, getFacts())), fault.problem.status === 401 &&
        h("button", { type: "button", class: "primary", on: { click: async () => (await askForKey(fault.problem)) && retry() } }, t("key.ask")));
    if (!(fault instanceof Unreachable)) throw fault;
    return h("div", { class: "notice warning gone", role: "alert" },
      h("h2", { id: "answer-title" }, t("state.gone")), h("p", {}, t("state.gone_help")),
      h("button", { type: "button", class: "primary", on: { click: retry } }, t("state.again")));
  }

  function findControl({ name, row, part }) {
    // A fault of a whole row stands beside its first control.
    if (row !== undefined) return part ? document.getElementById(`fact-${name}-${row}-${part}`) : form.querySelector(`[id^="fact-${name}-${row}-"]`);
    return document.getElementById(`fact-${name}`) ?? form.querySelector(`[data-fact="${CSS.escape(name)}"]`);
  }

  function focusControl(location) {
    const control = findControl(location);
    if (!control) return;
    for (let ancestor = control.parentElement; ancestor; ancestor = ancestor.parentElement)
      if (ancestor.tagName === "DETAILS") ancestor.open = true;
    (control.matches("fieldset") ? control.querySelector("input") : control).focus();
  }

  // Shows faults beside their fields; each has a location in the form and a message.
  function markErrors(faults) {
    for (const error of form.querySelectorAll(".error")) {
      const control = document.getElementById(error.id.replace(/-error$/, ""));
      error.hidden = true;
      error.textContent = "";
      control?.removeAttribute("aria-invalid");
    }
    for (const fault of faults) {
      const control = findControl(fault.location);
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
    showResult(h("div", { class: "empty card" }, view.symbol(), h("h2", { id: "answer-title", class: "sr" }, t("answer.title")),
      h("p", {}, t(`${view.name}.empty`)),
      h("button", { type: "button", on: { click: () => {
        startCase(view.name, structuredClone(view.sample));
        drawForm();
        handleChange();
      } } }, t(`${view.name}.example`))));
  }

  function showResult(...content) {
    answer.removeAttribute("aria-busy");
    answer.classList.remove("slow");
    replaceContent(answer, ...content);
    markCurrent(answer);
  }

  // A row without the choice that it needs is no fact yet, and the answer without it would be one to another case.
  function showMissingChoices(missing, submitted) {
    latest.stop();
    const faults = missing.map((location) => ({ location, message: t(`form.choose_${location.part}`) }));
    showResult(h("div", { class: "notice warning problem", role: "group", tabindex: "-1", "aria-labelledby": "answer-title" },
      h("span", { class: "mark", "aria-hidden": "true" }, "!"),
      h("div", {}, h("h2", { id: "answer-title" }, t("state.unfinished")),
        h("ul", {}, faults.map(({ location, message }) => h("li", {},
          h("button", { type: "button", class: "link", on: { click: () => focusControl(location) } }, message)))))));
    markErrors(faults);
    status.textContent = t("state.unfinished");
    if (submitted) focusAndScroll(answer.querySelector("[tabindex]"));
  }

  async function calculate(submitted = false) {
    const item = findItem();
    const subject = getFacts()[view.subject];
    if (!subject || (item && view.waits(getFacts()))) return showEmpty();
    const missing = findMissingChoices(getFacts());
    if (missing.length) return showMissingChoices(missing, submitted);
    const names = listNames(item);
    const body = { ...buildRequest(getFacts(), names), ...view.always };
    answer.setAttribute("aria-busy", "true");
    const patience = setTimeout(() => answer.classList.add("slow"), 300);
    const result = await latest.take((signal) => postJson(view.path, body, { signal }));
    clearTimeout(patience);
    if (!result || !answer.isConnected) return;
    if (result.fault) return showError(result.fault, submitted);
    markErrors([]);
    const context = {
      item, facts: getFacts(), request: body, answer: result.answer, names, post: postJson,
      focus: (fact) => focusControl(findFactName(`/${fact}`, getFacts())),
    };
    const head = view.head(result.answer, context);
    showResult(
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
    showResult(message, canAssume && h("button", { type: "button", on: { click: () => {
      getFacts().assume_in_force = "true";
      drawForm();
      handleChange();
    } } }, t("state.assume")));
    markErrors(fault instanceof ApiProblem ? fault.problem.errors.map(({ where, message }) => ({ location: findFactName(where, getFacts()), message: dropCodes(message) })) : []);
    status.textContent = fault instanceof ApiProblem ? dropCodes(fault.problem.detail) : t("state.gone");
    if (submitted) focusAndScroll(answer.querySelector("[tabindex], button, a"));
  }

  function focusAndScroll(node) {
    node.focus({ preventScroll: true });
    node.scrollIntoView({ block: "nearest" });
  }

  const schedule = debounce((submitted) => calculate(submitted), PAUSE_MS);
  drawForm();
  updateAddress();
  await schedule.now();
}
