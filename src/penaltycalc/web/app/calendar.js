// The calendar view: the holidays and make-up days of a year, with their sources.
import { Unreachable, LatestRequest, download, getJson } from "./api.js";
import { markCurrent, markOutdated, renderNotices, renderProblem, renderProvenance } from "./answer.js";
import { renderLegend, renderMonth } from "./days.js";
import { h, debounce, replaceContent } from "./dom.js";
import { dropOtherFacts, updateAddress, state, normalizeNumber } from "./state.js";
import { dropCodes, formatDate, formatDay, formatTableDay, getLabel, t } from "./texts.js";

function listSources(answer) {
  const groups = new Map();
  for (const day of answer.days) {
    const key = `${day.status} ${day.source}`;
    if (!groups.has(key)) groups.set(key, { ...day, number: 0 });
    groups.get(key).number++;
  }
  const keys = { official: "calendar.packaged", projected: "calendar.projected", supplied: "calendar.supplied" };
  const renderList = [...groups.values()].map((source) => t(keys[source.status], { source: source.source }));
  const isBeyond = answer.status === "projected" && answer.days.every((day) => day.status !== "projected");
  return isBeyond && !describePart(answer) ? [...renderList, t("calendar.beyond", { official_through: formatDate(answer.official_through) })] : renderList;
}

// Where the announced days end within the year: the status of the whole year alone would call all of it projected.
const describePart = ({ year, status, official_through: last }) =>
  (status === "projected" && Number(last.slice(0, 4)) === year ? t("calendar.part", { official_through: formatDate(last) }) : "");

function renderOverview(answer) {
  const byDay = new Map(answer.days.map((day) => [day.date, day]));
  const describeDay = (date, rest) => {
    const day = byDay.get(date);
    if (!day) return { kind: rest ? "rest" : "plain", projected: date > answer.official_through };
    const why = getLabel("day", day.why);
    return {
      kind: day.working ? "worked" : "holiday", name: day.name, worked: day.working, mark: day.working ? t("days.make_up") : null,
      projected: day.status === "projected", supplied: day.status === "supplied",
      spoken: [day.name, why, day.status !== "official" && getLabel("status", day.status)].filter(Boolean).join(t("unit.comma")),
    };
  };
  const open = answer.days.some((day) => day.status === "projected") || answer.status === "projected";
  return h("section", { class: "card", "aria-labelledby": "overview-title" },
    h("h3", { id: "overview-title" }, t("calendar.overview")),
    renderLegend([["holiday", "", t("days.holiday")], ["worked", t("days.make_up"), t("days.make_up_long")], ["rest", "", t("days.rest")],
      ...(open ? [["plain projected", "", t("days.projected_long")]] : [])]),
    h("div", { class: "months year" }, Array.from({ length: 12 }, (_, at) => renderMonth(answer.year, at + 1, describeDay))));
}

function renderList(answer) {
  const heads = ["date", "name", "what", "status", "source"].map((name) => h("th", { scope: "col" }, t(`calendar.${name}`)));
  return h("details", { class: "card" }, h("summary", {}, t("calendar.list")),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("calendar.list") }, h("table", { class: "plain" }, h("thead", {}, h("tr", {}, heads)),
      h("tbody", {}, answer.days.map((day) => h("tr", {},
        h("th", { scope: "row" }, formatTableDay(day.date)), h("td", {}, day.name), h("td", {}, getLabel("day", day.why)),
        h("td", {}, getLabel("status", day.status)),
        h("td", {}, day.status === "projected" ? t("calendar.projected", day) : day.source)))))));
}

