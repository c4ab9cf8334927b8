// The controls of a form. Each stores its value in `facts` under the flat name of the API and calls `onChange`.
import { h, s } from "./dom.js";
import { normalizeNumber } from "./state.js";
import { getTexts, getFieldName, t, formatYuan } from "./texts.js";

let groupNumber = 0;

function renderField(id, name, control, { hint = getTexts().texts.hint[name], label = getFieldName(name), extra } = {}) {
  return h("div", { class: "field", "data-fact": name },
    h("label", { for: id }, label), h("div", { class: "control" }, control, extra),
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
    h("p", { class: "error", id: `${id}-error`, hidden: true }));
}

const getDescriptionIds = (id, name, hint = getTexts().texts.hint[name]) => `${hint ? `${id}-hint ` : ""}${id}-error`;

export function renderText(name, facts, onChange, { amount = false, numeric = false, label, id = `fact-${name}`, maximum } = {}) {
  const echo = amount ? h("p", { class: "echo", "aria-hidden": "true" }) : null;
  const showAmount = () => {
    if (echo) echo.textContent = /^\d+(\.\d{1,2})?$/.test(facts[name] ?? "") ? t("form.reads_as", { amount: formatYuan(facts[name]) }) : "";
  };
  const input = h("input", {
    id, type: "text", inputmode: amount ? "decimal" : numeric ? "numeric" : null, autocomplete: "off",
    spellcheck: "false", maxlength: maximum, "aria-describedby": getDescriptionIds(id, name), value: facts[name] ?? "",
    class: amount || numeric ? "number" : null,
    on: { input: () => {
      facts[name] = amount || numeric ? normalizeNumber(input.value) : input.value;
      showAmount();
      onChange();
    } },
  });
  showAmount();
  return renderField(id, name, [input, echo], { label });
}

// Accepts 2026-05-20, 20260520, 2026/5/20 and 2026年5月20日. Other texts are sent unchanged, so that the API explains the fault.
const DAY_PATTERN = /^(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))$/;

function parseDay(text) {
  const match = DAY_PATTERN.exec(text.normalize("NFKC").replace(/\s/g, ""));
  if (!match) return text.trim();
  return [match[1], (match[2] ?? match[4]).padStart(2, "0"), (match[3] ?? match[5]).padStart(2, "0")].join("-");
}

const COMPLETE_DAY = /^\d{4}(-?)\d{2}\1\d{2}$/;

// A day is a text field, since date inputs show days in the order of the browser's locale; a button opens the browser's
// calendar. The value counts when it is complete or the field is left. Today is never a default: the user inserts it.
// While a day is being typed, `onChange` is told that the fact in `facts` is no longer what the field shows.
export function renderDay(name, facts, onChange, { today = false, label, id = `fact-${name}` } = {}) {
  let incomplete = false;
  const setFact = (value) => {
    if (!incomplete && (facts[name] ?? "") === value) return;
    incomplete = false;
    facts[name] = value;
    onChange();
  };
  const setBoth = (value) => {
    input.value = value;
    setFact(value);
  };
  const input = h("input", {
    id, type: "text", inputmode: "numeric", autocomplete: "off", spellcheck: "false", maxlength: 20, class: "number day",
    placeholder: t("form.day"), "aria-describedby": getDescriptionIds(id, name), value: facts[name] ?? "",
    on: {
      input: () => {
        const text = input.value.normalize("NFKC").trim();
        if (!text || COMPLETE_DAY.test(text)) return setFact(parseDay(text));
        incomplete = true;
        onChange({ incomplete });
      },
      change: () => setBoth(parseDay(input.value)),
    },
  });
  const picker = h("input", { type: "date", class: "picker", tabindex: "-1", "aria-hidden": "true", min: "0001-01-01", max: "9999-12-31",
    on: { change: () => picker.value && setBoth(picker.value) } });
  const button = h("button", { type: "button", class: "pick", "aria-label": t("form.pick", { name: label ?? getFieldName(name) }), on: { click: () => {
    picker.value = COMPLETE_DAY.test(facts[name] ?? "") ? facts[name] : "";
    picker.showPicker?.();
  } } }, s("svg", { viewBox: "0 0 20 20", width: 18, height: 18, "aria-hidden": "true" },
    s("path", { d: "M3 5.5h14v11H3zM3 9h14M7 3v4M13 3v4", fill: "none", stroke: "currentColor", "stroke-width": 1.6 })));
  const extra = today && h("button", { type: "button", class: "small", on: { click: () => {
    const now = new Date();
    const padTwo = (part) => String(part).padStart(2, "0");
    setBoth(`${now.getFullYear()}-${padTwo(now.getMonth() + 1)}-${padTwo(now.getDate())}`);
  } } }, t("form.today"));
  return renderField(id, name, h("span", { class: "dated" }, input, picker, button), { label, extra });
}

