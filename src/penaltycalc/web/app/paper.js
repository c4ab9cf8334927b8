// Writes an answer as text for a case file. It is always Chinese, the language of the files, whatever the page shows.
import { loadCatalogue, postJson } from "./api.js";
import {
  addRemarks, describeFine, formatDate, formatFineRange, formatTier, formatYuan, getFactLabel, getFineName, getLabel, getLanguage, getTexts,
  loadTexts, t,
} from "./texts.js";

// One person with role and name: a comma between them would make two persons of one.
const formatWho = ({ role, name }, texts) => (name
  ? t("paper.who", { role: getLabel("role", role, texts), name }, texts) : getLabel("role", role, texts));

// Pairs of label and value for all facts of a request, in its order. `item` is what it asks about.
export function listFacts(request, item, texts = getTexts()) {
  const lines = [];
  const formatValue = (name, content) => {
    if (content === true || content === false) return getLabel("yes_no", String(content), texts);
    if (name === "severity") return translate(`paper.severity_${content}`);
    if (texts.labels[name]?.[content]) return getLabel(name, content, texts);
    if (name === "goods_value") return formatAmount(content);
    return /^\d{4}-\d\d-\d\d$/.test(content) ? formatDate(content, texts) : String(content);
  };
  const translate = (key, facts) => t(key, facts, texts);
  const formatAmount = (content) => (/^\d+(\.\d+)?$/.test(content) ? formatYuan(content, texts) : content);
  const describePerson = (row) => {
    const [who, income] = [formatWho(row, texts), row.income_during_violation];
    return income ? translate("paper.person_given", { who, income: formatAmount(income) }) : who;
  };
  const describeStop = ({ from, to, reason }) => translate(to ? "paper.stop_given" : "paper.stop_open", {
    from: formatDate(from, texts), to: to && formatDate(to, texts), reason: getLabel("stop_reason", reason, texts),
  });
  const addFacts = (record, path = []) => {
    for (const [name, content] of Object.entries(record)) {
      if (path.length === 0 && ["violation", "step", "term", "ledger"].includes(name)) continue;
      if (name === "responsible_persons" || name === "clock_stops") {
        const [group, describe] = name === "clock_stops" ? ["stop", describeStop] : ["person", describePerson];
        content.forEach((row, index) => lines.push([translate(`paper.${group}_number`, { number: index + 1 }), describe(row)]));
      } else if (content !== null && typeof content === "object") addFacts(content, [...path, name]);
      else {
        const flat = ["conduct", "granted", "renewal_lead"].includes(path[0]) ? `${path[0]}_${name}` : name;
        const event = flat === "start" && item?.starts_from;
        const label = event ? translate("form.start_of_step", { event: getLabel("event", event, texts) })
          : name === "goods_value" ? translate("fines.goods") : getFactLabel(flat, texts);
        lines.push([label, formatValue(name, content)]);
      }
    }
  };
  addFacts(request);
  return lines;
}

export async function writeDocumentText(view, { item, request, answer }) {
  const zh = await loadTexts("zh");
  let answerInChinese = answer;
  let subject = item;
  if (getLanguage() !== "zh") {
    const [chineseAnswer, { items }] = await Promise.all([postJson(view.path, request, { lang: "zh" }), loadCatalogue(view.catalogue, "zh")]);
    answerInChinese = chineseAnswer;
    subject = items.find((entry) => entry.id === item.id);
  }
  const translate = (key, facts = {}) => t(key, facts, zh);
  const getLabelOf = (group, code) => getLabel(group, code, zh);
  const lines = [translate("paper.subject", { title: subject.title, citation: subject.citation.label })];
  const facts = listFacts(request, subject, zh).map(([name, value]) => translate("unit.colon", { name, value }));
  lines.push(facts.length ? translate("paper.facts", { facts: facts.join(translate("unit.semicolon")) }) : translate("paper.no_facts"));
  lines.push("", ...{ penalty: describePenalty, deadline: describeDeadline, expiry: describeExpiry }[answerInChinese.kind](answerInChinese, translate, getLabelOf, zh));
  lines.push("", translate("paper.steps"));
  answerInChinese.explanation.forEach((step, index) => lines.push(step.citation
    ? translate("paper.step_cited", { number: index + 1, text: step.text, citation: step.citation.label })
    : translate("paper.step", { number: index + 1, text: step.text })));
  if (answerInChinese.notices.length) {
    lines.push("", translate("paper.notices"));
    for (const notice of answerInChinese.notices) {
      const level = getLabelOf("level", notice.level);
      lines.push(notice.citation ? translate("paper.notice_cited", { level, text: notice.text, citation: notice.citation.label }) : translate("paper.notice", { level, text: notice.text }));
    }
  }
  lines.push("", translate("paper.provenance", answerInChinese.provenance));
  return lines.join("\n");
}

const joinCitations = (citations, translate) => citations.map((citation) => citation.label).join(translate("unit.comma"));