export async function showCalendar(container) {
  dropOtherFacts("calendar", new Set(["year"]));
  const facts = state.cases.calendar;
  const latest = new LatestRequest();
  const status = h("p", { role: "status", class: "sr" });
  const answer = h("section", { class: "answer", id: "answer", tabindex: "-1" }, h("p", { class: "loading" }, t("state.loading")));
  const error = h("p", { class: "error", id: "year-error", hidden: true });
  const input = h("input", { id: "year", type: "text", inputmode: "numeric", maxlength: 4, autocomplete: "off", class: "number", "aria-describedby": "year-error",
    value: facts.year ?? "", on: { input: () => setYear(normalizeNumber(input.value)) } });
  const renderStep = (by, name) => h("button", { type: "button", on: { click: () => {
    if (!/^\d{4}$/.test(facts.year ?? "")) return;
    input.value = String(Number(facts.year) + by);
    setYear(input.value);
  } } }, t(`calendar.${name}`));
  replaceContent(container,
    h("div", { class: "intro" }, h("h1", { tabindex: "-1" }, t("calendar.title")), h("p", {}, t("calendar.lead"))),
    h("form", { class: "card year", on: { submit: (event) => {
      event.preventDefault();
      schedule.now();
    } } }, h("div", { class: "field" }, h("label", { for: "year" }, t("calendar.year")),
      h("div", { class: "control" }, renderStep(-1, "before"), input, renderStep(1, "after")), error)),
    answer, status);

  function setYear(year) {
    facts.year = year;
    latest.stop();
    status.textContent = "";
    const complete = /^\d{4}$/.test(year);
    markOutdated(answer, t(complete ? "state.changed" : "calendar.incomplete"));
    updateAddress();
    if (complete) schedule();
    else schedule.cancel();
  }

  function showResult(...content) {
    replaceContent(answer, ...content);
    markCurrent(answer);
  }

  // The default is the last announced year, taken from the service: the clock of the user's machine may be wrong.
  async function loadLastYear() {
    const rulebook = await getJson("/v1/rulebook");
    facts.year = rulebook.calendar.official_through.slice(0, 4);
    input.value = facts.year;
    updateAddress();
  }

  async function loadYear() {
    const result = await latest.take(async (signal) => {
      if (!facts.year) await loadLastYear();
      if (!/^\d{4}$/.test(facts.year)) return null;
      return getJson(`/v1/calendar/${facts.year}`, { signal });
    });
    if (!result || !answer.isConnected) return;
    error.hidden = true;
    input.removeAttribute("aria-invalid");
    if (result.fault) return showError(result.fault);
    if (!result.answer) {
      replaceContent(answer);
      return markOutdated(answer, t("calendar.incomplete"));
    }
    const year = result.answer;
    const renderDownload = (kind) => h("button", { type: "button", on: { click: () =>
      download(`/v1/calendar/${year.year}/${kind}`, `calendar-${year.year}.${kind}`, { query: kind === "csv" ? { bom: "true" } : {} }).catch(showError) } }, t(`calendar.${kind}`));
    showResult(
      h("section", { class: "card head", "aria-labelledby": "head-title" },
        h("div", { class: "tags" }, h("span", { class: `tag ${year.status}` }, describePart(year) || getLabel("status", year.status))),
        h("h2", { id: "head-title" }, String(year.year)),
        h("dl", { class: "figures" },
          h("div", {}, h("dt", {}, t("calendar.working_days")), h("dd", {}, String(year.working_days))),
          h("div", {}, h("dt", {}, t("calendar.official_through")), h("dd", {}, formatDay(year.official_through))),
          h("div", {}, h("dt", {}, t("calendar.sources")), h("dd", {}, listSources(year).map((source) => h("span", { class: "line" }, source)))))),
      renderOverview(year), renderList(year), renderNotices(year.notices),
      h("section", { class: "card actions" }, h("div", { class: "buttons" }, renderDownload("ics"), renderDownload("csv"),
        h("button", { type: "button", on: { click: () => window.print() } }, t("answer.print")))),
      renderProvenance(year.provenance));
    status.textContent = t("calendar.summary", { year: year.year, working_days: year.working_days });
  }

  function showError(problem) {
    if (problem instanceof Unreachable) {
      showResult(h("div", { class: "notice warning gone", role: "alert" }, h("h2", { id: "answer-title" }, t("state.gone")), h("p", {}, t("state.gone_help")),
        h("button", { type: "button", class: "primary", on: { click: loadYear } }, t("state.again"))));
      return;
    }
    if (!problem.problem) throw problem;
    showResult(renderProblem(problem.problem, () => input.focus()));
    error.hidden = false;
    error.textContent = dropCodes(problem.problem.detail);
    input.setAttribute("aria-invalid", "true");
    status.textContent = dropCodes(problem.problem.detail);
  }

  const schedule = debounce(loadYear, 250);
  await loadYear();
}
