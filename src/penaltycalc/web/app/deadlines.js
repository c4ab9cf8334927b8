// The deadlines view: when a review step is due.
import { describeLedgerDay, renderLegend, renderMonth, listMonths } from "./days.js";
import { h } from "./dom.js";
import * as fields from "./fields.js";
import { formatCount, formatDay, formatTableDay, getLabel, t } from "./texts.js";

const MONTHS = 12;
const DAYS = 200;

const formatLength = (number, unit) => formatCount(unit === "working_day" ? "working_days" : "calendar_days", number);

function listFactNames(item) {
  const names = ["step", "start", "as_of", "assume_in_force", "ref"];
  if (item.clock_stops.length) names.push("clock_stops");
  if (item.extension_working_days !== undefined) names.push("extension_working_days");
  if (item.joint_filing) names.push("joint_filing");
  return new Set(names);
}

function renderStops(item, facts, onChange) {
  const reasons = item.clock_stops.map((stop) => [stop.reason, stop.allowed === "direct" ? stop.title : `${stop.title} · ${t(`form.${stop.allowed}`)}`]);
  return fields.renderRows("clock_stops", facts, onChange, {
    head: "form.stop", add: "form.add_stop", remove: "form.remove_stop",
    blank: () => ({ from: "", to: "", reason: "" }),
    draw: (row, at) => [
      h("div", { class: "pair" },
        fields.renderDay("from", row, onChange, { id: `fact-clock_stops-${at}-from` }),
        fields.renderDay("to", row, onChange, { id: `fact-clock_stops-${at}-to` })),
      fields.renderSelect("reason", row, onChange, { id: `fact-clock_stops-${at}-reason`, options: reasons }),
    ],
  });
}

function renderForm(item, facts, onChange) {
  return [
    fields.renderSection(t("form.decide"),
      fields.renderDay("start", facts, onChange, { label: t("form.start_of_step", { event: getLabel("event", item.starts_from) }) }),
      item.extension_working_days !== undefined && fields.renderText("extension_working_days", facts, onChange, { numeric: true }),
      item.joint_filing && fields.renderCheckbox("joint_filing", facts, onChange)),
    item.clock_stops.length
      ? fields.renderFoldedSection(t("form.stops"), Boolean(facts.clock_stops?.length), renderStops(item, facts, onChange))
      : h("p", { class: "hint" }, t("form.no_stops")),
    fields.renderFoldedSection(t("form.further"), Boolean(facts.as_of) || facts.assume_in_force === "true",
      fields.renderDay("as_of", facts, onChange, { today: true }), fields.renderCheckbox("assume_in_force", facts, onChange)),
  ];
}

function renderHead(answer) {
  const { days } = answer;
  const renderFigure = (name, value, kind) => value !== undefined && h("div", { class: kind }, h("dt", {}, t(`deadlines.${name}`)), h("dd", {}, value));
  const bracket = answer.earliest && (answer.earliest === answer.latest ? t("deadlines.bracket_none") : t("deadlines.bracket", { earliest: formatDay(answer.earliest), latest: formatDay(answer.latest) }));
  return h("section", { class: `card head ${answer.due ? "" : "open"}`, "aria-labelledby": "head-title" },
    answer.status && h("div", { class: "tags" }, h("span", { class: `tag ${answer.status}` }, getLabel("status", answer.status))),
    h("h3", { id: "head-title" }, t("deadlines.due")),
    h("p", { class: "amount" }, answer.due ? formatDay(answer.due) : t("deadlines.no_due")),
    bracket && h("p", { class: "basis" }, bracket),
    days && h("dl", { class: "figures" },
      renderFigure("length", formatLength(days.length, days.unit)),
      days.used !== undefined && renderFigure("used", formatLength(days.used, days.unit)),
      days.left !== undefined && renderFigure("left", formatLength(days.left, days.unit)),
      days.overdue > 0 && renderFigure("overdue", formatLength(days.overdue, days.unit), "bad"),
      answer.on_lapse && renderFigure("on_lapse", [getLabel("lapse", answer.on_lapse.effect), answer.on_lapse.effective_on &&
        h("small", {}, t("deadlines.effective_on", { day: formatDay(answer.on_lapse.effective_on) }))])),
    days?.used !== undefined && h("progress", {
      max: days.length, value: Math.min(days.used, days.length),
      "aria-label": t("deadlines.progress", { used: formatLength(days.used, days.unit), length: formatLength(days.length, days.unit) }),
    }));
}