// A choice of a few values as radio buttons, with one more for leaving the fact open.
export function renderChoice(name, facts, onChange, { options, label = getFieldName(name), id = `fact-${name}`, open = t("form.open") }) {
  const group = `${id}-${groupNumber++}`;
  const buttons = [["", open], ...options].map(([value, text]) => {
    const optionId = `${group}-${value || "open"}`;
    return [
      h("input", {
        type: "radio", id: optionId, name: group, value, checked: (facts[name] ?? "") === value,
        "aria-describedby": `${id}-error`,
        on: { change: () => {
          facts[name] = value;
          onChange();
        } },
      }),
      h("label", { for: optionId }, text),
    ];
  });
  const hint = getTexts().texts.hint[name];
  return h("fieldset", { class: "field choice", "data-fact": name, id, tabindex: "-1" },
    h("legend", {}, label), h("div", { class: "segments" }, buttons),
    hint && h("p", { class: "hint" }, hint), h("p", { class: "error", id: `${id}-error`, hidden: true }));
}

export function renderCheckbox(name, facts, onChange, { label = getFieldName(name), id = `fact-${name}`, hint = getTexts().texts.hint[name] } = {}) {
  return h("div", { class: "field tick", "data-fact": name },
    h("div", { class: "control" },
      h("input", {
        type: "checkbox", id, checked: facts[name] === "true",
        "aria-describedby": `${hint ? `${id}-hint ` : ""}${id}-error`,
        on: { change: (event) => {
          facts[name] = event.target.checked ? "true" : "";
          onChange();
        } },
      }),
      h("label", { for: id }, label)),
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
    h("p", { class: "error", id: `${id}-error`, hidden: true }));
}

// A choice from a list, which begins with an empty one: nothing is chosen by default.
export function renderSelect(name, facts, onChange, { options, label = getFieldName(name), id = `fact-${name}` }) {
  // A list shows its first option for a value that it does not have, so that value must not be sent.
  if (!options.some(([value]) => value === facts[name])) facts[name] = "";
  const control = h("select", { id, "aria-describedby": `${id}-error`, on: { change: () => {
    facts[name] = control.value;
    onChange();
  } } }, [["", t("form.choose")], ...options].map(([value, text]) => h("option", { value, selected: facts[name] === value }, text)));
  return renderField(id, name, control, { label, hint: null });
}

// A list of rows that users add and remove: persons or clock stops.
export function renderRows(name, facts, onChange, { head, add, remove, blank, draw }) {
  const container = h("div", { class: "rows", "data-fact": name });
  function redraw(focus) {
    const list = facts[name] ?? [];
    container.replaceChildren(
      ...list.map((row, at) => h("fieldset", { class: "row" },
        h("legend", {}, t(head, { number: at + 1 })),
        draw(row, at, onChange),
        h("button", { type: "button", class: "small", "aria-label": t(remove, { number: at + 1 }), on: { click: () => {
          facts[name].splice(at, 1);
          redraw(-1);
          onChange();
        } } }, "✕"))),
      h("button", { type: "button", class: "small add", on: { click: () => {
        (facts[name] ??= []).push(blank());
        redraw(facts[name].length - 1);
        onChange();
      } } }, `＋ ${t(add)}`));
    if (focus === undefined) return;
    const row = container.querySelectorAll(".row")[focus] ?? container;
    row.querySelector("select, input, button")?.focus();
  }
  redraw();
  return container;
}

export const renderSection = (title, ...fields) =>
  h("fieldset", { class: "section" }, h("legend", {}, title), ...fields);

export const renderFoldedSection = (title, opened, ...fields) =>
  h("details", { class: "section", open: opened }, h("summary", {}, title), ...fields);