function describeOutcome(outcome, zh) {
  const translate = (key, facts = {}) => t(key, facts, zh);
  const getLabelOf = (group, code) => getLabel(group, code, zh);
  const lines = [translate("paper.citations", { citations: joinCitations(outcome.citations, translate) })];
  if (outcome.authority) lines.push(translate("paper.authority", { authority: getLabelOf("authority", outcome.authority) }));
  lines.push(translate(`paper.${getFineName(outcome)}`, { range: describeFine(outcome, zh) }));
  if (outcome.decided_by) lines.push(translate("paper.decided_by", { citations: joinCitations(outcome.decided_by, translate) }));
  if (outcome.measures.length) lines.push(translate("paper.measures", { measures: outcome.measures.map((measure) => measure.text).join(translate("unit.semicolon")) }));
  for (const person of outcome.persons) {
    const range = formatFineRange(person.fine, zh);
    const what = [person.fine.maximum === null ? translate("unit.colon", { name: translate("fines.fine"), value: range })
      : translate("paper.person_fine", { range })];
    if (person.confiscated_income) what.push(translate("paper.confiscated", { income: formatYuan(person.confiscated_income, zh) }));
    if (person.confiscated_income === null) what.push(translate("paper.confiscated_unknown"));
    if (person.ban) what.push(person.ban.text);
    lines.push(translate("paper.person", { who: formatWho(person, zh), what: what.join(translate("unit.semicolon")) }));
  }
  return lines;
}

function describePenalty(answer, translate, getLabelOf, zh) {
  const lines = [];
  if (answer.penalty_excluded) lines.push(translate("paper.excluded", { citation: answer.penalty_excluded.citation.label }), translate("paper.reference"));
  if (answer.limitation?.depends_on_harm) lines.push(`${getLabelOf("heading", "depends_on_harm")}${translate("paper.stop")}`);
  if (answer.determined) lines.push(translate("paper.outcome", { tier: formatTier(answer.outcome, zh) }), ...describeOutcome(answer.outcome, zh));
  else {
    lines.push(translate("paper.open", { facts: answer.missing_facts.map((name) => getLabelOf("fact", name)).join(translate("unit.comma")) }));
    answer.alternatives.forEach((outcome, index) => lines.push(translate("paper.alternative", { number: index + 1, tier: formatTier(outcome, zh) }), ...describeOutcome(outcome, zh)));
  }
  const limits = answer.limitation;
  if (limits) lines.push(translate("paper.limitation", { two: formatDate(limits.two_years.last_day, zh), five: formatDate(limits.five_years.last_day, zh), applies: translate(`fines.applies_${limits.applies}`) }));
  return lines;
}

function describeDeadline(answer, translate, getLabelOf, zh) {
  const writeDay = (day) => formatDate(day, zh);
  if (!answer.due) return [translate("paper.no_due")];
  const lines = [translate("paper.due", { day: writeDay(answer.due), status: getLabelOf("status", answer.status) })];
  if (answer.earliest && answer.earliest !== answer.latest) lines.push(`${translate("deadlines.bracket", { earliest: writeDay(answer.earliest), latest: writeDay(answer.latest) })}${translate("paper.stop")}`);
  if (answer.on_lapse) {
    const { effect, effective_on: day } = answer.on_lapse;
    const what = addRemarks(getLabelOf("lapse", effect), day ? [translate("deadlines.effective_on", { day: writeDay(day) })] : [], zh);
    lines.push(translate("paper.date", { name: translate("deadlines.on_lapse"), day: what }));
  }
  return lines;
}

// What to say beside a day of a renewal that comes after the last one on which to apply; empty where none does.
// A lead that ends before the window opens sets no day, and the former Regulation none beside a window: the same
// as find_days_to_apply in calculators/expiries/records.py.
export function describeLateDay(renewal, name, texts = getTexts()) {
  const { window: applying, apply_by: lead, usual_apply_by: usual, latest_by_licensing_law: latest } = renewal;
  const [day] = [latest, applying?.closes, applying && lead < applying.opens ? undefined : lead].filter(Boolean).sort();
  if (renewal[name] > day) return t("expiries.too_late", { day: formatDate(day, texts) }, texts);
  return !applying && renewal[name] > usual ? t("expiries.later_than_usual", { day: formatDate(usual, texts) }, texts) : "";
}

// What to say in brackets behind a day of a renewal: that it is projected, and that it is late.
export function listRemarks(renewal, name, texts = getTexts()) {
  const isOpen = name === "review_fits_until" && renewal.review_status && renewal.review_status !== "official";
  return [isOpen && getLabel("status", renewal.review_status, texts), describeLateDay(renewal, name, texts)].filter(Boolean);
}

function describeExpiry(answer, translate, getLabelOf, zh) {
  const writeDay = (day) => formatDate(day, zh);
  const writeDays = (first, last) => translate("expiries.days", { first: writeDay(first), last: writeDay(last) });
  const { certificate, civil_code: civilCode } = answer.by_convention;
  const lines = [translate("paper.last_day", { day: writeDay(answer.last_day) }),
    translate("paper.conventions", { certificate: writeDay(certificate), civil_code: writeDay(civilCode) })];
  const { renewal } = answer;
  if (!renewal) return lines;
  const addLine = (name, value) => lines.push(translate("paper.date", { name: translate(`expiries.${name}`), day: value }));
  const addDay = (name) => addLine(name, addRemarks(writeDay(renewal[name]), listRemarks(renewal, name, zh), zh));
  if (renewal.window) addLine("window", writeDays(renewal.window.opens, renewal.window.closes));
  for (const name of ["apply_by", "usual_apply_by", "review_fits_until"]) if (renewal[name]) addDay(name);
  if (renewal.next_term) addLine("next_term", writeDays(renewal.next_term.start, renewal.next_term.last_day));
  const others = ["wholesale", "foreign_holder"].filter((part) => renewal.renewed_by[`${part}_authority`]).map((part) =>
    translate(`expiries.${part}`, { authority: getLabelOf("authority", renewal.renewed_by[`${part}_authority`]) }));
  addLine("renewed_by", addRemarks(getLabelOf("authority", renewal.renewed_by.authority), others, zh));
  addDay("latest_by_licensing_law");
  return lines;
}
