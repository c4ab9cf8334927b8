// The cases that are being worked on, their form in the address, and as requests.
//
// The fragment of an address is never sent to a server, so it may hold facts, under the flat names of the API. Names of
// persons and references stay out of it unless the user includes them, because links are passed on.
//
// `offers` are dates of the case before, which the user may take over; `dropped` the names of facts that a link held
// and its row does not use.
export const VIEWS = ["fines", "deadlines", "expiries", "calendar", "batch"];
export const state = { view: "fines", cases: {}, links: {}, offers: {}, dropped: {} };

const LISTS = { persons: ["role", "income_during_violation", "name"], clock_stops: ["from", "to", "reason"] };
const CHOICES = { persons: "role", clock_stops: "reason" };
const PRIVATE = new Set(["ref"]);

for (const view of VIEWS) startCase(view);

// One case's facts never decide another: a case starts with no facts but those given here.
export function startCase(view, facts = {}, offer = {}) {
  state.cases[view] = facts;
  state.links[view] = false;
  state.offers[view] = offer;
  state.dropped[view] = [];
}

// Removes the facts that the form does not show, so that none decides unseen, and remembers their names.
export function dropOtherFacts(view, names) {
  const facts = state.cases[view];
  const others = Object.keys(facts).filter((name) => !names.has(name));
  state.dropped[view].push(...others.filter((name) => facts[name] !== ""));
  for (const name of others) delete facts[name];
}

const isList = (name) => Object.hasOwn(LISTS, name);
const isFilled = (row) => Object.values(row).some((value) => value !== "");

// The choices that are missing in rows of which something else is filled in.
export function findMissingChoices(facts) {
  return Object.entries(CHOICES).flatMap(([name, part]) => (facts[name] ?? []).flatMap((row, at) =>
    (isFilled(row) && !row[part] ? [{ name, row: at, part }] : [])));
}

const encodeRows = (name, rows, personal) =>
  rows.map((row) => LISTS[name].filter((part) => personal || part !== "name").map((part) => row[part] ?? "").join("~"))
    .filter((row) => /[^~]/.test(row));

export function encodeFragment(view = state.view, personal = Boolean(state.links[view])) {
  const buildQuery = new URLSearchParams();
  for (const [name, value] of Object.entries(state.cases[view])) {
    if (isList(name)) for (const row of encodeRows(name, value, personal)) buildQuery.append(name, row);
    else if (value !== "" && (personal || !PRIVATE.has(name))) buildQuery.set(name, value);
  }
  const encoded = buildQuery.toString().replaceAll("%7E", "~");
  return `#${view}${encoded ? `?${encoded}` : ""}`;
}

export function restoreFragment(hash) {
  const [view, buildQuery = ""] = hash.slice(1).split("?");
  if (!VIEWS.includes(view)) return false;
  const facts = {};
  let personal = false;
  for (const [name, value] of new URLSearchParams(buildQuery)) {
    if (!isList(name)) {
      facts[name] = value;
      personal ||= PRIVATE.has(name);
      continue;
    }
    const parts = value.split("~");
    const row = {};
    LISTS[name].forEach((part, index, names) => {
      row[part] = (index === names.length - 1 ? parts.slice(index).join("~") : parts[index]) ?? "";
    });
    if (name === "persons" && row.name) personal = true;
    (facts[name] ??= []).push(row);
  }
  state.view = view;
  startCase(view, facts);
  state.links[view] = personal;
  return true;
}

export function updateAddress() {
  const address = new URL(location.href);
  address.hash = encodeFragment();
  if (address.href !== location.href) history.replaceState(null, "", address);
}

// ------------------------------------------------------------------- cases as requests

const NESTED = {
  conduct_from: ["conduct", "from"], conduct_to: ["conduct", "to"],
  life_health_or_financial_safety: ["harm", "life_health_or_financial_safety"],
  harmful_consequence: ["harm", "harmful_consequence"],
  duties_fulfilled: ["exemption_facts", "duties_fulfilled"],
  did_not_know_proven: ["exemption_facts", "did_not_know_proven"],
  severe_needs_failed_correction: ["readings", "severe_needs_failed_correction"],
  obstruction_suspension_replaces_fine: ["readings", "obstruction_suspension_replaces_fine"],
  granted_years: ["granted", "years"], granted_months: ["granted", "months"], granted_days: ["granted", "days"],
  renewal_lead_months: ["renewal_lead", "months"], renewal_lead_days: ["renewal_lead", "days"],
  persons: ["responsible_persons"],
};
const NUMBERS = new Set([
  "extension_working_days", "granted_years", "granted_months", "granted_days", "renewal_lead_months", "renewal_lead_days",
]);

// Chinese keyboards produce full-width digits, and amounts are typed with commas: the API accepts neither.
export const normalizeNumber = (text) => text.normalize("NFKC").replace(/[,\s]/g, "");

function toJsonValue(name, value) {
  if (value === "true" || value === "false") return value === "true";
  if (NUMBERS.has(name) && /^-?\d{1,9}$/.test(value)) return Number(value);
  return value;
}

const dropEmpty = (row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== ""));

export function buildRequest(facts, names) {
  const body = {};
  for (const [name, value] of Object.entries(facts)) {
    if (!names.has(name) || value === "") continue;
    const path = NESTED[name] ?? [name];
    const content = isList(name) ? value.filter(isFilled).map(dropEmpty) : toJsonValue(name, value);
    if (Array.isArray(content) && !content.length) continue;
    if (path.length === 1) body[path[0]] = content;
    else (body[path[0]] ??= {})[path[1]] = content;
  }
  return body;
}

// The flat name of the field at a JSON pointer, to show a fault of the API beside that field. Empty rows of the form are
// not sent, so that its rows are counted without them.
export function findFactName(where, facts) {
  const parts = where.split("/").slice(1);
  const findRow = (name) => {
    const sent = (facts[name] ?? []).flatMap((row, at) => (isFilled(row) ? [at] : []));
    return { name, row: sent[Number(parts[1] ?? 0)], part: parts[2] };
  };
  for (const [name, path] of Object.entries(NESTED))
    if (path.every((part, index) => part === parts[index])) return isList(name) ? findRow(name) : { name };
  const nested = Object.entries(NESTED).find(([, path]) => path.length > 1 && path[0] === parts[0]);
  if (nested) return { name: nested[0] };
  return isList(parts[0] ?? "") ? findRow(parts[0]) : { name: parts[0] ?? "" };
}

// The query of the API's GET form, for files of calendar events.
export function buildQuery(facts, names) {
  const flat = {};
  for (const [name, value] of Object.entries(facts)) {
    if (!names.has(name) || value === "" || name === "persons") continue;
    if (name !== "clock_stops") flat[name] = value;
    else if (value.some(isFilled)) flat[name] = value.filter(isFilled).map((part) => `${part.from}/${part.to}:${part.reason}`).join(";");
  }
  return flat;
}
