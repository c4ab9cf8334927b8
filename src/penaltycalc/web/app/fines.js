// Fines: what a violation costs.
import { cited } from "./answer.js";
import { h, picture } from "./dom.js";
import * as fields from "./fields.js";
import { bars, growth } from "./pictures.js";
import { all, dated, label, money, named, range, short, t, yuan } from "./texts.js";

const codes = (group, wanted) => wanted.map((code) => [code, label(group, code)]);
const yesNo = () => [["true", label("yes_no", "true")], ["false", label("yes_no", "false")]];
const uses = (item) => new Set(all().uses[item.id] ?? item.facts);

function names(item) {
  const used = uses(item);
  const known = ["violation", "conduct_from", "conduct_to", "assume_in_force", "ref"];
  for (const name of ["goods_value", "activity", "severity", "rectified", "scope", "decision_effective_on", "discovered_on",
    "severe_needs_failed_correction", "obstruction_suspension_replaces_fine"]) if (used.has(name)) known.push(name);
  if (used.has("harm")) known.push("life_health_or_financial_safety", "harmful_consequence");
  if (used.has("exemption_facts")) known.push("duties_fulfilled", "did_not_know_proven");
  if (used.has("responsible_persons")) known.push("persons");
  return new Set(known);
}

function decisive(item, facts, changed) {
  const controls = {
    severity: () => fields.choice("severity", facts, changed, { options: codes("severity_given", ["ordinary", "severe"]) }),
    rectified: () => fields.choice("rectified", facts, changed, { options: codes("rectified_given", ["yes", "no"]).map(([code, said]) => [String(code === "yes"), said]) }),
    activity: () => fields.choice("activity", facts, changed, { options: codes("activity", ["production", "wholesale", "retail"]) }),
    goods_value: () => fields.text("goods_value", facts, changed, { amount: true }),
    scope: () => fields.choice("scope", facts, changed, { options: codes("scope", ["specialty", "institution"]) }),
    exemption_facts: () => ["duties_fulfilled", "did_not_know_proven"].map((name) => fields.choice(name, facts, changed, { options: yesNo() })),
  };
  const wanted = item.facts.filter((name) => controls[name]);
  return fields.section(t("form.decide"),
    wanted.length ? wanted.map((name) => controls[name]()) : h("p", { class: "hint" }, t("form.nothing_decides")));
}

function persons(facts, changed) {
  return fields.rows("persons", facts, changed, {
    head: "form.person", add: "form.add_person", remove: "form.remove_person",
    blank: () => ({ role: "principal", income_during_violation: "", name: "" }),
    draw: (row, at) => [
      fields.select("role", row, changed, {
        id: `fact-persons-${at}-role`, options: codes("role", ["legal_representative", "principal", "directly_responsible_manager", "other"]),
      }),
      fields.text("income_during_violation", row, changed, { amount: true, id: `fact-persons-${at}-income_during_violation` }),
      fields.text("name", row, changed, { id: `fact-persons-${at}-name`, maximum: 100 }),
    ],
  });
}

function form(item, facts, changed) {
  const used = uses(item);
  const readings = ["severe_needs_failed_correction", "obstruction_suspension_replaces_fine"].filter((name) => used.has(name));
  const given = (...wanted) => wanted.some((name) => facts[name]?.length);
  return [
    decisive(item, facts, changed),
    fields.section(t("form.days"),
      h("div", { class: "pair" }, fields.day("conduct_from", facts, changed), fields.day("conduct_to", facts, changed)),
      used.has("decision_effective_on") && fields.day("decision_effective_on", facts, changed, { today: true }),
      facts.assume_in_force === "true" && fields.tick("assume_in_force", facts, changed)),
    used.has("responsible_persons") &&
      fields.folded(t("fines.persons"), given("persons"), persons(facts, changed)),
    used.has("discovered_on") &&
      fields.folded(t("form.limits"), given("discovered_on", "life_health_or_financial_safety", "harmful_consequence"),
        fields.day("discovered_on", facts, changed),
        ["life_health_or_financial_safety", "harmful_consequence"].map((name) => fields.choice(name, facts, changed, { options: yesNo() }))),
    readings.length > 0 &&
      fields.folded(t("form.readings"), given(...readings), readings.map((name) => fields.tick(name, facts, changed))),
  ];
}

// ------------------------------------------------------------------------------- the answer

const outcomes = (answer) => (answer.determined ? [answer.outcome] : answer.alternatives);

