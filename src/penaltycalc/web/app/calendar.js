// The calendar of a year, and what it rests on.
import { Gone, Turns, download, get } from "./api.js";
import { notices, problemBox, provenance } from "./answer.js";
import { legend, monthTable } from "./days.js";
import { h, later, show } from "./dom.js";
import { remember, state, typed } from "./state.js";
import { dated, label, t } from "./texts.js";

function sources(answer) {
  const groups = new Map();
  for (const day of answer.days) {
    const key = `${day.status} ${day.source}`;
    if (!groups.has(key)) groups.set(key, { ...day, number: 0 });
    groups.get(key).number++;
  }
  const said = { official: "calendar.packaged", projected: "calendar.projected", supplied: "calendar.supplied" };
  const list = [...groups.values()].map((one) => t(said[one.status], { source: one.source }));
  const beyond = answer.status === "projected" && answer.days.every((day) => day.status !== "projected");
  return beyond ? [...list, t("calendar.beyond", { official_through: answer.official_through })] : list;
}

function overview(answer) {
  const byDay = new Map(answer.days.map((day) => [day.date, day]));
  const cell = (date, rest) => {
    const day = byDay.get(date);
    if (!day) return { kind: rest ? "rest" : "plain", projected: date > answer.official_through };
    const why = label("day", day.why);
    return {
      kind: day.working ? "worked" : "holiday", name: day.name, worked: day.working, mark: day.working ? t("days.make_up") : null,
      projected: day.status === "projected", supplied: day.status === "supplied",
      spoken: [day.name, why, day.status !== "official" && label("status", day.status)].filter(Boolean).join(t("unit.comma")),
    };
  };
  const open = answer.days.some((day) => day.status === "projected") || answer.status === "projected";
  return h("section", { class: "card", "aria-labelledby": "overview-title" },
    h("h3", { id: "overview-title" }, t("calendar.overview")),
    legend([["holiday", "", t("days.holiday")], ["worked", t("days.make_up"), t("days.make_up_long")], ["rest", "", t("days.rest")],
      ...(open ? [["plain projected", "", t("days.projected_long")]] : [])]),
    h("div", { class: "months year" }, Array.from({ length: 12 }, (_, at) => monthTable(answer.year, at + 1, cell))));
}

function list(answer) {
  const heads = ["date", "name", "what", "status", "source"].map((name) => h("th", { scope: "col" }, t(`calendar.${name}`)));
  return h("details", { class: "card" }, h("summary", {}, t("calendar.list")),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("calendar.list") }, h("table", { class: "plain" }, h("thead", {}, h("tr", {}, heads)),
      h("tbody", {}, answer.days.map((day) => h("tr", {},
        h("th", { scope: "row" }, dated(day.date)), h("td", {}, day.name), h("td", {}, label("day", day.why)),
        h("td", {}, label("status", day.status)), h("td", {}, day.source)))))));
}

export async function calendarView(place) {
  const facts = state.cases.calendar;
  const turns = new Turns();
  const status = h("p", { role: "status", class: "sr" });
  const answer = h("section", { class: "answer", id: "answer", tabindex: "-1" }, h("p", { class: "loading" }, t("state.loading")));
  const error = h("p", { class: "error", id: "year-error", hidden: true });
  const input = h("input", { id: "year", type: "text", inputmode: "numeric", maxlength: 4, autocomplete: "off", class: "number", "aria-describedby": "year-error",
    value: facts.year ?? "", on: { input: () => turned(typed(input.value)) } });
  const step = (by, name) => h("button", { type: "button", on: { click: () => {
    if (!/^\d{4}$/.test(facts.year ?? "")) return;
    input.value = String(Number(facts.year) + by);
    turned(input.value);
  } } }, t(`calendar.${name}`));
  show(place,
    h("div", { class: "intro" }, h("h1", { tabindex: "-1" }, t("calendar.title")), h("p", {}, t("calendar.lead"))),
    h("form", { class: "card year", on: { submit: (event) => {
      event.preventDefault();
      ask.now();
    } } }, h("div", { class: "field" }, h("label", { for: "year" }, t("calendar.year")),
      h("div", { class: "control" }, step(-1, "before"), input, step(1, "after")), error)),
    answer, status);

  function turned(year) {
    facts.year = year;
    remember();
    ask();
  }

  // Without a year in the address the last one that is announced: a fact of the service, not of the clock.
  async function first() {
    const rulebook = await get("/v1/rulebook");
    facts.year = rulebook.calendar.official_through.slice(0, 4);
    input.value = facts.year;
    remember();
  }

  async function run() {
    const turn = await turns.take(async (signal) => {
      if (!facts.year) await first();
      if (!/^\d{4}$/.test(facts.year)) return null;
      return get(`/v1/calendar/${facts.year}`, { signal });
    });
    if (!turn || !answer.isConnected) return;
    error.hidden = true;
    input.removeAttribute("aria-invalid");
    if (turn.fault) return refused(turn.fault);
    if (!turn.answer) return;
    const given = turn.answer;
    const file = (kind) => h("button", { type: "button", on: { click: () =>
      download(`/v1/calendar/${given.year}/${kind}`, `calendar-${given.year}.${kind}`, { query: kind === "csv" ? { bom: "true" } : {} }).catch(refused) } }, t(`calendar.${kind}`));
    show(answer,
      h("section", { class: "card head", "aria-labelledby": "head-title" },
        h("div", { class: "tags" }, h("span", { class: `tag ${given.status}` }, label("status", given.status))),
        h("h2", { id: "head-title" }, String(given.year)),
        h("dl", { class: "figures" },
          h("div", {}, h("dt", {}, t("calendar.working_days")), h("dd", {}, String(given.working_days))),
          h("div", {}, h("dt", {}, t("calendar.official_through")), h("dd", {}, dated(given.official_through))),
          h("div", {}, h("dt", {}, t("calendar.sources")), h("dd", {}, sources(given).map((one) => h("span", { class: "line" }, one)))))),
      overview(given), list(given), notices(given.notices),
      h("section", { class: "card actions" }, h("div", { class: "buttons" }, file("ics"), file("csv"),
        h("button", { type: "button", on: { click: () => window.print() } }, t("answer.print")))),
      provenance(given.provenance));
    status.textContent = t("calendar.summary", { year: given.year, working_days: given.working_days });
  }

  function refused(fault) {
    if (fault instanceof Gone) {
      show(answer, h("div", { class: "notice warning gone", role: "alert" }, h("h2", { id: "answer-title" }, t("state.gone")), h("p", {}, t("state.gone_help")),
        h("button", { type: "button", class: "primary", on: { click: run } }, t("state.again"))));
      return;
    }
    if (!fault.problem) throw fault;
    show(answer, problemBox(fault.problem, () => input.focus()));
    error.hidden = false;
    error.textContent = fault.problem.detail;
    input.setAttribute("aria-invalid", "true");
    status.textContent = fault.problem.detail;
  }

  const ask = later(run, 250);
  await run();
}
