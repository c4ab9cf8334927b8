// Many at once: a table in, its answers beside it. Columns that no calculation knows never leave the page.
import { Gone, Refused, call, save } from "./api.js";
import { problemBox } from "./answer.js";
import { h, later, show } from "./dom.js";
import { csv, decoded, neutral, parse, readXlsx, writeXlsx } from "./tables.js";
import { all, dated, label, money, named, t } from "./texts.js";

const CHUNK = 500;
const PAGE = 100;
const LINES = 300;
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const SUBJECTS = { violation: "penalty", step: "deadline", term: "expiry" };
const SAMPLE = [
  ["violation", "goods_value", "activity", "severity", "step", "term", "start"],
  ["79-1-1", "85000", "wholesale", "ordinary", "", "", ""],
  ["81-1", "60,000", "", "severe", "", "", ""],
  ["", "", "", "", "production-licence", "", "2026/9/18"],
  ["", "", "", "", "", "drug-registration", "2026-05-15"],
  ["82-9", "", "", "ordinary", "", "", ""],
];

// Kept while the page is open, in no other place.
const work = { header: [], columns: [], rows: [], results: [], filled: new Set(), done: 0, problems: [], running: null, page: 0, only: false, fault: null, read: "" };

function load(table) {
  const rows = table.filter((row) => row.some((cell) => cell.trim()));
  work.running?.abort();
  const header = (rows[0] ?? []).map((cell) => cell.trim());
  const known = all();
  const keep = header.map((name, at) => at).filter((at) => !known.results.includes(header[at]));
  work.header = keep.map((at) => header[at]);
  work.rows = rows.slice(1).map((row) => keep.map((at) => (row[at] ?? "").trim()));
  work.columns = guessed(work.header);
  reset();
}

function reset() {
  Object.assign(work, { results: [], filled: new Set(), done: 0, problems: [], page: 0, only: false, fault: null, running: null });
}

// Which fact a column holds: by its name in the interface, or as this page or the workbook calls it.
function guessed(header) {
  const { facts, columns } = all();
  const names = new Map();
  const say = (said, name) => names.has(said) || names.set(said, name);
  for (const name of facts) {
    say(name, name);
    say(named(name).toLowerCase(), name);
    if (columns[name]) say(columns[name].toLowerCase(), name);
  }
  say(named("start_of_step").toLowerCase(), "start");
  const taken = new Set();
  return header.map((said) => {
    const name = names.get(said.toLowerCase()) ?? "";
    if (taken.has(name)) return "";
    if (name) taken.add(name);
    return name;
  });
}

function fault() {
  const taken = work.columns.filter(Boolean);
  const twice = taken.find((name, at) => taken.indexOf(name) !== at);
  if (twice) return t("batch.repeated", { name: named(twice) });
  if (!Object.keys(SUBJECTS).some((name) => taken.includes(name))) return t("batch.no_subject");
  return work.rows.length ? "" : t("batch.nothing");
}

// Rows as the interface reads them: a kind for each, from the id that is filled in.
function sent(rows) {
  const places = work.columns.flatMap((name, at) => (name && name !== "kind" ? [at] : []));
  const own = work.columns.indexOf("kind");
  const subjects = Object.entries(SUBJECTS).map(([name, kind]) => [work.columns.indexOf(name), kind]).filter(([at]) => at >= 0);
  const kind = (row) => (own >= 0 && row[own] ? row[own] : (subjects.find(([at]) => row[at])?.[1] ?? ""));
  return [["kind", ...places.map((at) => work.columns[at])], ...rows.map((row) => [kind(row), ...places.map((at) => row[at])])];
}

async function answered(rows, signal) {
  const body = new Blob([csv(sent(rows))]);
  for (let turn = 0; ; turn++) {
    try {
      const answer = await call("/v1/batch/csv", { method: "POST", body, type: "text/csv; charset=utf-8", signal });
      const [header, ...lines] = parse(await answer.text());
      const first = header.length - all().results.filter((name) => header.includes(name)).length;
      return { names: header.slice(first), lines: lines.map((line) => line.slice(first)) };
    } catch (refused) {
      const busy = refused instanceof Refused && ["too-many-requests", "unavailable"].includes(refused.problem.code);
      if (!busy || turn > 5) throw refused;
      await new Promise((done) => setTimeout(done, 500 * 2 ** turn));
    }
  }
}

