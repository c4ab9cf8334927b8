// The fines view: the legal consequences of a violation.
import { renderCitation, renderCitations } from "./answer.js";
import { h, createPicture } from "./dom.js";
import * as fields from "./fields.js";
import { drawBars, drawGrowth } from "./pictures.js";
import {
  addRemarks, describeFine, formatCompact, formatDay, formatFineRange, formatMoney, formatTier, formatYuan, getFieldName, getFineName,
  getLabel, getTexts, t,
} from "./texts.js";

const listOptions = (group, codes) => codes.map((code) => [code, getLabel(group, code)]);
const listYesNo = () => [["true", getLabel("yes_no", "true")], ["false", getLabel("yes_no", "false")]];
const getUsedFacts = (item) => new Set(getTexts().uses[item.id] ?? item.facts);

function listFactNames(item) {
  const used = getUsedFacts(item);
  const names = ["violation", "conduct_from", "conduct_to", "assume_in_force", "ref"];
  for (const name of ["goods_value", "activity", "severity", "rectified", "scope", "decision_effective_on", "discovered_on",
    "severe_needs_failed_correction", "obstruction_suspension_replaces_fine"]) if (used.has(name)) names.push(name);
  if (used.has("harm")) names.push("life_health_or_financial_safety", "harmful_consequence");
  if (used.has("exemption_facts")) names.push("duties_fulfilled", "did_not_know_proven");
  if (used.has("responsible_persons")) names.push("persons");
  return new Set(names);
}

function renderDecisiveFacts(item, facts, onChange) {
  const controls = {
    severity: () => fields.renderChoice("severity", facts, onChange, { options: listOptions("severity_given", ["ordinary", "severe"]) }),
    rectified: () => fields.renderChoice("rectified", facts, onChange, { options: listOptions("rectified_given", ["yes", "no"]).map(([code, text]) => [String(code === "yes"), text]) }),
    activity: () => fields.renderChoice("activity", facts, onChange, { options: listOptions("activity", ["production", "wholesale", "retail"]) }),
    goods_value: () => fields.renderText("goods_value", facts, onChange, { amount: true }),
    scope: () => fields.renderChoice("scope", facts, onChange, { options: listOptions("scope", ["specialty", "institution"]) }),
    exemption_facts: () => ["duties_fulfilled", "did_not_know_proven"].map((name) => fields.renderChoice(name, facts, onChange, { options: listYesNo() })),
  };
  const names = item.facts.filter((name) => controls[name]);
  return fields.renderSection(t("form.decide"),
    names.length ? names.map((name) => controls[name]()) : h("p", { class: "hint" }, t("form.nothing_decides")));
}

function renderPersonRows(facts, onChange) {
  return fields.renderRows("persons", facts, onChange, {
    head: "form.person", add: "form.add_person", remove: "form.remove_person",
    blank: () => ({ role: "", income_during_violation: "", name: "" }),
    draw: (row, at) => [
      fields.renderSelect("role", row, onChange, {
        id: `fact-persons-${at}-role`, options: listOptions("role", ["legal_representative", "principal", "directly_responsible_manager", "other"]),
      }),
      fields.renderText("income_during_violation", row, onChange, { amount: true, id: `fact-persons-${at}-income_during_violation` }),
      fields.renderText("name", row, onChange, { id: `fact-persons-${at}-name`, maximum: 100 }),
    ],
  });
}

function renderForm(item, facts, onChange) {
  const used = getUsedFacts(item);
  const readings = ["severe_needs_failed_correction", "obstruction_suspension_replaces_fine"].filter((name) => used.has(name));
  const isAnyFilled = (...names) => names.some((name) => facts[name]?.length);
  return [
    renderDecisiveFacts(item, facts, onChange),
    fields.renderSection(t("form.days"),
      h("div", { class: "pair" }, fields.renderDay("conduct_from", facts, onChange), fields.renderDay("conduct_to", facts, onChange)),
      used.has("decision_effective_on") && fields.renderDay("decision_effective_on", facts, onChange, { today: true }),
      facts.assume_in_force === "true" && fields.renderCheckbox("assume_in_force", facts, onChange)),
    used.has("responsible_persons") &&
      fields.renderFoldedSection(t("fines.persons"), isAnyFilled("persons"), renderPersonRows(facts, onChange)),
    used.has("discovered_on") &&
      fields.renderFoldedSection(t("form.limits"), isAnyFilled("discovered_on", "life_health_or_financial_safety", "harmful_consequence"),
        fields.renderDay("discovered_on", facts, onChange),
        ["life_health_or_financial_safety", "harmful_consequence"].map((name) => fields.renderChoice(name, facts, onChange, { options: listYesNo() }))),
    readings.length > 0 &&
      fields.renderFoldedSection(t("form.readings"), isAnyFilled(...readings), readings.map((name) => fields.renderCheckbox(name, facts, onChange))),
  ];
}

