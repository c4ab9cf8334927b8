// Deadlines: when a step is due.
import { ledgerCell, legend, monthTable, monthsBetween } from "./days.js";
import { h } from "./dom.js";
import * as fields from "./fields.js";
import { dated, label, t } from "./texts.js";

const MONTHS = 12;
const DAYS = 200;

const inUnit = (number, unit) => t(unit === "working_day" ? "unit.working_days" : "unit.calendar_days", { number });

function names(item) {
  const known = ["step", "start", "as_of", "assume_in_force", "ref"];
  if (item.clock_stops.length) known.push("clock_stops");
  if (item.extension_working_days !== undefined) known.push("extension_working_days");
  if (item.joint_filing) known.push("joint_filing");
  return new Set(known);
}

function stops(item, facts, changed) {
  const reasons = item.clock_stops.map((one) => [one.reason, one.allowed === "direct" ? one.title : `${one.title} · ${t(`form.${one.allowed}`)}`]);
  return fields.rows("clock_stops", facts, changed, {
    head: "form.stop", add: "form.add_stop", remove: "form.remove_stop",
    blank: () => ({ from: "", to: "", reason: reasons[0][0] }),
    draw: (row, at) => [
      h("div", { class: "pair" },
        fields.day("from", row, changed, { id: `fact-clock_stops-${at}-from` }),
        fields.day("to", row, changed, { id: `fact-clock_stops-${at}-to` })),
      fields.select("reason", row, changed, { id: `fact-clock_stops-${at}-reason`, options: reasons }),
    ],
  });
}

function form(item, facts, changed) {
  return [
    fields.section(t("form.decide"),
      fields.day("start", facts, changed, { label: t("field.start_of_step") }),
      item.extension_working_days !== undefined && fields.text("extension_working_days", facts, changed, { numeric: true }),
      item.joint_filing && fields.tick("joint_filing", facts, changed)),
    item.clock_stops.length
      ? fields.folded(t("form.stops"), Boolean(facts.clock_stops?.length), stops(item, facts, changed))
      : h("p", { class: "hint" }, t("form.no_stops")),
    fields.folded(t("form.further"), Boolean(facts.as_of) || facts.assume_in_force === "true",
      fields.day("as_of", facts, changed, { today: true }), fields.tick("assume_in_force", facts, changed)),
  ];
}

function head(answer) {
  const { days } = answer;
  const figure = (name, value, kind) => value !== undefined && h("div", { class: kind }, h("dt", {}, t(`deadlines.${name}`)), h("dd", {}, value));
  const bracket = answer.earliest && (answer.earliest === answer.latest ? t("deadlines.bracket_none") : t("deadlines.bracket", { earliest: dated(answer.earliest), latest: dated(answer.latest) }));
  return h("section", { class: `card head ${answer.due ? "" : "open"}`, "aria-labelledby": "head-title" },
    answer.status && h("div", { class: "tags" }, h("span", { class: `tag ${answer.status}` }, label("status", answer.status))),
    h("h3", { id: "head-title" }, t("deadlines.due")),
    h("p", { class: "amount" }, answer.due ? dated(answer.due) : t("deadlines.no_due")),
    bracket && h("p", { class: "basis" }, bracket),
    days && h("dl", { class: "figures" },
      figure("length", inUnit(days.length, days.unit)),
      days.used !== undefined && figure("used", inUnit(days.used, days.unit)),
      days.left !== undefined && figure("left", inUnit(days.left, days.unit)),
      days.overdue > 0 && figure("overdue", inUnit(days.overdue, days.unit), "bad"),
      answer.on_lapse && figure("on_lapse", [label("lapse", answer.on_lapse.effect), answer.on_lapse.effective_on &&
        h("small", {}, t("deadlines.effective_on", { day: dated(answer.on_lapse.effective_on) }))])),
    days?.used !== undefined && h("progress", {
      max: days.length, value: Math.min(days.used, days.length),
      "aria-label": t("deadlines.progress", { used: inUnit(days.used, days.unit), length: inUnit(days.length, days.unit) }),
    }));
}