function renderCalendar(answer, request) {
  const { ledger } = answer;
  if (!ledger?.length) return null;
  const byDay = new Map(ledger.map((entry) => [entry.date, entry]));
  const months = listMonths(ledger[0].date, ledger.at(-1).date);
  const container = h("div", { class: "months" });
  const more = h("button", { type: "button" });
  let shownMonths = 0;
  const showMore = () => {
    for (const [year, number] of months.slice(shownMonths, shownMonths + MONTHS))
      container.append(renderMonth(year, number, (day) => byDay.has(day) ? describeLedgerDay(byDay.get(day), { due: answer.due, asked: request.as_of }) : null));
    shownMonths += MONTHS;
    more.hidden = shownMonths >= months.length;
    more.textContent = t("deadlines.more", { number: formatCount("length_months", Math.min(MONTHS, months.length - shownMonths)) });
  };
  more.addEventListener("click", showMore);
  showMore();
  const hasDay = (test) => ledger.some(test);
  return h("section", { class: "card", "aria-labelledby": "calendar-title" },
    h("h3", { id: "calendar-title" }, t("deadlines.calendar")),
    renderLegend([
      ["start", t("days.start"), getLabel("day", "start_day")],
      ["counted", "1", t("days.counted")],
      answer.due && ["due", "9", t("deadlines.due")],
      hasDay((entry) => entry.why === "weekend") && ["rest", "", t("days.rest")],
      hasDay((entry) => entry.why === "public_holiday") && ["holiday", "", t("days.holiday")],
      hasDay((entry) => entry.why === "make_up_day") && ["counted", t("days.make_up"), t("days.make_up_long")],
      hasDay((entry) => entry.why === "clock_stopped") && ["stopped", t("days.stopped"), t("days.stopped_long")],
      hasDay((entry) => entry.status === "projected") && ["counted projected", "", t("days.projected_long")],
      hasDay((entry) => entry.status === "supplied") && ["counted supplied", "", t("days.supplied_long")],
    ].filter(Boolean)),
    container, more);
}

function renderLedger(answer) {
  const { ledger } = answer;
  if (!ledger?.length) return null;
  const rows = h("tbody");
  const more = h("button", { type: "button" });
  let shownDays = 0;
  const showMore = () => {
    for (const entry of ledger.slice(shownDays, shownDays + DAYS))
      rows.append(h("tr", { class: entry.counted ? null : "quiet" },
        h("th", { scope: "row" }, formatTableDay(entry.date)),
        h("td", { class: "number" }, entry.number ?? (entry.counted ? t("deadlines.counted") : t("deadlines.not_counted"))),
        h("td", {}, entry.name ? `${getLabel("day", entry.why)} · ${entry.name}` : getLabel("day", entry.why)),
        h("td", {}, getLabel("status", entry.status))));
    shownDays += DAYS;
    more.hidden = shownDays >= ledger.length;
    more.textContent = t("deadlines.more", { number: formatCount("length_days", Math.min(DAYS, ledger.length - shownDays)) });
  };
  more.addEventListener("click", showMore);
  showMore();
  const heads = ["date", "number", "why", "status"].map((name) => h("th", { scope: "col" }, t(`deadlines.${name}`)));
  return h("details", { class: "card" },
    h("summary", {}, t("deadlines.ledger", { days: formatCount("length_days", ledger.length) })),
    h("table", { class: "plain ledger" }, h("thead", {}, h("tr", {}, heads)), rows), more);
}

export const deadlines = {
  name: "deadlines", catalogue: "steps", path: "/v1/deadlines", subject: "step", always: { ledger: true }, assumable: true,
  sample: { step: "production-licence", start: "2026-09-18", clock_stops: [{ from: "2026-10-12", to: "2026-10-16", reason: "technical_review" }] },
  waits: (facts) => !facts.start,
  group: (item) => item.citation.label.replace(/^(《.*?》).*$/, "$1"),
  describe: (item) => item.length === undefined ? t("form.promptly") : formatLength(item.length, item.unit),
  about: (item) => [
    h("p", {}, t("form.runs_from", {
      length: item.length === undefined ? t("form.promptly") : formatLength(item.length, item.unit), event: getLabel("event", item.starts_from),
    })),
  ],
  dates: ["start", "as_of"],
  names: listFactNames, form: renderForm, head: renderHead,
  body: (answer, { request }) => [renderCalendar(answer, request), renderLedger(answer)],
  event: { text: "deadlines.event", can: (answer) => answer.due !== null },
  spoken: (answer) => (answer.due ? t("unit.colon", { name: t("deadlines.due"), value: formatDay(answer.due) }) : t("deadlines.no_due")),
  symbol: () => h("p", { class: "symbol", "aria-hidden": "true" }, "▦"),
};