// ------------------------------------------------------------------------------- the answer

const listOutcomes = (answer) => (answer.determined ? [answer.outcome] : answer.alternatives);

// Once no penalty is imposed, all amounts stand for reference only, and each place that shows them says so.
const renderReferenceTag = (answer) => answer.penalty_excluded && h("span", { class: "tag reference" }, t("fines.reference"));
const markReference = (answer, text) => (answer.penalty_excluded ? t("unit.colon", { name: t("fines.reference"), value: text }) : text);

function renderBasis(fine) {
  const basis = fine?.basis;
  if (!basis) return null;
  if (basis.kind === "fixed") return h("p", { class: "basis" }, t("fines.fixed"));
  if (basis.kind === "income_share")
    return h("p", { class: "basis" }, t("fines.share", { minimum: basis.minimum_percent, maximum: basis.maximum_percent }));
  const multiples = { minimum: basis.minimum_multiple, maximum: basis.maximum_multiple };
  if (basis.counted_value === undefined) return h("p", { class: "basis" }, t("fines.formula_open", multiples));
  // A fine that all possible outcomes share has no deemed value where theirs differ.
  const facts = basis.deemed_value !== undefined && { goods: formatYuan(basis.goods_value), deemed: formatYuan(basis.deemed_value) };
  return h("div", { class: "basis" },
    facts && h("p", {}, t(basis.deemed_value_applied ? "fines.deemed_applied" : "fines.deemed_not_applied", facts)),
    h("p", {}, t("fines.formula", { value: formatYuan(basis.counted_value), ...multiples })));
}

const renderAmount = (outcome) => [
  h("p", { class: outcome.decided_by ? "amount words" : "amount" }, describeFine(outcome)),
  outcome.decided_by && renderCitations(outcome.decided_by),
];

function renderDetermined({ outcome }, id) {
  return [
    h("div", { class: "tags" }, h("span", { class: `tag tier ${outcome.tier}` }, outcome.tier_title),
      outcome.authority && h("span", { class: "tag" }, getLabel("authority", outcome.authority))),
    h("h3", { id }, t(`fines.${getFineName(outcome)}`)), renderAmount(outcome), renderBasis(outcome.fine),
    renderCitations(outcome.citations),
  ];
}

const renderUndetermined = (answer, id, focus) => [
  h("h3", { id }, t("fines.undetermined")),
  answer.fine && h("div", {}, h("p", { class: "hint" }, t("fines.common")), h("p", { class: "amount" }, formatFineRange(answer.fine)), renderBasis(answer.fine)),
  h("div", { class: "missing" }, h("p", {}, t("fines.missing")),
    h("ul", {}, answer.missing_facts.map((name) => h("li", {}, h("button", { type: "button", class: "small", on: { click: () => focus(name) } }, getLabel("fact", name)))))),
  h("p", { class: "hint" }, t("fines.side_by_side")),
];

// Between the two limits it is open whether a penalty is possible at all, so that stands before the amount.
const renderLimitationWarning = (answer) => answer.limitation?.depends_on_harm &&
  h("p", { class: "depends" }, h("strong", {}, getLabel("heading", "depends_on_harm")));

function renderHead(answer, { focus }) {
  const renderContent = (id) => (answer.determined ? renderDetermined(answer, id) : renderUndetermined(answer, id, focus));
  if (!answer.penalty_excluded)
    return h("section", { class: `card head ${answer.determined ? "" : "open"}`, "aria-labelledby": "head-title" }, renderLimitationWarning(answer), renderContent("head-title"));
  return h("section", { class: "card head excluded", "aria-labelledby": "head-title" },
    h("h3", { id: "head-title" }, t("fines.penalty")), h("p", { class: "amount" }, t("fines.excluded")), renderCitation(answer.penalty_excluded.citation),
    h("div", { class: "reference" }, h("p", { class: "tags" }, renderReferenceTag(answer)), h("p", { class: "hint" }, t("fines.reference_about")), renderContent()));
}

