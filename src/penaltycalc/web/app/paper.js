// An answer as text for a document: in Chinese, with articles and arithmetic, whatever language the page is in.
import { catalogue, post } from "./api.js";
import { all, filled, label, language, money, named, speak, t } from "./texts.js";

// The facts as people read them, in the order of the request.
export function factLines(request, texts = all()) {
  const lines = [];
  const value = (name, one) => {
    if (one === true || one === false) return label("yes_no", String(one), texts);
    for (const group of [{ severity: "severity_given", reason: "stop_reason" }[name] ?? name])
      if (texts.labels[group]?.[one]) return label(group, one, texts);
    if (name === "goods_value" || name === "income_during_violation") return /^\d+(\.\d+)?$/.test(one) ? said("unit.yuan", { amount: money(one) }) : one;
    return String(one);
  };
  const said = (key, facts) => t(key, facts, texts);
  const walk = (record, path = []) => {
    for (const [name, one] of Object.entries(record)) {
      if (path.length === 0 && ["violation", "step", "term", "ledger"].includes(name)) continue;
      if (name === "responsible_persons" || name === "clock_stops") {
        const group = name === "clock_stops" ? "stop" : "person";
        one.forEach((row, at) => {
          const parts = Object.entries(row).map(([part, inside]) => said("paper.part", { name: named(part, texts), value: value(part, inside) }));
          lines.push([said(`paper.${group}_number`, { number: at + 1 }), parts.join(said("unit.comma"))]);
        });
      } else if (one !== null && typeof one === "object") walk(one, [...path, name]);
      else {
        const flat = ["conduct", "granted", "renewal_lead"].includes(path[0]) ? `${path[0]}_${name}` : name;
        lines.push([named(flat === "start" && record.step ? "start_of_step" : flat, texts), value(name, one)]);
      }
    }
  };
  walk(request);
  return lines;
}

export async function paper(view, { item, request, answer }) {
  const zh = await speak("zh");
  let said = answer;
  let subject = item;
  if (language() !== "zh") {
    const [told, { items }] = await Promise.all([post(view.path, request, { lang: "zh" }), catalogue(view.catalogue, "zh")]);
    said = told;
    subject = items.find((one) => one.id === item.id);
  }
  const w = (key, facts = {}) => t(key, facts, zh);
  const name = (group, code) => label(group, code, zh);
  const lines = [w("paper.subject", { title: subject.title, citation: subject.citation.label })];
  const facts = factLines(request, zh).map(([one, value]) => w("unit.colon", { name: one, value }));
  lines.push(facts.length ? w("paper.facts", { facts: facts.join(w("unit.semicolon")) }) : w("paper.no_facts"));
  lines.push("", ...{ penalty: ofPenalty, deadline: ofDeadline, expiry: ofExpiry }[said.kind](said, w, name));
  lines.push("", w("paper.steps"));
  said.explanation.forEach((one, at) => lines.push(one.citation
    ? w("paper.step_cited", { number: at + 1, text: one.text, citation: one.citation.label })
    : w("paper.step", { number: at + 1, text: one.text })));
  if (said.notices.length) {
    lines.push("", w("paper.notices"));
    for (const one of said.notices) {
      const level = name("level", one.level);
      lines.push(one.citation ? w("paper.notice_cited", { level, text: one.text, citation: one.citation.label }) : w("paper.notice", { level, text: one.text }));
    }
  }
  lines.push("", w("paper.provenance", said.provenance));
  return lines.join("\n");
}

function amount(fine, w, name) {
  if (!fine) return name("heading", "none");
  if (fine.maximum === null) return name("heading", "unknown");
  if (fine.minimum === null) return filled(name("heading", "up_to"), { maximum: money(fine.maximum) });
  return filled(name("heading", "range"), { minimum: money(fine.minimum), maximum: money(fine.maximum) });
}

function ofOutcome(one, w, name) {
  const lines = [];
  if (one.authority) lines.push(w("paper.authority", { authority: name("authority", one.authority) }));
  lines.push(w("paper.fine", { range: amount(one.fine, w, name) }));
  if (one.measures.length) lines.push(w("paper.measures", { measures: one.measures.map((measure) => measure.text).join(w("unit.semicolon")) }));
  for (const person of one.persons) {
    const what = [w("paper.person_fine", { range: amount(person.fine, w, name) })];
    if (person.confiscated_income) what.push(filled(name("heading", "confiscated"), { income: money(person.confiscated_income) }));
    if (person.confiscated_income === null) what.push(name("heading", "confiscated_unknown"));
    if (person.ban) what.push(person.ban.text);
    lines.push(w("paper.person", { who: [name("role", person.role), person.name].filter(Boolean).join(w("unit.comma")), what: what.join(w("unit.semicolon")) }));
  }
  return lines;
}

function ofPenalty(answer, w, name) {
  const lines = [];
  const tier = (one) => [name("tier", one.tier), one.activity && name("activity", one.activity), one.scope && name("scope", one.scope)].filter(Boolean).join(w("unit.comma"));
  if (answer.determined) lines.push(w("paper.outcome", { tier: tier(answer.outcome) }), ...ofOutcome(answer.outcome, w, name));
  else {
    lines.push(w("paper.open", { facts: answer.missing_facts.map((one) => name("fact", one)).join(w("unit.comma")) }));
    answer.alternatives.forEach((one, at) => lines.push(w("paper.alternative", { number: at + 1, tier: tier(one) }), ...ofOutcome(one, w, name)));
  }
  const limits = answer.limitation;
  if (limits) lines.push(w("paper.limitation", { two: limits.two_years.last_day, five: limits.five_years.last_day, applies: w(`fines.applies_${limits.applies}`) }));
  return lines;
}

function ofDeadline(answer, w, name) {
  if (!answer.due) return [w("paper.no_due")];
  const lines = [w("paper.due", { day: answer.due, status: name("status", answer.status) })];
  if (answer.earliest && answer.earliest !== answer.latest) lines.push(`${w("deadlines.bracket", { earliest: answer.earliest, latest: answer.latest })}${w("paper.stop")}`);
  if (answer.on_lapse) lines.push(w("paper.date", { name: w("deadlines.on_lapse"), day: name("lapse", answer.on_lapse.effect) }));
  return lines;
}

function ofExpiry(answer, w, name) {
  const lines = [w("paper.last_day", { day: answer.last_day }),
    w("paper.conventions", { certificate: answer.by_convention.certificate, civil_code: answer.by_convention.civil_code })];
  const { renewal } = answer;
  for (const one of ["apply_by", "latest_by_licensing_law", "review_fits_until"])
    if (renewal?.[one]) lines.push(w("paper.date", { name: w(`expiries.${one}`), day: renewal[one] }));
  if (renewal) lines.push(w("paper.date", { name: w("expiries.renewed_by"), day: name("authority", renewal.renewed_by.authority) }));
  return lines;
}
