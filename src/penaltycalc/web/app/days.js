// Months as tables of days. Every day has a text for screen readers, since colours alone tell them nothing.
import { h, renderHiddenText } from "./dom.js";
import { getLabel, countDaysSinceMonday, formatMonth, t, listWeekdays } from "./texts.js";

const padTwo = (number) => String(number).padStart(2, "0");
const countDaysOfMonth = (year, number) => new Date(Date.UTC(2000 + (year % 400), number, 0)).getUTCDate();

// Longer names are listed below the month. Chinese characters count double, as they are twice as wide.
const fitsIntoDay = (name) => [...name].reduce((sum, character) => sum + (character.charCodeAt(0) > 0x2e80 ? 2 : 1), 0) <= 8 && !name.includes(" ");

function renderRuns(days) {
  const runs = [];
  for (const { day, text } of days) {
    const last = runs.at(-1);
    if (last?.text === text && last.to === day - 1) last.to = day;
    else runs.push({ from: day, to: day, text });
  }
  return runs.length > 0 && h("ul", { class: "runs" }, runs.map((run) =>
    h("li", {}, h("strong", {}, run.from === run.to ? t("days.single", { day: run.from }) : t("days.run", run)), " ", run.text)));
}

// `describeDay(day, isWeekend)` returns {kind, mark, name, spoken, projected, supplied}, or null for a plain day.
export function renderMonth(year, number, describeDay) {
  const first = countDaysSinceMonday(`${String(year).padStart(4, "0")}-${padTwo(number)}-01`);
  const cells = Array(first).fill(null);
  for (let day = 1; day <= countDaysOfMonth(year, number); day++) cells.push(`${String(year).padStart(4, "0")}-${padTwo(number)}-${padTwo(day)}`);
  while (cells.length % 7) cells.push(null);
  const weeks = Array.from({ length: cells.length / 7 }, (_, at) => cells.slice(at * 7, at * 7 + 7));
  const namesBelow = [];
  const table = h("table", { class: "month" },
    h("caption", {}, formatMonth(year, number)),
    h("thead", {}, h("tr", {}, listWeekdays().map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, weeks.map((week) => h("tr", {}, week.map((day, at) => {
      if (!day) return h("td", { class: "none" });
      const look = describeDay(day, at >= 5) ?? { kind: at >= 5 ? "plain rest" : "plain" };
      const name = look.name && (fitsIntoDay(look.name) ? look.name : null);
      if (look.name && !name) namesBelow.push({ day: Number(day.slice(8)), text: look.worked ? t("days.make_up_of", { name: look.name }) : look.name });
      return h("td", { class: `${look.kind}${look.projected ? " projected" : ""}${look.supplied ? " supplied" : ""}`, "data-day": day },
        h("span", { class: "day" }, String(Number(day.slice(8)))),
        look.mark && h("span", { class: "mark", "aria-hidden": look.spoken ? "true" : null }, look.mark),
        name && h("span", { class: "name" }, name),
        look.name && !name && !look.mark && h("span", { class: "name", "aria-hidden": "true" }, t("days.off")),
        look.spoken && renderHiddenText(look.spoken));
    })))));
  return h("div", {}, table, renderRuns(namesBelow));
}

export function listMonths(first, last) {
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

// Describes a day of a deadline's ledger for `renderMonth`.
export function describeLedgerDay(entry, { due, asked: asOf }) {
  const reason = getLabel("day", entry.why);
  const spoken = [];
  const look = { kind: "counted", projected: entry.status === "projected", supplied: entry.status === "supplied" };
  if (entry.number !== undefined) {
    look.mark = String(entry.number);
    spoken.push(t("days.spoken", { number: entry.number }));
  }
  spoken.push(entry.name && entry.name !== reason ? `${reason} ${entry.name}` : reason);
  if (entry.why === "start_day") Object.assign(look, { kind: "start", mark: t("days.start") });
  else if (entry.why === "clock_stopped") Object.assign(look, { kind: "stopped", mark: t("days.stopped") });
  else if (entry.why === "public_holiday") Object.assign(look, { kind: "holiday", name: entry.name });
  else if (entry.why === "weekend" && !entry.counted) look.kind = "rest";
  else if (entry.why === "make_up_day") look.name = t("days.make_up");
  else if (entry.why === "rolled") Object.assign(look, { kind: "rolled", name: reason });
  if (!entry.counted && entry.number === undefined && look.kind === "counted") look.kind = "rest";
  if (entry.date === due) {
    look.kind = "due";
    look.name = t("days.due");
    spoken.push(t("days.due"));
  }
  if (entry.date === asOf) {
    look.kind += " asked";
    spoken.push(t("days.asked"));
    look.name ??= t("days.asked");
  }
  if (entry.status !== "official") spoken.push(getLabel("status", entry.status));
  look.spoken = spoken.join(t("unit.comma"));
  return look;
}

export function renderLegend(kinds) {
  return h("ul", { class: "legend", "aria-label": t("days.legend") }, kinds.map(([kind, mark, text]) =>
    h("li", {}, h("span", { class: `sample ${kind}`, "aria-hidden": "true" }, mark), text)));
}