function renderMeasures(outcome) {
  if (outcome.decided_by) return null;
  const listDays = (measure) => [["last_day", measure.last_day], ["first_free_day", measure.first_free_day]].filter(([, day]) => day);
  return h("div", {}, h("h4", {}, t("fines.measures")),
    outcome.measures.length
      ? h("ul", { class: "measures" }, outcome.measures.map((measure) =>
        h("li", {}, h("span", {}, measure.text),
          listDays(measure).map(([name, day]) => h("span", { class: "when" }, t("unit.colon", { name: t(`fines.${name}`), value: formatDay(day) })))))) 
      : h("p", { class: "hint" }, t("fines.no_measures")),
    renderCitations(outcome.citations));
}

function renderPerson(person) {
  const renderRow = (name, content) => content && h("div", {}, h("dt", {}, name), h("dd", {}, content));
  return h("li", { class: "person" },
    h("h5", {}, getLabel("role", person.role), person.name && h("span", { class: "who" }, person.name)),
    h("dl", {},
      renderRow(t("fines.fine"), [formatFineRange(person.fine), person.fine.basis.kind === "income_share" &&
        h("small", {}, t("fines.share", { minimum: person.fine.basis.minimum_percent, maximum: person.fine.basis.maximum_percent }))]),
      person.confiscated_income !== undefined &&
        renderRow(t("fines.confiscated"), person.confiscated_income === null ? t("fines.whole_income") : formatYuan(person.confiscated_income)),
      person.ban && renderRow(t("fines.ban"), [person.ban.text, person.ban.first_free_day &&
        h("small", {}, t("unit.colon", { name: t("fines.first_free_day"), value: formatDay(person.ban.first_free_day) }))])));
}

function renderPersons(outcome) {
  if (!outcome.persons.length) return null;
  return h("div", {}, h("h4", {}, t("fines.persons")), h("ul", { class: "persons" }, outcome.persons.map(renderPerson)));
}

function renderConsequences(answer) {
  if (answer.determined && answer.outcome.decided_by) return null;
  if (answer.determined)
    return h("section", { class: "card", "aria-labelledby": "consequences-title" },
      h("h3", { id: "consequences-title", class: "sr" }, markReference(answer, t("fines.measures"))), renderReferenceTag(answer),
      renderMeasures(answer.outcome), renderPersons(answer.outcome));
  return h("div", { class: `alternatives ${answer.penalty_excluded ? "excluded" : ""}` }, answer.alternatives.map((outcome, number) =>
    h("section", { class: "card alternative", "aria-labelledby": `alternative-${number}` },
      h("p", { class: "hint" }, t("fines.alternative", { number: number + 1 }), " ", renderReferenceTag(answer)),
      h("h3", { id: `alternative-${number}` }, formatTier(outcome)),
      renderAmount(outcome), renderBasis(outcome.fine), renderMeasures(outcome), renderPersons(outcome))));
}

function renderLimitation(answer) {
  const limitation = answer.limitation;
  if (!limitation) return null;
  const renderRow = (name, day, on) => h("div", { class: on ? "on" : null }, h("dt", {}, t(`fines.${name}`)), h("dd", {}, formatDay(day)));
  return h("section", { class: "card", "aria-labelledby": "limitation-title" },
    h("h3", { id: "limitation-title" }, t("fines.limitation")),
    h("p", { class: "tags" }, h("span", { class: "tag" }, t(`fines.applies_${limitation.applies}`)),
      limitation.barred !== undefined && h("span", { class: `tag ${limitation.barred ? "severe" : "fine"}` }, getLabel("heading", limitation.barred ? "barred" : "not_barred"))),
    h("dl", { class: "figures" }, renderRow("two_years", limitation.two_years.last_day, limitation.applies === "two"),
      renderRow("five_years", limitation.five_years.last_day, limitation.applies === "five")));
}

// ------------------------------------------------------------------------------ the pictures

const isSameOutcome = (first, second) => first.tier === second.tier && first.fine?.minimum === second.fine?.minimum && first.fine?.maximum === second.fine?.maximum;

