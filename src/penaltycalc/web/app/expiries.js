// The expiries view: when a licence or a protection ends.
import { renderCitations } from "./answer.js";
import { h, createPicture } from "./dom.js";
import * as fields from "./fields.js";
import { describeLateDay, listRemarks } from "./paper.js";
import { drawTimeline } from "./pictures.js";
import { addRemarks, countDays, formatCount, formatDate, formatDay, getLabel, getTexts, t } from "./texts.js";

const asksForApproval = (item) => getTexts().next_terms.includes(item.id);

function listFactNames(item) {
  const names = ["term", "start", "convention", "ended_on", "as_of", "ref"];
  if (item.ceiling) names.push("granted_years", "granted_months", "granted_days");
  if (item.renewable) names.push("renewal_lead_months", "renewal_lead_days");
  if (asksForApproval(item)) names.push("renewal_approved_on");
  return new Set(names);
}

const UNITS = { years: "length_years", months: "length_months", days: "length_days" };
const formatLength = (length) => Object.entries(length).map(([unit, number]) => formatCount(UNITS[unit], number)).join("");

const renderNumbers = (names, facts, onChange) => h("div", { class: "pair" }, names.map((name) => fields.renderText(name, facts, onChange, { numeric: true })));

function renderForm(item, facts, onChange) {
  return [
    fields.renderSection(t("form.decide"),
      fields.renderDay("start", facts, onChange),
      item.ceiling && h("div", {}, h("p", { class: "group" }, t("form.granted")), renderNumbers(["granted_years", "granted_months", "granted_days"], facts, onChange)),
      fields.renderChoice("convention", facts, onChange, {
        options: [["certificate", t("expiries.certificate")], ["civil-code", t("expiries.civil_code")]],
        open: t("form.of_the_term", { end: t(`expiries.end_${item.convention.replace("-", "_")}`) }),
      })),
    item.renewable && fields.renderFoldedSection(t("form.lead"), Boolean(facts.renewal_lead_months || facts.renewal_lead_days),
      renderNumbers(["renewal_lead_months", "renewal_lead_days"], facts, onChange)),
    fields.renderFoldedSection(t("form.further"), Boolean(facts.as_of || facts.ended_on || facts.renewal_approved_on),
      fields.renderDay("as_of", facts, onChange, { today: true }), fields.renderDay("ended_on", facts, onChange),
      asksForApproval(item) && fields.renderDay("renewal_approved_on", facts, onChange)),
  ];
}

function renderHead(answer) {
  const renderFigure = (name, value) => value !== undefined && h("div", {}, h("dt", {}, t(`expiries.${name}`)), h("dd", {}, value));
  return h("section", { class: "card head", "aria-labelledby": "head-title" },
    h("div", { class: "tags" }, answer.ended_early
      ? h("span", { class: "tag severe" }, t("expiries.ended_early"))
      : h("span", { class: "tag" }, t(`expiries.end_${answer.convention.replace("-", "_")}`))),
    h("h3", { id: "head-title" }, t("expiries.last_day")),
    h("p", { class: "amount" }, formatDay(answer.last_day)),
    h("dl", { class: "figures" },
      renderFigure("certificate", formatDay(answer.by_convention.certificate)),
      renderFigure("civil_code", formatDay(answer.by_convention.civil_code)),
      answer.days_left !== undefined && renderFigure("days_left", formatCount("calendar_days", answer.days_left))));
}

// The days of a term in their order, each with the number by which the drawing names it.
function listEvents(answer, request) {
  const { renewal } = answer;
  const list = [
    ["start", request.start, "start"],
    request.as_of && ["as_of", request.as_of, "asked"],
    renewal?.window && ["window_opens", renewal.window.opens, "renew"],
    renewal?.window && ["window_closes", renewal.window.closes, "renew"],
    renewal?.apply_by && ["apply_by", renewal.apply_by, `renew ${describeLateDay(renewal, "apply_by") ? "minor" : ""}`],
    renewal?.usual_apply_by && ["usual_apply_by", renewal.usual_apply_by, "renew"],
    renewal?.review_fits_until && ["review_fits_until", renewal.review_fits_until,
      `renew ${renewal.review_status === "projected" ? "projected" : ""} ${describeLateDay(renewal, "review_fits_until") ? "minor" : ""}`],
    renewal && ["latest_by_licensing_law", renewal.latest_by_licensing_law, "renew minor"],
    request.renewal_approved_on && renewal?.next_term && ["approved", request.renewal_approved_on, "asked"],
    ["end", answer.last_day, "end"],
    renewal?.next_term && ["next_term_start", renewal.next_term.start, "start"],
  ].filter(Boolean).sort((first, second) => countDays(first[1]) - countDays(second[1]));
  return list.map(([name, day, kind], at) => ({ name, day, kind, number: at + 1, status: name === "review_fits_until" ? renewal.review_status : undefined }));
}