async function run(tell) {
  const control = new AbortController();
  work.running = control;
  work.fault = null;
  try {
    while (work.done < work.rows.length && work.running === control) {
      const first = work.done;
      const { names, lines } = await answered(work.rows.slice(first, first + CHUNK), control.signal);
      if (work.running !== control) return;
      lines.forEach((line, at) => {
        const found = {};
        line.forEach((value, place) => {
          if (value === "") return;
          found[names[place]] = value;
          work.filled.add(names[place]);
        });
        work.results[first + at] = found;
        if (found.problem_code) work.problems.push(first + at);
      });
      work.done = first + lines.length;
      tell(first);
    }
  } catch (refused) {
    if (work.running === control) work.fault = refused.name === "AbortError" ? null : refused;
  } finally {
    if (work.running === control) work.running = null;
    tell(0);
  }
}

// ------------------------------------------------------------------------------ how it looks

const CODES = { tier: "tier", authority: "authority", status: "status", review_status: "status", limitation_applies: "limitation", lapse_effect: "lapse", days_unit: "unit" };
const AMOUNTS = /^(fine|person_fine)_(minimum|maximum)$|^counted_value$|^person_confiscated_income$/;
const YES = { TRUE: "true", FALSE: "false" };

function said(name, value) {
  if (value === undefined) return "";
  if (CODES[name]) return label(CODES[name], value);
  if (AMOUNTS.test(name)) return money(value);
  return value in YES ? label("yes_no", YES[value]) : value;
}

function outcome(found) {
  if (!found) return [h("span", { class: "tag wait" }, t("batch.waiting"))];
  if (found.problem_code) return [h("span", { class: "tag severe" }, t("batch.problem")), " ", h("span", { class: "problem" }, found.problem_detail)];
  if (found.determined === "FALSE") return [h("span", { class: "tag projected" }, t("batch.undetermined")), " ",
    (found.missing_facts ?? "").split(", ").filter(Boolean).map((name) => label("fact", name)).join(t("unit.comma"))];
  const day = found.due ?? found.last_day;
  if (day) return [h("strong", {}, dated(day)), " ", found.status && found.status !== "official" && h("span", { class: "tag projected" }, label("status", found.status))];
  if (found.fine_maximum) return [h("strong", {}, found.fine_minimum ? `${money(found.fine_minimum)} – ${money(found.fine_maximum)}` : `≤ ${money(found.fine_maximum)}`)];
  return found.inputs ? [h("span", { class: "tag" }, t("batch.computed"))] : [];
}

const ALONGSIDE = new Set(["problem_code", "problem_detail", "determined", "missing_facts", "inputs", "days_unit"]);
const shownColumns = () => all().results.filter((name) => work.filled.has(name) && !ALONGSIDE.has(name));