function listBars(list, answer) {
  return list.filter((outcome) => outcome.fine?.maximum).map((outcome) => ({
    name: formatTier(outcome), text: formatFineRange(outcome.fine), min: outcome.fine.minimum === null ? null : Number(outcome.fine.minimum),
    max: Number(outcome.fine.maximum), active: answer.determined && isSameOutcome(outcome, answer.outcome),
  }));
}

function listBarMarks(list) {
  const bases = list.map((outcome) => outcome.fine?.basis).filter((basis) => basis?.deemed_value !== undefined && basis.goods_value !== undefined);
  if (!bases.length) return [];
  const deemed = [...new Set(bases.map((basis) => basis.deemed_value))].map((value) => ({
    value: Number(value), text: `${t("fines.deemed")} ${formatCompact(Number(value))}`, kind: "deemed",
  }));
  return [...deemed, { value: Number(bases[0].goods_value), text: `${t("fines.goods")} ${formatCompact(Number(bases[0].goods_value))}`, kind: "here" }];
}

// To compare tiers, the same request is sent again without severity and correction: the API then returns all outcomes.
async function loadAllTiers({ request, answer, post }) {
  const { severity, rectified, ...rest } = request;
  if (answer.determined && (severity !== undefined || rectified !== undefined)) {
    const [open] = await post("/v1/batch", [{ kind: "penalty", ...rest }]);
    if (open.kind === "penalty") return listOutcomes(open);
  }
  return listOutcomes(answer);
}

function renderTiers(list, answer) {
  const rows = listBars(list, answer);
  if (!rows.length) return null;
  const description = rows.map((row) => t("fines.bar", { name: row.name, range: row.text })).join(t("unit.semicolon"));
  return h("section", { class: "card", "aria-labelledby": "tiers-title" },
    h("h3", { id: "tiers-title" }, t("fines.tiers"), " ", renderReferenceTag(answer)),
    h("p", { class: "hint" }, t(answer.determined ? "fines.tiers_about" : "fines.tiers_about_open")),
    createPicture(drawBars(rows, listBarMarks(list), markReference(answer, description))),
    h("ul", { class: "reads" }, rows.map((row) => h("li", { class: row.active ? "active" : null }, t("fines.bar", { name: row.name, range: row.text })))));
}

const isGoodsValueMultiple = (outcome) => outcome.fine?.basis.kind === "goods_value_multiple";

// Requests the same case at several goods values. The page calculates no fine itself: each point of a curve is an answer.
async function loadCurves({ request, answer, post }) {
  if (!listOutcomes(answer).some(isGoodsValueMultiple)) return null;
  const loadOutcomes = async (values) => {
    const rows = await post("/v1/batch", values.map((value) => ({ kind: "penalty", ...request, goods_value: String(value), ref: undefined })));
    return rows.map((row) => (row.kind === "penalty" ? listOutcomes(row) : []));
  };
  const [probe] = await loadOutcomes([1]);
  const deemed = [...new Set(probe.filter(isGoodsValueMultiple).map((outcome) => outcome.fine.basis.deemed_value).filter(Boolean))].map(Number);
  if (!deemed.length) return null;
  const here = request.goods_value === undefined ? null : Number(request.goods_value);
  const { end } = chooseScaleEnd(Math.max(2.5 * Math.max(...deemed), 1.25 * (here ?? 0)));
  const values = [...new Set([0, ...deemed.flatMap((value) => [value / 2, value]), ...(here === null ? [] : [here]), end * 0.75, end])]
    .filter((value) => value <= end).sort((first, second) => first - second);
  const answers = await loadOutcomes(values);
  const series = new Map();
  answers.forEach((list, index) => list.filter(isGoodsValueMultiple).forEach(({ fine, tier, tier_title: title, activity }) => {
    const key = `${tier} ${fine.basis.deemed_value}`;
    if (!series.has(key)) series.set(key, { title, activities: new Set(), deemed: Number(fine.basis.deemed_value), points: new Map() });
    const curve = series.get(key);
    if (activity) curve.activities.add(activity);
    curve.points.set(values[index], {
      x: values[index], min: fine.minimum === null ? null : Number(fine.minimum), max: Number(fine.maximum), range: formatFineRange(fine),
      minimum: fine.minimum, maximum: fine.maximum,
    });
  }));
  return { end, here, series: [...series.values()].map((curve) => ({ ...curve, points: [...curve.points.values()] })) };
}

