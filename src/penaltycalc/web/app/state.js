// The case that is being worked on, and its form in the address.
//
// A fragment never leaves the browser. It holds the facts under the flat names of the interface;
// persons and clock stops in a row of their own each. Names and references stay out of it unless
// the user says so.
export const VIEWS = ["fines", "deadlines", "expiries", "calendar", "batch"];
export const state = { view: "fines", cases: {}, links: {} };

const LISTS = { persons: ["role", "income_during_violation", "name"], clock_stops: ["from", "to", "reason"] };
const PRIVATE = new Set(["ref"]);

for (const view of VIEWS) state.cases[view] = {};

const listed = (name, rows, personal) =>
  rows.map((row) => LISTS[name].filter((one) => personal || one !== "name").map((one) => row[one] ?? "").join("~"));

export function fragment(view = state.view, personal = Boolean(state.links[view])) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(state.cases[view])) {
    if (name in LISTS) for (const row of listed(name, value, personal)) query.append(name, row);
    else if (value !== "" && (personal || !PRIVATE.has(name))) query.set(name, value);
  }
  const written = query.toString().replaceAll("%7E", "~");
  return `#${view}${written ? `?${written}` : ""}`;
}

export function restore(hash) {
  const [view, query = ""] = hash.slice(1).split("?");
  if (!VIEWS.includes(view)) return false;
  const facts = {};
  let personal = false;
  for (const [name, value] of new URLSearchParams(query)) {
    if (!(name in LISTS)) {
      facts[name] = value;
      personal ||= PRIVATE.has(name);
      continue;
    }
    const parts = value.split("~");
    const row = {};
    LISTS[name].forEach((one, place, names) => {
      row[one] = (place === names.length - 1 ? parts.slice(place).join("~") : parts[place]) ?? "";
    });
    if (name === "persons" && row.name) personal = true;
    (facts[name] ??= []).push(row);
  }
  state.view = view;
  state.cases[view] = facts;
  state.links[view] = personal;
  return true;
}

export function remember() {
  const address = new URL(location.href);
  address.hash = fragment();
  if (address.href !== location.href) history.replaceState(null, "", address);
}

// ------------------------------------------------------------------- the case as a request

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

// Full-width digits and the commas between thousands are ways of typing the same amount.
export const typed = (text) => text.normalize("NFKC").replace(/[,\s]/g, "");

function plain(name, value) {
  if (value === "true" || value === "false") return value === "true";
  if (NUMBERS.has(name) && /^-?\d{1,9}$/.test(value)) return Number(value);
  return value;
}

const given = (row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== ""));

export function request(facts, names) {
  const body = {};
  for (const [name, value] of Object.entries(facts)) {
    if (!names.has(name) || value === "") continue;
    const path = NESTED[name] ?? [name];
    const content = name in LISTS ? value.map(given) : plain(name, value);
    if (Array.isArray(content) && !content.length) continue;
    if (path.length === 1) body[path[0]] = content;
    else (body[path[0]] ??= {})[path[1]] = content;
  }
  return body;
}

// The flat name of a place in the request, for a fault that the interface reports there.
export function nameOf(where) {
  const parts = where.split("/").slice(1);
  for (const [name, path] of Object.entries(NESTED))
    if (path.every((one, place) => one === parts[place]))
      return name in LISTS ? { name, row: Number(parts[1] ?? 0), part: parts[2] } : { name };
  const nested = Object.entries(NESTED).find(([, path]) => path.length > 1 && path[0] === parts[0]);
  if (nested) return { name: nested[0] };
  if (parts[0] in LISTS) return { name: parts[0], row: Number(parts[1] ?? 0), part: parts[2] };
  return { name: parts[0] ?? "" };
}

// A query of the interface's GET form: for the addresses of events.
export function query(facts, names) {
  const flat = {};
  for (const [name, value] of Object.entries(facts)) {
    if (!names.has(name) || value === "" || name === "persons") continue;
    if (name !== "clock_stops") flat[name] = value;
    else if (value.length) flat[name] = value.map((one) => `${one.from}/${one.to}:${one.reason}`).join(";");
  }
  return flat;
}
