// The expiries view: when a licence or a protection ends.
import { renderCitation } from "./answer.js";
import { h, createPicture } from "./dom.js";
import * as fields from "./fields.js";
import { drawTimeline } from "./pictures.js";
import { formatDay, getLabel, countDays, t } from "./texts.js";

function listFactNames(item) {
  const names = ["term", "start", "convention", "ended_on", "as_of", "ref"];
  if (item.ceiling) names.push("granted_years", "granted_months", "granted_days");
  if (item.renewable) names.push("renewal_lead_months", "renewal_lead_days");
  return new Set(names);
}

const formatLength = (length) => Object.entries(length).map(([unit, number]) => t(`unit.length_${unit}`, { number })).join("");

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
    fields.renderFoldedSection(t("form.further"), Boolean(facts.as_of || facts.ended_on),
      fields.renderDay("as_of", facts, onChange, { today: true }), fields.renderDay("ended_on", facts, onChange)),
  ];
}

function renderHead(answer) {
  const renderFigure = (name, value) => value !== undefined && h("div", {}, h("dt", {}, t(`expiries.${name}`)), h("dd", {}, value));
  return h("section", { class: "card head", "aria-labelledby": "head-title" },
    answer.ended_early && h("div", { class: "tags" }, h("span", { class: "tag severe" }, t("expiries.ended_early"))),
    h("h3", { id: "head-title" }, t("expiries.last_day")),
    h("p", { class: "amount" }, formatDay(answer.last_day)),
    h("dl", { class: "figures" },
      renderFigure("certificate", formatDay(answer.by_convention.certificate)),
      renderFigure("civil_code", formatDay(answer.by_convention.civil_code)),
      answer.days_left !== undefined && renderFigure("days_left", t("unit.calendar_days", { number: answer.days_left }))));
}

function listEvents(answer, request) {
  const { renewal: renderRenewal } = answer;
  const list = [
    ["start", request.start, "start"],
    request.as_of && ["as_of", request.as_of, "asked"],
    renderRenewal?.apply_by && ["apply_by", renderRenewal.apply_by, "renew"],
    renderRenewal && ["latest_by_licensing_law", renderRenewal.latest_by_licensing_law, "renew"],
    renderRenewal?.review_fits_until && ["review_fits_until", renderRenewal.review_fits_until, renderRenewal.review_status === "projected" ? "renew projected" : "renew"],
    ["end", answer.last_day, "end"],
  ].filter(Boolean).sort((first, second) => countDays(first[1]) - countDays(second[1]));
  return list.map(([name, day, kind], at) => ({ name, day, kind, number: at + 1, status: name === "review_fits_until" ? renderRenewal.review_status : undefined }));
}

function renderTimeline(answer, request) {
  const list = listEvents(answer, request);
  const first = list[0].day;
  const last = list.at(-1).day;
  const description = list.map((event) => `${event.number} ${t(`expiries.${event.name}`)} ${event.day}`).join(t("unit.semicolon"));
  const span = { from: request.start, to: answer.last_day, kind: "valid" };
  const closingEvents = list.filter((event) => event.kind.startsWith("renew") || event.name === "end");
  const showsClosing = closingEvents.length > 1 && countDays(last) - countDays(first) > 400 && countDays(closingEvents.at(-1).day) - countDays(closingEvents[0].day) < (countDays(last) - countDays(first)) / 3;
  const from = showsClosing && monthBefore(closingEvents[0].day);
  return h("section", { class: "card", "aria-labelledby": "timeline-title" },
    h("h3", { id: "timeline-title" }, t("expiries.timeline")),
    h("figure", {}, h("figcaption", {}, t("expiries.whole")), createPicture(drawTimeline(first, last, list, description, { spans: [span] }))),
    showsClosing && h("figure", {}, h("figcaption", {}, t("expiries.closing")),
      createPicture(drawTimeline(from, closingEvents.at(-1).day, closingEvents, description, { spans: [{ from, to: answer.last_day, kind: "valid" }] }))),
    h("ol", { class: "events" }, list.map((event) => h("li", {},
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

function renderRenewal(answer, item) {
  const renderRenewal = answer.renewal;
  if (!renderRenewal) return item.renewable ? null : h("section", { class: "card" }, h("p", { class: "hint" }, t("expiries.not_renewable")));
  const renewedBy = renderRenewal.renewed_by;
  return h("section", { class: "card", "aria-labelledby": "renewal-title" },
    h("h3", { id: "renewal-title" }, t("expiries.renewal")),
    h("dl", { class: "figures" }, h("div", {}, h("dt", {}, t("expiries.renewed_by")), h("dd", {}, getLabel("authority", renewedBy.authority),
      renewedBy.foreign_holder_authority && h("small", {}, t("expiries.foreign", { authority: getLabel("authority", renewedBy.foreign_holder_authority) }))))),
    h("p", {}, renderCitation(renewedBy.citation)));
}

export const expiries = {
  name: "expiries", catalogue: "terms", path: "/v1/expiries", subject: "term", always: {}, assumable: false,
  sample: { term: "drug-registration", start: "2026-05-15", renewal_lead_months: "6" },
  waits: (facts) => !facts.start,
  group: (item) => item.citation.label.replace(/^(《.*?》).*$/, "$1"),
  describe: (item) => (item.ceiling ? t("unit.at_most", { length: formatLength(item.length) }) : formatLength(item.length)),
  about: (item) => [h("p", {}, item.ceiling ? t("unit.at_most", { length: formatLength(item.length) }) : formatLength(item.length))],
  dates: ["start", "as_of"],
  names: listFactNames, form: renderForm, head: renderHead,
  body: (answer, { request, item }) => [renderTimeline(answer, request), renderRenewal(answer, item)],
  event: { text: "expiries.event", can: () => true },
  spoken: (answer) => t("unit.colon", { name: t("expiries.last_day"), value: formatDay(answer.last_day) }),
  symbol: () => h("p", { class: "symbol", "aria-hidden": "true" }, "⌛"),
};