function titled(outcome) {
  const parts = [label("tier", outcome.tier)];
  if (outcome.activity) parts.push(label("activity", outcome.activity));
  if (outcome.scope) parts.push(label("scope", outcome.scope));
  return parts.join(" · ");
}

function basis(fine) {
  const given = fine?.basis;
  if (!given) return null;
  if (given.kind === "fixed") return h("p", { class: "basis" }, t("fines.fixed"));
  if (given.kind === "income_share")
    return h("p", { class: "basis" }, t("fines.share", { minimum: given.minimum_percent, maximum: given.maximum_percent }));
  const multiples = { minimum: given.minimum_multiple, maximum: given.maximum_multiple };
  if (given.counted_value === undefined) return h("p", { class: "basis" }, t("fines.formula_open", multiples));
  const facts = { goods: yuan(given.goods_value), deemed: yuan(given.deemed_value) };
  return h("div", { class: "basis" },
    h("p", {}, t(given.deemed_value_applied ? "fines.deemed_applied" : "fines.deemed_not_applied", facts)),
    h("p", {}, t("fines.formula", { value: yuan(given.counted_value), ...multiples })));
}

function amount(fine, outcome) {
  if (!fine) return h("p", { class: "amount" }, outcome?.tier === "exempt" ? t("fines.exempt") : t("fines.no_fine"));
  return h("p", { class: "amount" }, range(fine));
}

function head(answer, { focus }) {
  if (answer.determined) {
    const { outcome } = answer;
    return h("section", { class: "card head", "aria-labelledby": "head-title" },
      h("div", { class: "tags" }, h("span", { class: `tag tier ${outcome.tier}` }, label("tier", outcome.tier)),
        outcome.authority && h("span", { class: "tag" }, label("authority", outcome.authority))),
      h("h3", { id: "head-title" }, t("fines.fine")), amount(outcome.fine, outcome), basis(outcome.fine), cited(outcome.citation));
  }
  return h("section", { class: "card head open", "aria-labelledby": "head-title" },
    h("h3", { id: "head-title" }, t("fines.undetermined")),
    answer.fine && h("div", {}, h("p", { class: "hint" }, t("fines.common")), amount(answer.fine), basis(answer.fine)),
    h("div", { class: "missing" }, h("p", {}, t("fines.missing")),
      h("ul", {}, answer.missing_facts.map((name) => h("li", {}, h("button", { type: "button", class: "small", on: { click: () => focus({ name }) } }, label("fact", name)))))),
    h("p", { class: "hint" }, t("fines.side_by_side")));
}

function measures(outcome) {
  const days = (one) => [["last_day", one.last_day], ["first_free_day", one.first_free_day]].filter(([, day]) => day);
  return h("div", {}, h("h4", {}, t("fines.measures")),
    outcome.measures.length
      ? h("ul", { class: "measures" }, outcome.measures.map((one) =>
        h("li", {}, h("span", {}, one.text),
          days(one).map(([name, day]) => h("span", { class: "when" }, t("unit.colon", { name: t(`fines.${name}`), value: dated(day) })))))) 
      : h("p", { class: "hint" }, t("fines.no_measures")),
    h("p", {}, cited(outcome.citation)));
}

function person(one) {
  const row = (name, content) => content && h("div", {}, h("dt", {}, name), h("dd", {}, content));
  return h("li", { class: "person" },
    h("h5", {}, label("role", one.role), one.name && h("span", { class: "who" }, one.name)),
    h("dl", {},
      row(t("fines.fine"), [range(one.fine), one.fine.basis.kind === "income_share" &&
        h("small", {}, t("fines.share", { minimum: one.fine.basis.minimum_percent, maximum: one.fine.basis.maximum_percent }))]),
      one.confiscated_income !== undefined &&
        row(t("fines.confiscated"), one.confiscated_income === null ? t("fines.whole_income") : yuan(one.confiscated_income)),
      one.ban && row(t("fines.ban"), [one.ban.text, one.ban.first_free_day &&
        h("small", {}, t("unit.colon", { name: t("fines.first_free_day"), value: dated(one.ban.first_free_day) }))])));
}

function people(outcome) {
  if (!outcome.persons.length) return null;
  return h("div", {}, h("h4", {}, t("fines.persons")), h("ul", { class: "persons" }, outcome.persons.map(person)));
}