function renderTimeline(answer, request) {
  const list = listEvents(answer, request);
  const first = list[0].day;
  const last = list.at(-1).day;
  const applying = answer.renewal?.window;
  const description = list.map((event) => `${event.number} ${t(`expiries.${event.name}`)} ${formatDate(event.day)}`).join(t("unit.semicolon"));
  const listSpans = (from) => [
    { from, to: answer.last_day, kind: "valid" },
    applying && { from: applying.opens, to: applying.closes, kind: "window" },
  ].filter(Boolean);
  const closing = list.slice(list.findIndex((event) => event.kind.startsWith("renew") || event.name === "end"));
  const whole = countDays(last) - countDays(first);
  const showsClosing = closing.length > 1 && whole > 400 && countDays(last) - countDays(closing[0].day) < whole / 3;
  const from = showsClosing && monthBefore(closing[0].day);
  return h("section", { class: "card", "aria-labelledby": "timeline-title" },
    h("h3", { id: "timeline-title" }, t("expiries.timeline")),
    applying && h("p", { class: "hint" }, t("expiries.window_about")),
    h("figure", {}, h("figcaption", {}, t("expiries.whole")), createPicture(drawTimeline(first, last, list, description, { spans: listSpans(request.start) }))),
    showsClosing && h("figure", {}, h("figcaption", {}, t("expiries.closing")),
      createPicture(drawTimeline(from, last, closing, description, { spans: listSpans(from) }))),
    h("ol", { class: "events" }, list.map((event) => h("li", { class: event.kind.includes("minor") ? "minor" : null },
      h("span", { class: `flag ${event.kind}`, "aria-hidden": "true" }, String(event.number)),
      h("span", {}, t(`expiries.${event.name}`)),
      h("strong", {}, formatDay(event.day)),
      event.status && h("span", { class: `tag ${event.status}` }, getLabel("status", event.status))))));
}

// The start of the enlarged timeline. It is used for drawing only and is no figure of the law.
function monthBefore(day) {
  const [year, month] = day.split("-").map(Number);
  const at = year * 12 + month - 2;
  return `${String(Math.floor(at / 12)).padStart(4, "0")}-${String((at % 12) + 1).padStart(2, "0")}-01`;
}

// A text whose lines never break within a date.
const keepDaysWhole = (text) => text.split(/(\d{4}-\d\d-\d\d|\d{4}年\d+月\d+日)/)
  .map((part, at) => (at % 2 ? h("span", { class: "unbroken" }, part) : part));

// When to apply, the days that a rule sets first; the general day of the licensing law last, since other days come before it.
function renderRenewal(answer, item) {
  const { renewal } = answer;
  if (!renewal) return item.renewable ? null : h("section", { class: "card" }, h("p", { class: "hint" }, t("expiries.not_renewable")));
  const { window: applying, next_term: next, renewed_by: renewedBy } = renewal;
  const days = ["apply_by", "usual_apply_by", "review_fits_until", "latest_by_licensing_law"].filter((name) => renewal[name]);
  const isMinor = (name) => name === "latest_by_licensing_law" || describeLateDay(renewal, name) !== "";
  // Lines break between the days only, never within one.
  const renderDays = (...days) => t("expiries.days", { first: "\n0\n", last: "\n1\n" }).split("\n")
    .map((part) => (part in days ? h("span", { class: "unbroken" }, formatDay(days[part])) : part));
  const renderFigure = (name, value, kind) => value && h("div", { class: kind }, h("dt", {}, t(`expiries.${name}`)), h("dd", {}, value));
  return h("section", { class: "card renewal", "aria-labelledby": "renewal-title" },
    h("h3", { id: "renewal-title" }, t("expiries.renewal")),
    h("dl", { class: "figures" },
      applying && renderFigure("window", renderDays(applying.opens, applying.closes), "main"),
      days.filter((name) => !isMinor(name)).map((name) => renderFigure(name, addRemarks(formatDay(renewal[name]), listRemarks(renewal, name)))),
      next && renderFigure("next_term", renderDays(next.start, next.last_day)),
      renderFigure("renewed_by", [getLabel("authority", renewedBy.authority),
        ["wholesale", "foreign_holder"].map((part) => renewedBy[`${part}_authority`] &&
          h("small", {}, t(`expiries.${part}`, { authority: getLabel("authority", renewedBy[`${part}_authority`]) })))])),
    renderCitations(renewedBy.citations),
    h("ul", { class: "hint" }, days.filter(isMinor).map((name) =>
      h("li", {}, t("unit.colon", { name: t(`expiries.${name}`), value: "" }), h("span", { class: "unbroken" }, formatDay(renewal[name])),
        keepDaysWhole(addRemarks("", listRemarks(renewal, name)))))));
}

export const expiries = {
  name: "expiries", catalogue: "terms", path: "/v1/expiries", subject: "term", always: {}, assumable: false,
  sample: { term: "drug-registration", start: "2026-05-15" },
  waits: (facts) => !facts.start,
  group: (item) => item.citation.label.replace(/^(《.*?》).*$/, "$1"),
  describe: (item) => (item.ceiling ? t("unit.at_most", { length: formatLength(item.length) }) : formatLength(item.length)),
  about: (item) => [h("p", {}, item.ceiling ? t("unit.at_most", { length: formatLength(item.length) }) : formatLength(item.length))],
  dates: ["start", "as_of"],
  names: listFactNames, form: renderForm, head: renderHead,
  body: (answer, { request, item }) => [renderRenewal(answer, item), renderTimeline(answer, request)],
  event: { text: "expiries.event", can: () => true },
  spoken: (answer) => t("unit.colon", { name: t("expiries.last_day"), value: formatDay(answer.last_day) }),
  symbol: () => h("p", { class: "symbol", "aria-hidden": "true" }, "⌛"),
};
