// Months as tables of days. Each day says in words what it is, not by colour alone.
import { h, hidden } from "./dom.js";
import { label, monday, month, t, weekdays } from "./texts.js";

const two = (number) => String(number).padStart(2, "0");
const lengthOf = (year, number) => new Date(Date.UTC(2000 + (year % 400), number, 0)).getUTCDate();

// A name that does not fit into a day stands below its month.
const fits = (name) => [...name].reduce((sum, one) => sum + (one.charCodeAt(0) > 0x2e80 ? 2 : 1), 0) <= 8 && !name.includes(" ");

function notes(days) {
  const runs = [];
  for (const { day, text } of days) {
    const last = runs.at(-1);
    if (last?.text === text && last.to === day - 1) last.to = day;
    else runs.push({ from: day, to: day, text });
  }
  return runs.length > 0 && h("ul", { class: "runs" }, runs.map((run) =>
    h("li", {}, h("strong", {}, run.from === run.to ? String(run.from) : `${run.from}–${run.to}`), " ", run.text)));
}

// cell(day, isWeekend) gives {kind, mark, name, spoken, projected, supplied, strong} or null for a plain day.
export function monthTable(year, number, cell) {
  const first = monday(`${String(year).padStart(4, "0")}-${two(number)}-01`);
  const cells = Array(first).fill(null);
  for (let day = 1; day <= lengthOf(year, number); day++) cells.push(`${String(year).padStart(4, "0")}-${two(number)}-${two(day)}`);
  while (cells.length % 7) cells.push(null);
  const weeks = Array.from({ length: cells.length / 7 }, (_, at) => cells.slice(at * 7, at * 7 + 7));
  const below = [];
  const table = h("table", { class: "month" },
    h("caption", {}, month(year, number)),
    h("thead", {}, h("tr", {}, weekdays().map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, weeks.map((week) => h("tr", {}, week.map((day, at) => {
      if (!day) return h("td", { class: "none" });
      const found = cell(day, at >= 5) ?? { kind: at >= 5 ? "plain rest" : "plain" };
      const named = found.name && (fits(found.name) ? found.name : null);
      if (found.name && !named) below.push({ day: Number(day.slice(8)), text: found.worked ? t("days.make_up_of", { name: found.name }) : found.name });
      return h("td", { class: `${found.kind}${found.projected ? " projected" : ""}${found.supplied ? " supplied" : ""}`, "data-day": day },
        h("span", { class: "day" }, String(Number(day.slice(8)))),
        found.mark && h("span", { class: "mark", "aria-hidden": found.spoken ? "true" : null }, found.mark),
        named && h("span", { class: "name" }, named),
        found.name && !named && !found.mark && h("span", { class: "name", "aria-hidden": "true" }, t("days.off")),
        found.spoken && hidden(found.spoken));
    })))));
  return h("div", {}, table, notes(below));
}

export function monthsBetween(first, last) {
  const list = [];
  let [year, number] = first.split("-").map(Number);
  const [lastYear, lastNumber] = last.split("-").map(Number);
  while (year < lastYear || (year === lastYear && number <= lastNumber)) {
    list.push([year, number]);
    number += 1;
    if (number > 12) [year, number] = [year + 1, 1];
  }
  return list;
}

// What a day of the ledger looks like.
export function ledgerCell(entry, { due, asked }) {
  const why = label("day", entry.why);
  const spoken = [];
  const found = { kind: "counted", projected: entry.status === "projected", supplied: entry.status === "supplied" };
  if (entry.number !== undefined) {
    found.mark = String(entry.number);
    spoken.push(t("days.spoken", { number: entry.number }));
  }
  spoken.push(entry.name && entry.name !== why ? `${why} ${entry.name}` : why);
  if (entry.why === "start_day") Object.assign(found, { kind: "start", mark: t("days.start") });
  else if (entry.why === "clock_stopped") Object.assign(found, { kind: "stopped", mark: t("days.stopped") });
  else if (entry.why === "public_holiday") Object.assign(found, { kind: "holiday", name: entry.name });
  else if (entry.why === "weekend" && !entry.counted) found.kind = "rest";
  else if (entry.why === "make_up_day") found.name = t("days.make_up");
  else if (entry.why === "rolled") Object.assign(found, { kind: "rolled", name: why });
  if (!entry.counted && entry.number === undefined && found.kind === "counted") found.kind = "rest";
  if (entry.date === due) {
    found.kind = "due";
    found.name = t("days.due");
    spoken.push(t("days.due"));
  }
  if (entry.date === asked) {
    found.kind += " asked";
    spoken.push(t("days.asked"));
    found.name ??= t("days.asked");
  }
  if (entry.status !== "official") spoken.push(label("status", entry.status));
  found.spoken = spoken.join(t("unit.comma"));
  return found;
}

export function legend(kinds) {
  return h("ul", { class: "legend", "aria-label": t("days.legend") }, kinds.map(([kind, mark, text]) =>
    h("li", {}, h("span", { class: `sample ${kind}`, "aria-hidden": "true" }, mark), text)));
}