function consequences(answer) {
  if (answer.determined)
    return h("section", { class: "card", "aria-labelledby": "consequences-title" },
      h("h3", { id: "consequences-title", class: "sr" }, t("fines.measures")), measures(answer.outcome), people(answer.outcome));
  return h("div", { class: "alternatives" }, answer.alternatives.map((one, number) =>
    h("section", { class: "card alternative", "aria-labelledby": `alternative-${number}` },
      h("p", { class: "hint" }, t("fines.alternative", { number: number + 1 })),
      h("h3", { id: `alternative-${number}` }, titled(one)),
      amount(one.fine, one), basis(one.fine), measures(one), people(one))));
}

function limitation(answer) {
  const given = answer.limitation;
  if (!given) return null;
  const row = (name, day, on) => h("div", { class: on ? "on" : null }, h("dt", {}, t(`fines.${name}`)), h("dd", {}, dated(day)));
  return h("section", { class: "card", "aria-labelledby": "limitation-title" },
    h("h3", { id: "limitation-title" }, t("fines.limitation")),
    h("p", { class: "tags" }, h("span", { class: "tag" }, t(`fines.applies_${given.applies}`)),
      given.barred !== undefined && h("span", { class: `tag ${given.barred ? "severe" : "fine"}` }, label("heading", given.barred ? "barred" : "not_barred"))),
    h("dl", { class: "figures" }, row("two_years", given.two_years.last_day, given.applies === "two"),
      row("five_years", given.five_years.last_day, given.applies === "five")));
}

// ------------------------------------------------------------------------------ the pictures

const same = (one, other) => one.tier === other.tier && one.fine?.minimum === other.fine?.minimum && one.fine?.maximum === other.fine?.maximum;

function barRows(list, answer) {
  return list.filter((one) => one.fine?.maximum).map((one) => ({
    name: titled(one), text: range(one.fine), min: one.fine.minimum === null ? null : Number(one.fine.minimum),
    max: Number(one.fine.maximum), active: answer.determined && same(one, answer.outcome),
  }));
}

function barMarks(list) {
  const given = list.map((one) => one.fine?.basis).filter((one) => one?.deemed_value !== undefined && one.goods_value !== undefined);
  if (!given.length) return [];
  const deemed = [...new Set(given.map((one) => one.deemed_value))].map((one) => ({
    value: Number(one), text: `${t("fines.deemed")} ${short(Number(one))}`, kind: "deemed",
  }));
  return [...deemed, { value: Number(given[0].goods_value), text: `${t("fines.goods")} ${short(Number(given[0].goods_value))}`, kind: "here" }];
}

// The tiers beside each other: the same question with severity and correction left open.
async function compared({ request, answer, post }) {
  const { severity, rectified, ...rest } = request;
  if (answer.determined && (severity !== undefined || rectified !== undefined)) {
    const [open] = await post("/v1/batch", [{ kind: "penalty", ...rest }]);
    if (open.kind === "penalty") return outcomes(open);
  }
  return outcomes(answer);
}

function tiers(list, answer) {
  const rows = barRows(list, answer);
  if (!rows.length) return null;
  const said = rows.map((row) => t("fines.bar", { name: row.name, range: row.text })).join(t("unit.semicolon"));
  return h("section", { class: "card", "aria-labelledby": "tiers-title" },
    h("h3", { id: "tiers-title" }, t("fines.tiers")),
    h("p", { class: "hint" }, t(answer.determined ? "fines.tiers_about" : "fines.tiers_about_open")),
    picture(bars(rows, barMarks(list), said)),
    h("ul", { class: "reads" }, rows.map((row) => h("li", { class: row.active ? "active" : null }, t("fines.bar", { name: row.name, range: row.text })))));
}

const multiple = (one) => one.fine?.basis.kind === "goods_value_multiple";

