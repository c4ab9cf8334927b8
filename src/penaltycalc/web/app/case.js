// A view with a form on one side and the answer on the other: fines, deadlines, expiries.
import { Gone, Refused, Turns, askKey, catalogue, download, post } from "./api.js";
import { actions, explanation, factList, notices, problemBox, provenance } from "./answer.js";
import { h, later, show } from "./dom.js";
import * as fields from "./fields.js";
import { combobox, chinese } from "./search.js";
import { nameOf, query, remember, request, state } from "./state.js";
import { t } from "./texts.js";

const PAUSE = 250;

export async function caseView(view, place) {
  const facts = () => state.cases[view.name];
  const turns = new Turns();
  const status = h("p", { role: "status", class: "sr" });
  const form = h("form", { class: "form card", "aria-labelledby": "form-title", novalidate: true,
    on: { submit: (event) => {
      event.preventDefault();
      ask.now(true);
    } } });
  const answer = h("section", { class: "answer", id: "answer", tabindex: "-1", "aria-labelledby": "answer-title" });
  show(place,
    h("div", { class: "intro" }, h("h1", { tabindex: "-1" }, t(`${view.name}.title`)), h("p", {}, t(`${view.name}.lead`))),
    h("div", { class: "case" }, form, answer), status);
  show(form, h("p", { class: "loading" }, t("state.loading_list")));

  let items;
  try {
    ({ items } = await catalogue(view.catalogue));
  } catch (fault) {
    show(form, trouble(fault, () => caseView(view, place)));
    return;
  }
  if (!form.isConnected) return;
  const item = () => items.find((one) => one.id === facts()[view.subject]);
  const changed = () => {
    remember();
    ask();
  };

  function draw() {
    const known = item();
    const search = combobox({
      id: `fact-${view.subject}`, name: t(`search.${view.name}`), items, group: view.group, example: t(`search.example_${view.name}`),
      describe: view.describe, chosen: () => facts()[view.subject],
      choose: (id) => {
        facts()[view.subject] = id;
        draw();
        document.getElementById(`fact-${view.subject}`).focus();
        changed();
      },
    });
    show(form,
      h("h2", { id: "form-title" }, t("form.title")), search.place,
      known && h("div", { class: "about" }, h("p", { class: "cite" }, chinese(known.citation.label)), view.about(known)),
      known && view.form(known, facts(), changed, draw),
      known && fields.folded(t("form.own"), Boolean(facts().ref),
        fields.text("ref", facts(), changed, { maximum: 64 }),
        fields.tick("personal", { personal: state.links[view.name] ? "true" : "" }, () => {}, {
          label: t("form.personal"), hint: t("form.personal_hint"), id: "link-personal",
        })),
      known && h("div", { class: "buttons" }, h("button", { class: "primary" }, t("form.submit")), h("button", { type: "button", on: { click: () => {
        state.cases[view.name] = {};
        state.links[view.name] = false;
        draw();
        changed();
        document.getElementById(`fact-${view.subject}`).focus();
      } } }, t("form.clear"))));
    form.querySelector("#link-personal")?.addEventListener("change", (event) => {
      state.links[view.name] = event.target.checked;
      remember();
    });
  }

  function trouble(fault, again) {
    if (fault instanceof Refused)
      return problemBox(fault.problem, (where) => focus(nameOf(where)), fault.problem.status === 401 &&
        h("button", { type: "button", class: "primary", on: { click: async () => (await askKey(fault.problem)) && again() } }, t("key.ask")));
    if (!(fault instanceof Gone)) throw fault;
    return h("div", { class: "notice warning gone", role: "alert" },
      h("h2", { id: "answer-title" }, t("state.gone")), h("p", {}, t("state.gone_help")),
      h("button", { type: "button", class: "primary", on: { click: again } }, t("state.again")));
  }

  function controlOf({ name, row, part }) {
    if (row !== undefined && part) return document.getElementById(`fact-${name}-${row}-${part}`);
    return document.getElementById(`fact-${name}`) ?? form.querySelector(`[data-fact="${CSS.escape(name)}"]`);
  }

  function focus(found) {
    const control = controlOf(found);
    if (!control) return;
    for (let inside = control.parentElement; inside; inside = inside.parentElement)
      if (inside.tagName === "DETAILS") inside.open = true;
    (control.matches("fieldset") ? control.querySelector("input") : control).focus();
  }

  function mark(errors) {
    for (const error of form.querySelectorAll(".error")) {
      const control = document.getElementById(error.id.replace(/-error$/, ""));
      error.hidden = true;
      error.textContent = "";
      control?.removeAttribute("aria-invalid");
    }
    for (const fault of errors) {
      const control = controlOf(nameOf(fault.where));
      const error = control && document.getElementById(`${control.id}-error`);
      if (!error) continue;
      error.textContent = fault.message;
      error.hidden = false;
      control.setAttribute("aria-invalid", "true");
      for (let inside = control.parentElement; inside; inside = inside.parentElement)
        if (inside.tagName === "DETAILS") inside.open = true;
    }
  }

  function empty() {
    turns.stop();
    mark([]);
    status.textContent = "";
    answer.removeAttribute("aria-busy");
    show(answer, h("div", { class: "empty card" }, view.symbol(), h("h2", { id: "answer-title", class: "sr" }, t("answer.title")),
      h("p", {}, t(`${view.name}.empty`)),
      h("button", { type: "button", on: { click: () => {
        state.cases[view.name] = structuredClone(view.sample);
        draw();
        changed();
      } } }, t(`${view.name}.example`))));
  }

  const names = (known) => view.names(known);

  async function run(submitted = false) {
    const known = item();
    const subject = facts()[view.subject];
    if (!subject || (known && view.waits(facts()))) return empty();
    const used = known ? names(known) : new Set([view.subject]);
    const asked = { ...request(facts(), used), ...view.always };
    answer.setAttribute("aria-busy", "true");
    const patience = setTimeout(() => answer.classList.add("slow"), 300);
    const turn = await turns.take((signal) => post(view.path, asked, { signal }));
    clearTimeout(patience);
    if (!turn || !answer.isConnected) return;
    answer.classList.remove("slow");
    answer.removeAttribute("aria-busy");
    if (turn.fault) return refused(turn.fault, submitted);
    mark([]);
    const context = {
      item: known, facts: facts(), request: asked, answer: turn.answer, names: used, post, focus,
    };
    const head = view.head(turn.answer, context);
    show(answer,
      h("h2", { id: "answer-title", class: "sr" }, t("answer.title")),
      factList(view, known, asked), head, actions(view, context, event(turn.answer)), view.body(turn.answer, context),
      notices(turn.answer.notices), explanation(turn.answer.explanation), provenance(turn.answer.provenance));
    status.textContent = t("state.done", { result: view.spoken(turn.answer) });
    if (submitted) reach(answer);
  }

  function event(answered) {
    if (!view.event || !view.event.can(answered)) return null;
    return h("button", { type: "button", on: { click: () => {
      const flat = query(facts(), names(item()));
      const id = flat[view.subject];
      delete flat[view.subject];
      return guarded(() => download(`${view.path}/${encodeURIComponent(id)}/ics`, `${id}.ics`, { query: flat }));
    } } }, t(view.event.text));
  }

  async function guarded(task) {
    try {
      await task();
    } catch (fault) {
      answer.prepend(trouble(fault, () => run()));
    }
  }

  function refused(fault, submitted) {
    const shown = trouble(fault, () => run());
    const assume = fault instanceof Refused && fault.problem.code === "not-in-force" && view.assumable;
    show(answer, shown, assume && h("button", { type: "button", on: { click: () => {
      facts().assume_in_force = "true";
      draw();
      changed();
    } } }, t("state.assume")));
    mark(fault instanceof Refused ? fault.problem.errors : []);
    status.textContent = fault instanceof Refused ? fault.problem.detail : t("state.gone");
    if (submitted) reach(answer.querySelector("[tabindex], button, a"));
  }

  function reach(node) {
    node.focus({ preventScroll: true });
    node.scrollIntoView({ block: "nearest" });
  }

  const ask = later((submitted) => run(submitted), PAUSE);
  draw();
  await ask.now();
}
