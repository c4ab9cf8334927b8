// The controls of a form. Each writes its fact under its flat name and says that something has changed.
import { h, s } from "./dom.js";
import { typed } from "./state.js";
import { all, named, t, yuan } from "./texts.js";

let number = 0;

function frame(id, name, control, { hint = all().texts.hint[name], label = named(name), extra } = {}) {
  return h("div", { class: "field", "data-fact": name },
    h("label", { for: id }, label), h("div", { class: "control" }, control, extra),
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
    h("p", { class: "error", id: `${id}-error`, hidden: true }));
}

const described = (id, name, hint = all().texts.hint[name]) => `${hint ? `${id}-hint ` : ""}${id}-error`;

export function text(name, facts, changed, { amount = false, numeric = false, label, id = `fact-${name}`, maximum } = {}) {
  const echo = amount ? h("p", { class: "echo", "aria-hidden": "true" }) : null;
  const reads = () => {
    if (echo) echo.textContent = /^\d+(\.\d{1,2})?$/.test(facts[name] ?? "") ? t("form.reads_as", { amount: yuan(facts[name]) }) : "";
  };
  const input = h("input", {
    id, type: "text", inputmode: amount ? "decimal" : numeric ? "numeric" : null, autocomplete: "off",
    spellcheck: "false", maxlength: maximum, "aria-describedby": described(id, name), value: facts[name] ?? "",
    class: amount || numeric ? "number" : null,
    on: { input: () => {
      facts[name] = amount || numeric ? typed(input.value) : input.value;
      reads();
      changed();
    } },
  });
  reads();
  return frame(id, name, [input, echo], { label });
}

// Ways of writing a day: 2026-05-20, 20260520, 2026/5/20, 2026年5月20日. Anything else is left as it is, to be refused.
const WRITTEN = /^(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))$/;

function written(text) {
  const found = WRITTEN.exec(text.normalize("NFKC").replace(/\s/g, ""));
  if (!found) return text.trim();
  return [found[1], (found[2] ?? found[4]).padStart(2, "0"), (found[3] ?? found[5]).padStart(2, "0")].join("-");
}

const COMPLETE = /^\d{4}(-?)\d{2}\1\d{2}$/;

// A day as text, which everybody reads alike, with the browser's own calendar beside it. It is sent when
// it is complete, or when the field is left. Today's date comes in only by its button, where it is seen.
export function day(name, facts, changed, { today = false, label, id = `fact-${name}` } = {}) {
  const put = (value) => {
    if ((facts[name] ?? "") === value) return;
    facts[name] = value;
    changed();
  };
  const fill = (value) => {
    input.value = value;
    put(value);
  };
  const input = h("input", {
    id, type: "text", inputmode: "numeric", autocomplete: "off", spellcheck: "false", maxlength: 20, class: "number day",
    placeholder: t("form.day"), "aria-describedby": described(id, name), value: facts[name] ?? "",
    on: {
      input: () => {
        const text = input.value.normalize("NFKC").trim();
        if (!text || COMPLETE.test(text)) put(written(text));
      },
      change: () => fill(written(input.value)),
    },
  });
  const picker = h("input", { type: "date", class: "picker", tabindex: "-1", "aria-hidden": "true", min: "0001-01-01", max: "9999-12-31",
    on: { change: () => picker.value && fill(picker.value) } });
  const pick = h("button", { type: "button", class: "pick", "aria-label": t("form.pick", { name: label ?? named(name) }), on: { click: () => {
    picker.value = COMPLETE.test(facts[name] ?? "") ? facts[name] : "";
    picker.showPicker?.();
  } } }, s("svg", { viewBox: "0 0 20 20", width: 18, height: 18, "aria-hidden": "true" },
    s("path", { d: "M3 5.5h14v11H3zM3 9h14M7 3v4M13 3v4", fill: "none", stroke: "currentColor", "stroke-width": 1.6 })));
  const extra = today && h("button", { type: "button", class: "small", on: { click: () => {
    const now = new Date();
    const two = (part) => String(part).padStart(2, "0");
    fill(`${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`);
  } } }, t("form.today"));
  return frame(id, name, h("span", { class: "dated" }, input, picker, pick), { label, extra });
}

// One of a few values, or open: buttons beside each other.
export function choice(name, facts, changed, { options, label = named(name), id = `fact-${name}`, open = t("form.open") }) {
  const group = `${id}-${number++}`;
  const buttons = [["", open], ...options].map(([value, said]) => {
    const own = `${group}-${value || "open"}`;
    return [
      h("input", {
        type: "radio", id: own, name: group, value, checked: (facts[name] ?? "") === value,
        "aria-describedby": `${id}-error`,
        on: { change: () => {
          facts[name] = value;
          changed();
        } },
      }),
      h("label", { for: own }, said),
    ];
  });
  const hint = all().texts.hint[name];
  return h("fieldset", { class: "field choice", "data-fact": name, id, tabindex: "-1" },
    h("legend", {}, label), h("div", { class: "segments" }, buttons),
    hint && h("p", { class: "hint" }, hint), h("p", { class: "error", id: `${id}-error`, hidden: true }));
}

export function tick(name, facts, changed, { label = named(name), id = `fact-${name}`, hint = all().texts.hint[name] } = {}) {
  return h("div", { class: "field tick", "data-fact": name },
    h("div", { class: "control" },
      h("input", {
        type: "checkbox", id, checked: facts[name] === "true",
        "aria-describedby": `${hint ? `${id}-hint ` : ""}${id}-error`,
        on: { change: (event) => {
          facts[name] = event.target.checked ? "true" : "";
          changed();
        } },
      }),
      h("label", { for: id }, label)),
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
    h("p", { class: "error", id: `${id}-error`, hidden: true }));
}

export function select(name, facts, changed, { options, label = named(name), id = `fact-${name}` }) {
  const control = h("select", { id, "aria-describedby": `${id}-error`, on: { change: () => {
    facts[name] = control.value;
    changed();
  } } }, options.map(([value, said]) => h("option", { value, selected: (facts[name] ?? "") === value }, said)));
  return frame(id, name, control, { label, hint: null });
}

// Rows that can be added and removed: persons, clock stops.
export function rows(name, facts, changed, { head, add, remove, blank, draw }) {
  const place = h("div", { class: "rows", "data-fact": name });
  function render(focus) {
    const list = facts[name] ?? [];
    place.replaceChildren(
      ...list.map((row, at) => h("fieldset", { class: "row" },
        h("legend", {}, t(head, { number: at + 1 })),
        draw(row, at, changed),
        h("button", { type: "button", class: "small", "aria-label": t(remove, { number: at + 1 }), on: { click: () => {
          facts[name].splice(at, 1);
          render(-1);
          changed();
        } } }, "✕"))),
      h("button", { type: "button", class: "small add", on: { click: () => {
        (facts[name] ??= []).push(blank());
        render(facts[name].length - 1);
        changed();
      } } }, `＋ ${t(add)}`));
    if (focus === undefined) return;
    const row = place.querySelectorAll(".row")[focus] ?? place;
    row.querySelector("select, input, button")?.focus();
  }
  render();
  return place;
}

export const section = (title, ...fields) =>
  h("fieldset", { class: "section" }, h("legend", {}, title), ...fields);

export const folded = (title, opened, ...fields) =>
  h("details", { class: "section", open: opened }, h("summary", {}, title), ...fields);