// Asks for the same case at several goods values; every figure of the curve is an answer.
async function curves({ request, answer, post }) {
  if (!outcomes(answer).some(multiple)) return null;
  const at = async (values) => {
    const rows = await post("/v1/batch", values.map((value) => ({ kind: "penalty", ...request, goods_value: String(value), ref: undefined })));
    return rows.map((row) => (row.kind === "penalty" ? outcomes(row) : []));
  };
  const [probe] = await at([1]);
  const deemed = [...new Set(probe.filter(multiple).map((one) => one.fine.basis.deemed_value).filter(Boolean))].map(Number);
  if (!deemed.length) return null;
  const here = request.goods_value === undefined ? null : Number(request.goods_value);
  const { end } = scaleFor(Math.max(2.5 * Math.max(...deemed), 1.25 * (here ?? 0)));
  const values = [...new Set([0, ...deemed.flatMap((one) => [one / 2, one]), ...(here === null ? [] : [here]), end * 0.75, end])]
    .filter((one) => one <= end).sort((one, other) => one - other);
  const answers = await at(values);
  const series = new Map();
  answers.forEach((list, place) => list.filter(multiple).forEach((one) => {
    const key = `${one.tier} ${one.fine.basis.deemed_value}`;
    if (!series.has(key)) series.set(key, { tier: one.tier, activities: new Set(), deemed: Number(one.fine.basis.deemed_value), points: new Map() });
    const own = series.get(key);
    if (one.activity) own.activities.add(one.activity);
    own.points.set(values[place], {
      x: values[place], min: one.fine.minimum === null ? null : Number(one.fine.minimum), max: Number(one.fine.maximum), range: range(one.fine),
      minimum: one.fine.minimum, maximum: one.fine.maximum,
    });
  }));
  return { end, here, series: [...series.values()].map((one) => ({ ...one, points: [...one.points.values()] })) };
}

function scaleFor(highest) {
  const power = 10 ** Math.floor(Math.log10(highest));
  return { end: Math.ceil(highest / power * 2) / 2 * power };
}

function growthCard(drawn, request) {
  const { series, here, end } = drawn;
  const top = Math.max(...series.flatMap((one) => one.points.map((point) => point.max)));
  const one = (own) => {
    const name = [label("tier", own.tier), [...own.activities].map((code) => label("activity", code)).join(t("unit.comma"))].filter(Boolean).join(" · ");
    const deemed = short(own.deemed);
    const draw = growth(own, { x: end, y: top }, {
      here: here !== null && { x: here, text: t("fines.growth_here", { goods: short(here) }) },
      binds: t("fines.growth_binds", { deemed }), axes: { x: named("goods_value") },
    }, t("fines.growth_series", { name, deemed }));
    return h("figure", {}, h("figcaption", {}, name), picture(draw),
      h("details", {}, h("summary", {}, t("fines.growth_table")),
        h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${t("fines.growth_table")} ${name}` }, h("table", { class: "plain" },
          h("thead", {}, h("tr", {}, [named("goods_value"), t("fines.minimum"), t("fines.maximum")].map((head) => h("th", { scope: "col" }, head)))),
          h("tbody", {}, own.points.map((point) => h("tr", {}, h("th", { scope: "row" }, money(String(point.x))),
            h("td", {}, point.minimum === null ? "" : money(point.minimum)), h("td", {}, money(point.maximum)))))))));
  };
  return h("section", { class: "card", "aria-labelledby": "growth-title", "data-request": request.violation },
    h("h3", { id: "growth-title" }, t("fines.growth")), h("p", { class: "hint" }, t("fines.growth_about")),
    h("div", { class: "figures-grid" }, series.map(one)));
}

function body(answer, context) {
  const place = h("div", { class: "pictures" });
  const pictures = async () => {
    const [list, drawn] = await Promise.all([compared(context), curves(context)]);
    if (!place.isConnected) return;
    place.replaceChildren(...[tiers(list, answer), drawn?.series.length ? growthCard(drawn, context.request) : null].filter(Boolean));
  };
  // The answer stands without its pictures, should they not come.
  pictures().catch(() => place.remove());
  return [consequences(answer), place, limitation(answer)];
}

export const fines = {
  name: "fines", catalogue: "violations", path: "/v1/penalties", subject: "violation", always: {}, assumable: true,
  sample: { violation: "81-1", goods_value: "30000", severity: "severe", conduct_from: "2026-05-20", conduct_to: "2026-06-01" },
  waits: () => false,
  group: (item) => t("form.article", { article: item.citation.article }),
  describe: (item) => item.who,
  about: (item) => [h("p", {}, t("form.whom", { who: item.who })), item.authority && h("p", {}, t("form.decided_by", { authority: label("authority", item.authority) }))],
  names, form, head, body,
  spoken: (answer) => (answer.determined ? `${label("tier", answer.outcome.tier)} ${range(answer.outcome.fine)}` : t("fines.undetermined")),
  symbol: () => h("p", { class: "symbol", "aria-hidden": "true" }, "¥"),
};