export async function batchView(place) {
  const status = h("p", { role: "status", class: "sr" });
  const area = h("textarea", { id: "table", rows: 5, spellcheck: "false", wrap: "off", "aria-describedby": "table-hint",
    on: { input: () => typedIn(), paste: pasted } });
  const picker = h("input", { type: "file", id: "file", accept: ".csv,.txt,.tsv,.xlsx", class: "sr", on: { change: () => picker.files[0] && file(picker.files[0]) } });
  const drop = h("div", { class: "drop", on: {
    dragover: (event) => {
      event.preventDefault();
      drop.classList.add("over");
    },
    dragleave: () => drop.classList.remove("over"),
    drop: (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      if (event.dataTransfer.files[0]) file(event.dataTransfer.files[0]);
    },
  } }, h("p", {}, t("batch.drop")), picker, h("label", { for: "file", class: "button" }, t("batch.file"), h("span", { class: "sr" }, t("batch.file_label"))));
  const setup = h("div", { class: "setup" });
  const results = h("section", { class: "answer", id: "answer", tabindex: "-1", "aria-labelledby": "results-title" });
  show(place,
    h("div", { class: "intro" }, h("h1", { tabindex: "-1" }, t("batch.title")), h("p", {}, t("batch.lead"))),
    h("section", { class: "card input" },
      h("div", { class: "sources" },
        h("div", { class: "field" }, h("label", { for: "table" }, t("batch.paste")), area, h("p", { class: "hint", id: "table-hint" }, t("batch.paste_hint"))),
        drop),
      setup),
    results, status);

  const typedIn = later(() => {
    load(parse(area.value));
    work.read = "";
    drawSetup();
    drawResults();
  }, 250);

  // A long table would make the text field slow: it is taken as it comes.
  function pasted(event) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if ((text.match(/\n/g) ?? []).length <= LINES) return;
    event.preventDefault();
    area.value = "";
    taken(parse(text));
  }

  function taken(table) {
    load(table);
    work.read = t("batch.read", { rows: work.rows.length, columns: work.header.length });
    drawSetup();
    drawResults();
    status.textContent = work.read;
  }

  async function file(given) {
    picker.value = "";
    try {
      const buffer = await given.arrayBuffer();
      const zipped = new Uint8Array(buffer, 0, Math.min(2, buffer.byteLength)).join() === "80,75";
      taken(zipped ? await readXlsx(buffer) : parse(decoded(buffer)));
      area.value = "";
    } catch {
      work.read = t("batch.unreadable", { name: given.name });
      drawSetup(true);
      status.textContent = work.read;
    }
  }

  function drawSetup(broken = false) {
    const wrong = work.header.length ? fault() : "";
    const finished = work.done >= work.rows.length && work.done > 0;
    const start = work.running
      ? h("button", { type: "button", on: { click: () => {
        work.running.abort();
        work.running = null;
        tell(0);
      } } }, t("batch.stop"))
      : h("button", { type: "button", class: "primary", disabled: Boolean(wrong) || !work.header.length || finished,
        on: { click: () => {
          run(tell);
          tell(0);
        } } }, work.done && !finished ? t("batch.resume") : t("batch.start"));
    const options = [["", t("batch.own")], ...all().facts.map((name) => [name, named(name)])];
    show(setup,
      work.read && h("p", { class: broken ? "error" : "read" }, work.read),
      work.header.length > 0 && h("details", { class: "columns", open: Boolean(wrong) || work.columns.includes("") },
        h("summary", {}, t("batch.columns")), h("p", { class: "hint" }, t("batch.columns_hint"), " ", t("batch.kind")),
        h("div", { class: "mapping" }, work.header.map((name, at) => {
          const control = h("select", { id: `column-${at}`, on: { change: () => {
            work.columns[at] = control.value;
            work.running?.abort();
            reset();
            drawSetup();
            drawResults();
            document.getElementById(`column-${at}`).focus();
          } } }, options.map(([value, text]) => h("option", { value, selected: value === work.columns[at] }, text)));
          return h("div", {}, h("label", { for: `column-${at}` }, t("batch.column", { number: at + 1, name })), control);
        }))),
      wrong && h("p", { class: "error", role: "alert" }, wrong),
      h("div", { class: "buttons" }, start,
        !work.header.length && h("button", { type: "button", on: { click: () => {
          area.value = SAMPLE.map((row) => row.join("\t")).join("\n");
          typedIn.now();
        } } }, t("batch.example")),
        work.header.length > 0 && h("button", { type: "button", on: { click: () => {
          area.value = "";
          load([]);
          work.read = "";
          drawSetup();
          drawResults();
          area.focus();
        } } }, t("batch.clear"))));
  }

  function tell(first) {
    if (!results.isConnected) return;
    const running = Boolean(work.running);
    const [from, to] = window_();
    if (!running || work.done === 0) {
      const button = document.activeElement?.closest(".setup .buttons");
      drawSetup();
      if (button) setup.querySelector(".buttons button:not(:disabled)")?.focus();
      drawResults();
    } else {
      progress();
      const seen = work.only || (first < to && first + CHUNK > from);
      if (seen) drawTable();
    }
    status.textContent = summary();
  }

  const window_ = () => [work.page * PAGE, work.page * PAGE + PAGE];

  function summary() {
    const facts = { done: work.done, rows: work.rows.length, problems: work.problems.length };
    if (work.running) return t("batch.running", facts);
    return work.done >= work.rows.length ? t("batch.finished", facts) : t("batch.stopped", facts);
  }

  const bar = h("progress", { "aria-label": t("batch.title") });
  const count = h("p", { class: "count" });
  const table = h("div", {});

  function progress() {
    bar.max = Math.max(work.rows.length, 1);
    bar.value = work.done;
    count.textContent = work.running ? t("batch.progress", { done: work.done, rows: work.rows.length }) : summary();
  }

  function drawResults() {
    if (!work.rows.length) {
      show(results, h("h2", { id: "results-title", class: "sr" }, t("batch.results")), h("div", { class: "empty card" }, h("p", {}, t("batch.empty"))));
      return;
    }
    progress();
    const finished = work.done >= work.rows.length;
    const trouble = work.fault && (work.fault instanceof Refused ? problemBox(work.fault.problem, () => setup.querySelector("select")?.focus())
      : h("div", { class: "notice warning gone", role: "alert" }, h("h2", {}, t("state.gone")), h("p", {}, t("state.gone_help"))));
    if (work.fault && !(work.fault instanceof Refused) && !(work.fault instanceof Gone)) throw work.fault;
    show(results, trouble,
      h("section", { class: "card" },
        h("h2", { id: "results-title" }, t("batch.results")),
        (work.running || work.done > 0) && h("div", { class: "progress" }, bar, count),
        work.done > 0 && h("div", { class: "field tick" }, h("div", { class: "control" },
          h("input", { type: "checkbox", id: "only", checked: work.only, on: { change: (event) => {
            work.only = event.target.checked;
            work.page = 0;
            drawTable();
          } } }), h("label", { for: "only" }, `${t("batch.only_problems")} (${work.problems.length})`))),
        table,
        finished && h("div", { class: "buttons" },
          h("button", { type: "button", on: { click: saveCsv } }, t("batch.csv")),
          h("button", { type: "button", on: { click: saveXlsx } }, t("batch.xlsx")))));
    drawTable();
  }

  function drawTable() {
    const chosen = work.only ? work.problems : null;
    const total = chosen ? chosen.length : work.rows.length;
    const pages = Math.max(1, Math.ceil(total / PAGE));
    work.page = Math.min(work.page, pages - 1);
    const first = work.page * PAGE;
    const last = Math.min(first + PAGE, total);
    const columns = shownColumns();
    const rows = Array.from({ length: last - first }, (_, at) => (chosen ? chosen[first + at] : first + at));
    const turn = (by, name) => h("button", { type: "button", "data-turn": name, disabled: work.page + by < 0 || work.page + by >= pages, on: { click: () => {
      work.page += by;
      drawTable();
      (table.querySelector(`[data-turn="${name}"]:not(:disabled)`) ?? table.querySelector("[data-turn]:not(:disabled)"))?.focus();
    } } }, t(`batch.${name}`));
    const scrolled = table.querySelector(".scroll")?.scrollLeft ?? 0;
    if (!total) return show(table, h("p", { class: "hint" }, t("batch.no_problems")));
    show(table,
      h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": t("batch.table") },
        h("table", { class: "plain batch" },
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("batch.row")), h("th", { scope: "col" }, t("batch.answer")),
            work.header.map((name, at) => h("th", { scope: "col", class: work.columns[at] ? null : "own" }, name,
              work.columns[at] && named(work.columns[at]) !== name && h("small", {}, named(work.columns[at])))),
            columns.map((name) => h("th", { scope: "col", class: "result" }, named(name))))),
          h("tbody", {}, rows.map((at) => {
            const found = work.results[at];
            return h("tr", { class: found?.problem_code ? "bad" : null, "data-row": at + 1 },
              h("th", { scope: "row" }, String(at + 1)), h("td", { class: "outcome" }, outcome(found)),
              work.rows[at].map((cell) => h("td", {}, cell)),
              columns.map((name) => h("td", { class: AMOUNTS.test(name) ? "result number" : "result" }, said(name, found?.[name]))));
          })))),
      pages > 1 && h("nav", { class: "pages", "aria-label": t("batch.table") }, turn(-1, "previous"),
        h("span", {}, t("batch.page", { first: first + 1, last, rows: total })), turn(1, "next")));
    const again = table.querySelector(".scroll");
    if (again) again.scrollLeft = scrolled;
  }

  // Names of the interface, so that the file can be sent or read again.
  const own = () => work.header.map((name, at) => work.columns[at] || (name.startsWith("x_") ? name : `x_${name || at + 1}`));

  function saveCsv() {
    const results = all().results.filter((name) => name !== "explanation" || work.filled.has(name));
    const kinds = sent(work.rows).slice(1).map((row) => row[0]);
    const places = work.columns.flatMap((name, at) => (name === "kind" ? [] : [at]));
    const names = own();
    const rows = work.rows.map((row, at) => [kinds[at], ...places.map((place) => neutral(row[place])), ...results.map((name) => work.results[at]?.[name] ?? "")]);
    save(new Blob(["\uFEFF", csv([["kind", ...places.map((place) => neutral(names[place])), ...results], ...rows])], { type: "text/csv" }), "penaltycalc.csv");
  }

  async function saveXlsx() {
    const kinds = sent(work.rows).slice(1).map((row) => row[0]);
    const places = work.columns.flatMap((name, at) => (name === "kind" ? [] : [at]));
    const names = own();
    const book = writeXlsx([["kind", ...places.map((place) => names[place])], ...work.rows.map((row, at) => [kinds[at], ...places.map((place) => row[place])])]);
    try {
      const answer = await call("/v1/batch/xlsx", { method: "POST", body: new Blob([book]), type: XLSX });
      save(await answer.blob(), "penaltycalc.xlsx");
    } catch (refused) {
      work.fault = refused;
      drawResults();
    }
  }

  drawSetup();
  drawResults();
}