function calendar(answer, request) {
  const { ledger } = answer;
  if (!ledger?.length) return null;
  const byDay = new Map(ledger.map((entry) => [entry.date, entry]));
  const months = monthsBetween(ledger[0].date, ledger.at(-1).date);
  const place = h("div", { class: "months" });
  const more = h("button", { type: "button" });
  let shown = 0;
  const grow = () => {
    for (const [year, number] of months.slice(shown, shown + MONTHS))
      place.append(monthTable(year, number, (day) => byDay.has(day) ? ledgerCell(byDay.get(day), { due: answer.due, asked: request.as_of }) : null));
    shown += MONTHS;
    more.hidden = shown >= months.length;
    more.textContent = t("deadlines.more_months", { number: Math.min(MONTHS, months.length - shown) });
  };
  more.addEventListener("click", grow);
  grow();
  const has = (test) => ledger.some(test);
  return h("section", { class: "card", "aria-labelledby": "calendar-title" },
    h("h3", { id: "calendar-title" }, t("deadlines.calendar")),
    legend([
      ["start", t("days.start"), label("day", "start_day")],
      ["counted", "1", t("days.counted")],
      answer.due && ["due", "9", t("deadlines.due")],
      has((one) => one.why === "weekend") && ["rest", "", t("days.rest")],
      has((one) => one.why === "public_holiday") && ["holiday", "", t("days.holiday")],
      has((one) => one.why === "make_up_day") && ["counted", t("days.make_up"), t("days.make_up_long")],
      has((one) => one.why === "clock_stopped") && ["stopped", t("days.stopped"), t("days.stopped_long")],
      has((one) => one.status === "projected") && ["counted projected", "", t("days.projected_long")],
      has((one) => one.status === "supplied") && ["counted supplied", "", t("days.supplied_long")],
    ].filter(Boolean)),
    place, more);
}

function table(answer) {
  const { ledger } = answer;
  if (!ledger?.length) return null;
  const rows = h("tbody");
  const more = h("button", { type: "button" });
  let shown = 0;
  const grow = () => {
    for (const entry of ledger.slice(shown, shown + DAYS))
      rows.append(h("tr", { class: entry.counted ? null : "quiet" },
        h("th", { scope: "row" }, dated(entry.date)),
        h("td", { class: "number" }, entry.number ?? (entry.counted ? t("deadlines.counted") : t("deadlines.not_counted"))),
        h("td", {}, entry.name ? `${label("day", entry.why)} · ${entry.name}` : label("day", entry.why)),
        h("td", {}, label("status", entry.status))));
    shown += DAYS;
    more.hidden = shown >= ledger.length;
    more.textContent = t("deadlines.more_days", { number: Math.min(DAYS, ledger.length - shown) });
  };
  more.addEventListener("click", grow);
  grow();
  const heads = ["date", "number", "why", "status"].map((name) => h("th", { scope: "col" }, t(`deadlines.${name}`)));
  return h("details", { class: "card" },
    h("summary", {}, t("deadlines.ledger", { number: ledger.length })),
    h("table", { class: "plain ledger" }, h("thead", {}, h("tr", {}, heads)), rows), more);
}

export const deadlines = {
  name: "deadlines", catalogue: "steps", path: "/v1/deadlines", subject: "step", always: { ledger: true }, assumable: true,
  sample: { step: "production-licence", start: "2026-09-18", clock_stops: [{ from: "2026-10-12", to: "2026-10-16", reason: "technical_review" }] },
  waits: (facts) => !facts.start,
  group: (item) => item.citation.label.replace(/^(《.*?》).*$/, "$1"),
  describe: (item) => item.length === undefined ? t("form.promptly") : inUnit(item.length, item.unit),
  about: (item) => [
    h("p", {}, t("form.runs_from", {
      length: item.length === undefined ? t("form.promptly") : inUnit(item.length, item.unit), event: label("event", item.starts_from),
    })),
  ],
  names, form, head,
  body: (answer, { request }) => [calendar(answer, request), table(answer)],
  event: { text: "deadlines.event", can: (answer) => answer.due !== null },
  spoken: (answer) => (answer.due ? t("unit.colon", { name: t("deadlines.due"), value: dated(answer.due) }) : t("deadlines.no_due")),
  symbol: () => h("p", { class: "symbol", "aria-hidden": "true" }, "▦"),
};