function chooseScaleEnd(highest) {
  const power = 10 ** Math.floor(Math.log10(highest));
  return { end: Math.ceil(highest / power * 2) / 2 * power };
}

function renderGrowth(curves, { answer, request }) {
  const { series, here, end } = curves;
  const top = Math.max(...series.flatMap((curve) => curve.points.map((point) => point.max)));
  const renderCurve = (curve) => {
    const activities = [...curve.activities].map((code) => getLabel("activity", code)).join(t("unit.comma"));
    const name = addRemarks(curve.title, activities ? [activities] : []);
    const deemed = formatYuan(String(curve.deemed));
    const draw = drawGrowth(curve, { x: end, y: top }, {
      here: here !== null && { x: here, text: t("fines.growth_here", { goods: formatCompact(here) }) },
      binds: t("fines.growth_binds", { deemed: formatCompact(curve.deemed) }), axes: { x: getFieldName("goods_value") },
    }, markReference(answer, t("fines.growth_series", { name, deemed })));
    return h("figure", {}, h("figcaption", {}, name), createPicture(draw),
      h("details", {}, h("summary", {}, t("fines.growth_table")),
        h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${t("fines.growth_table")} ${name}` }, h("table", { class: "plain" },
          h("thead", {}, h("tr", {}, [getFieldName("goods_value"), t("fines.minimum"), t("fines.maximum")].map((title) => h("th", { scope: "col" }, title)))),
          h("tbody", {}, curve.points.map((point) => h("tr", {}, h("th", { scope: "row" }, formatMoney(String(point.x))),
            h("td", {}, point.minimum === null ? "" : formatMoney(point.minimum)), h("td", {}, formatMoney(point.maximum)))))))));
  };
  return h("section", { class: "card", "aria-labelledby": "growth-title", "data-request": request.violation },
    h("h3", { id: "growth-title" }, t("fines.growth"), " ", renderReferenceTag(answer)), h("p", { class: "hint" }, t("fines.growth_about")),
    h("div", { class: "figures-grid" }, series.map(renderCurve)));
}

function renderBody(answer, context) {
  const container = h("div", { class: "pictures" });
  const drawPictures = async () => {
    const [outcomes, curves] = await Promise.all([loadAllTiers(context), loadCurves(context)]);
    if (!container.isConnected) return;
    const pictures = [renderTiers(outcomes, answer), curves?.series.length ? renderGrowth(curves, context) : null].filter(Boolean);
    if (pictures.length) container.replaceChildren(...pictures);
    else container.remove();
  };
  // Pictures are an addition: when their requests fail, the answer stays without them.
  drawPictures().catch(() => container.remove());
  return [renderConsequences(answer), container, renderLimitation(answer)];
}

// "Fine" is said with an amount, which alone could be any; that there is no fine says so itself.
function speakOutcome(outcome) {
  const isAmount = outcome.fine && outcome.fine.maximum !== null && !outcome.decided_by;
  if (isAmount) return t("fines.spoken", { name: outcome.tier_title, range: describeFine(outcome) });
  return t("unit.colon", { name: outcome.tier_title, value: describeFine(outcome) });
}

export const fines = {
  name: "fines", catalogue: "violations", path: "/v1/penalties", subject: "violation", always: {}, assumable: true,
  sample: { violation: "81-1", goods_value: "30000", severity: "severe", conduct_from: "2026-05-20", conduct_to: "2026-06-01" },
  waits: () => false,
  group: (item) => t("form.article", { article: item.citation.article }),
  describe: (item) => item.who,
  about: (item) => [h("p", {}, t("form.whom", { who: item.who })), item.authority && h("p", {}, t("form.decided_by", { authority: getLabel("authority", item.authority) }))],
  dates: ["conduct_from", "conduct_to", "discovered_on", "decision_effective_on"],
  names: listFactNames, form: renderForm, head: renderHead, body: renderBody,
  spoken: (answer) => {
    const result = answer.determined ? speakOutcome(answer.outcome) : t("fines.undetermined");
    return answer.penalty_excluded ? `${t("fines.excluded")}${t("unit.semicolon")}${markReference(answer, result)}` : result;
  },
  symbol: () => h("p", { class: "symbol", "aria-hidden": "true" }, "¥"),
};
