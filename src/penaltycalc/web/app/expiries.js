// Expiries: when a licence or a protection ends.
import { cited } from "./answer.js";
import { h, picture } from "./dom.js";
import * as fields from "./fields.js";
import { timeline } from "./pictures.js";
import { dated, label, place, t } from "./texts.js";

function names(item) {
  const known = ["term", "start", "convention", "ended_on", "as_of", "ref"];
  if (item.ceiling) known.push("granted_years", "granted_months", "granted_days");
  if (item.renewable) known.push("renewal_lead_months", "renewal_lead_days");
  return new Set(known);
}

const lengthOf = (length) => Object.entries(length).map(([unit, number]) => t(`unit.length_${unit}`, { number })).join("");

const numbers = (wanted, facts, changed) => h("div", { class: "pair" }, wanted.map((name) => fields.text(name, facts, changed, { numeric: true })));

function form(item, facts, changed) {
  return [
    fields.section(t("form.decide"),
      fields.day("start", facts, changed),
      item.ceiling && h("div", {}, h("p", { class: "group" }, t("form.granted")), numbers(["granted_years", "granted_months", "granted_days"], facts, changed)),
      fields.choice("convention", facts, changed, {
        options: [["civil-code", label("convention", "civil-code")]], open: label("convention", "certificate"),
      })),
    item.renewable && fields.folded(t("form.lead"), Boolean(facts.renewal_lead_months || facts.renewal_lead_days),
      numbers(["renewal_lead_months", "renewal_lead_days"], facts, changed)),
    fields.folded(t("form.further"), Boolean(facts.as_of || facts.ended_on),
      fields.day("as_of", facts, changed, { today: true }), fields.day("ended_on", facts, changed)),
  ];
}

function head(answer) {
  const figure = (name, value) => value !== undefined && h("div", {}, h("dt", {}, t(`expiries.${name}`)), h("dd", {}, value));
  return h("section", { class: "card head", "aria-labelledby": "head-title" },
    answer.ended_early && h("div", { class: "tags" }, h("span", { class: "tag severe" }, t("expiries.ended_early"))),
    h("h3", { id: "head-title" }, t("expiries.last_day")),
    h("p", { class: "amount" }, dated(answer.last_day)),
    h("dl", { class: "figures" },
      figure("certificate", dated(answer.by_convention.certificate)),
      figure("civil_code", dated(answer.by_convention.civil_code)),
      answer.days_left !== undefined && figure("days_left", t("unit.calendar_days", { number: answer.days_left }))));
}

function events(answer, request) {
  const { renewal } = answer;
  const list = [
    ["start", request.start, "start"],
    request.as_of && ["as_of", request.as_of, "asked"],
    renewal?.apply_by && ["apply_by", renewal.apply_by, "renew"],
    renewal && ["latest_by_licensing_law", renewal.latest_by_licensing_law, "renew"],
    renewal?.review_fits_until && ["review_fits_until", renewal.review_fits_until, renewal.review_status === "projected" ? "renew projected" : "renew"],
    ["end", answer.last_day, "end"],
  ].filter(Boolean).sort((one, other) => place(one[1]) - place(other[1]));
  return list.map(([name, day, kind], at) => ({ name, day, kind, number: at + 1, status: name === "review_fits_until" ? renewal.review_status : undefined }));
}

function line(answer, request) {
  const list = events(answer, request);
  const first = list[0].day;
  const last = list.at(-1).day;
  const said = list.map((one) => `${one.number} ${t(`expiries.${one.name}`)} ${one.day}`).join(t("unit.semicolon"));
  const span = { from: request.start, to: answer.last_day, kind: "valid" };
  const late = list.filter((one) => one.kind.startsWith("renew") || one.name === "end");
  const closing = late.length > 1 && place(last) - place(first) > 400 && place(late.at(-1).day) - place(late[0].day) < (place(last) - place(first)) / 3;
  const from = closing && monthBefore(late[0].day);
  return h("section", { class: "card", "aria-labelledby": "timeline-title" },
    h("h3", { id: "timeline-title" }, t("expiries.timeline")),
    h("figure", {}, h("figcaption", {}, t("expiries.whole")), picture(timeline(first, last, list, said, { spans: [span] }))),
    closing && h("figure", {}, h("figcaption", {}, t("expiries.closing")),
      picture(timeline(from, late.at(-1).day, late, said, { spans: [{ from, to: answer.last_day, kind: "valid" }] }))),
    h("ol", { class: "events" }, list.map((one) => h("li", {},
      h("span", { class: `flag ${one.kind}`, "aria-hidden": "true" }, String(one.number)),
      h("span", {}, t(`expiries.${one.name}`)),
      h("strong", {}, dated(one.day)),
      one.status && h("span", { class: `tag ${one.status}` }, label("status", one.status))))));
}

// Where the enlarged stretch begins: for drawing only.
function monthBefore(day) {
  const [year, month] = day.split("-").map(Number);
  const at = year * 12 + month - 2;
  return `${String(Math.floor(at / 12)).padStart(4, "0")}-${String((at % 12) + 1).padStart(2, "0")}-01`;
}

function renewal(answer, item) {
  const given = answer.renewal;
  if (!given) return item.renewable ? null : h("section", { class: "card" }, h("p", { class: "hint" }, t("expiries.not_renewable")));
  const by = given.renewed_by;
  return h("section", { class: "card", "aria-labelledby": "renewal-title" },
    h("h3", { id: "renewal-title" }, t("expiries.renewal")),
    h("dl", { class: "figures" }, h("div", {}, h("dt", {}, t("expiries.renewed_by")), h("dd", {}, label("authority", by.authority),
      by.foreign_holder_authority && h("small", {}, t("expiries.foreign", { authority: label("authority", by.foreign_holder_authority) }))))),
    h("p", {}, cited(by.citation)));
}

export const expiries = {
  name: "expiries", catalogue: "terms", path: "/v1/expiries", subject: "term", always: {}, assumable: false,
  sample: { term: "drug-registration", start: "2026-05-15", renewal_lead_months: "6" },
  waits: (facts) => !facts.start,
  group: (item) => item.citation.label.replace(/^(《.*?》).*$/, "$1"),
  describe: (item) => (item.ceiling ? t("unit.at_most", { length: lengthOf(item.length) }) : lengthOf(item.length)),
  about: (item) => [h("p", {}, item.ceiling ? t("unit.at_most", { length: lengthOf(item.length) }) : lengthOf(item.length))],
  names, form, head,
  body: (answer, { request, item }) => [line(answer, request), renewal(answer, item)],
  event: { text: "expiries.event", can: () => true },
  spoken: (answer) => t("unit.colon", { name: t("expiries.last_day"), value: dated(answer.last_day) }),
  symbol: () => h("p", { class: "symbol", "aria-hidden": "true" }, "⌛"),
};
