// The batch view: reads a table and shows the answers beside it. Columns that hold no fact are never sent.
import { Unreachable, ApiProblem, sendChecked, saveFile } from "./api.js";
import { markCurrent, markOutdated, renderProblem } from "./answer.js";
import { h, debounce, replaceContent } from "./dom.js";
import { FORMER_NAMES } from "./former.js";
import { dropOtherFacts } from "./state.js";
import { UnreadableFile, formatCsv, decodeText, escapeFormula, parseCsv, readXlsx, writeXlsx } from "./tables.js";
import { getFactLabel, getTexts, formatCount, formatDay, formatFineRange, getLabel, formatMoney, getFieldName, t } from "./texts.js";

const CHUNK = 500;
const PAGE = 100;
const LINES = 300;
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const SUBJECTS = { violation: "penalty", step: "deadline", term: "expiry" };
// The columns of the example are named as the page names them; the service reads choices by their codes.
const SAMPLE = [
  ["violation", "goods_value", "activity", "severity", "step", "term", "start"],
  ["79-1-1", "85000", "wholesale", "ordinary", "", "", ""],
  ["81-1", "60,000", "", "severe", "", "", ""],
  ["", "", "", "", "production-licence", "", "2026/9/18"],
  ["", "", "", "", "", "drug-registration", "2026-05-15"],
  ["82-9", "", "", "ordinary", "", "", ""],
];

// The table lives in memory only: it may hold names, so it is not stored in the browser. `text` is what stands in the
// box, `typed` says that it has not been read since it was edited; `loads` counts the tables, so that a file that takes
// long to read replaces no later one. `show` shows progress on the page as it is drawn now.
const work = {
  header: [], columns: [], rows: [], results: [], filled: new Set(), done: 0, problems: [], running: null, page: 0, only: false,
  fault: null, read: "", text: "", typed: false, loads: 0, show: () => {},
};

function loadTable(table, text = "", read = "") {
  const rows = table.filter((row) => row.some((cell) => cell.trim()));
  Object.assign(work, { text, read, typed: false, loads: work.loads + 1 });
  const header = (rows[0] ?? []).map((cell) => cell.trim());
  const texts = getTexts();
  const ownColumns = header.map((name, at) => at).filter((at) => !texts.results.includes(header[at]));
  work.header = ownColumns.map((at) => header[at]);
  work.rows = rows.slice(1).map((row) => ownColumns.map((at) => (row[at] ?? "").trim()));
  work.columns = guessColumns(work.header);
  resetResults();
}

// No result outlives the table, or the meaning of a column, that it answers.
function resetResults() {
  work.running?.abort();
  Object.assign(work, { results: [], filled: new Set(), done: 0, problems: [], page: 0, only: false, fault: null, running: null });
}

// Matches column titles to facts: by API name, by the label of this page, or by the title used in the workbook; last by
// what either was called before.
function guessColumns(header) {
  const { facts, columns } = getTexts();
  const names = new Map();
  const addName = (title, name) => names.has(title) || names.set(title, name);
  for (const name of facts) {
    addName(name, name);
    addName(getFieldName(name).toLowerCase(), name);
    // The workbook promises never to send its column of own references, so here it stays the user's own.
    if (columns[name] && name !== "ref") addName(columns[name].toLowerCase(), name);
  }
  addName(getFieldName("start_of_step").toLowerCase(), "start");
  for (const [title, name] of Object.entries(FORMER_NAMES)) addName(title.toLowerCase(), name);
  const used = new Set();
  return header.map((title) => {
    const name = names.get(title.toLowerCase()) ?? "";
    if (used.has(name)) return "";
    if (name) used.add(name);
    return name;
  });
}

function findFault() {
  const used = work.columns.filter(Boolean);
  const repeated = used.find((name, at) => used.indexOf(name) !== at);
  if (repeated) return t("batch.repeated", { name: getFactLabel(repeated) });
  if (!Object.keys(SUBJECTS).some((name) => used.includes(name))) return t("batch.no_subject");
  return work.rows.length ? "" : t("batch.nothing");
}

// Builds the table that is sent. The kind of a row follows from which of violation, step and term is filled in.
function buildTable(rows) {
  const columns = work.columns.flatMap((name, at) => (name && name !== "kind" ? [at] : []));
  const kindColumn = work.columns.indexOf("kind");
  const subjects = Object.entries(SUBJECTS).map(([name, findKind]) => [work.columns.indexOf(name), findKind]).filter(([at]) => at >= 0);
  const findKind = (row) => (kindColumn >= 0 && row[kindColumn] ? row[kindColumn] : (subjects.find(([at]) => row[at])?.[1] ?? ""));
  return [["kind", ...columns.map((at) => work.columns[at])], ...rows.map((row) => [findKind(row), ...columns.map((at) => row[at])])];
}

async function sendRows(rows, signal) {
  const body = new Blob([formatCsv(buildTable(rows))]);
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await sendChecked("/v1/batch/csv", { method: "POST", body, type: "text/csv; charset=utf-8", signal });
      const [header, ...lines] = parseCsv(await response.text());
      const first = header.length - getTexts().results.filter((name) => header.includes(name)).length;
      return { names: header.slice(first), lines: lines.map((line) => line.slice(first)) };
    } catch (error) {
      const busy = error instanceof ApiProblem && ["too-many-requests", "unavailable"].includes(error.problem.code);
      if (!busy || attempt > 5) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
    }
  }
}

async function processRows() {
  const control = new AbortController();
  work.running = control;
  work.fault = null;
  try {
    while (work.done < work.rows.length && work.running === control) {
      const first = work.done;
      const { names, lines } = await sendRows(work.rows.slice(first, first + CHUNK), control.signal);
      if (work.running !== control) return;
      lines.forEach((line, at) => {
        const result = {};
        line.forEach((value, column) => {
          if (value === "") return;
          result[names[column]] = value;
          work.filled.add(names[column]);
        });
        work.results[first + at] = result;
        if (result.problem_code) work.problems.push(first + at);
      });
      work.done = first + lines.length;
      work.show(first);
    }
  } catch (error) {
    if (work.running === control) work.fault = error.name === "AbortError" ? null : error;
  } finally {
    if (work.running === control) {
      work.running = null;
      work.show(0);
    }
  }
}

// ------------------------------------------------------------------------------ rendering

const CODES = { fine_basis: "fine_basis", authority: "authority", status: "status", review_status: "status", limitation_applies: "limitation", lapse_effect: "lapse", days_unit: "unit" };
const AMOUNTS = /^(fine|person_fine)_(minimum|maximum)$|^counted_value$|^person_confiscated_income$/;
const YES = { TRUE: "true", FALSE: "false" };

function formatCell(name, value) {
  if (value === undefined) return "";
  if (CODES[name]) return getLabel(CODES[name], value);
  if (name === "excluded") return getLabel("heading", "barred");
  // Notices come as codes, which say nothing to people; the answer to a single case shows their texts.
  if (name === "notices") return t("batch.notices_count", { number: value.split(", ").length });
  if (AMOUNTS.test(name)) return formatMoney(value);
  return value in YES ? getLabel("yes_no", YES[value]) : value;
}

function renderOutcome(result) {
  if (!result) return [h("span", { class: "tag wait" }, t("batch.waiting"))];
  if (result.problem_code) return [h("span", { class: "tag severe" }, t("batch.problem")), " ", h("span", { class: "problem" }, result.problem_detail)];
  // That no penalty is imposed comes before any amount.
  if (result.excluded) return [h("strong", {}, t("fines.excluded")), h("small", {}, t("unit.colon", { name: t("fines.reference"), value: "" }), renderResult(result))];
  return renderResult(result);
}

function renderResult(result) {
  if (result.decided_by) return [h("strong", {}, getLabel("heading", "decided_elsewhere"))];
  if (result.determined === "FALSE") return [h("span", { class: "tag projected" }, t("batch.undetermined")), " ",
    (result.missing_facts ?? "").split(", ").filter(Boolean).map((name) => getLabel("fact", name)).join(t("unit.comma"))];
  const day = result.due ?? result.last_day;
  if (day) return [h("strong", {}, formatDay(day)), " ", result.status && result.status !== "official" && h("span", { class: "tag projected" }, getLabel("status", result.status))];
  if (result.fine_maximum) return [h("strong", {}, formatFineRange({ minimum: result.fine_minimum ?? null, maximum: result.fine_maximum }))];
  return result.inputs ? [h("span", { class: "tag" }, t("batch.computed"))] : [];
}

const ALONGSIDE = new Set(["tier", "problem_code", "problem_detail", "determined", "missing_facts", "inputs", "days_unit"]);
const listResultColumns = () => getTexts().results.filter((name) => work.filled.has(name) && !ALONGSIDE.has(name));

export async function showBatch(container) {
  dropOtherFacts("batch", new Set());
  const status = h("p", { role: "status", class: "sr" });
  const area = h("textarea", { id: "table", rows: 5, spellcheck: "false", wrap: "off", "aria-describedby": "table-hint", value: work.text,
    on: { input: handleTyping, paste: handlePaste } });
  const picker = h("input", { type: "file", id: "file", accept: ".csv,.txt,.tsv,.xlsx", class: "sr", on: { change: () => picker.files[0] && readFile(picker.files[0]) } });
  const drop = h("div", { class: "drop", on: {
    dragover: (event) => {
      event.preventDefault();
      drop.classList.add("over");
    },
    dragleave: () => drop.classList.remove("over"),
    drop: (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      if (event.dataTransfer.files[0]) readFile(event.dataTransfer.files[0]);
    },
  } }, h("p", {}, t("batch.drop")), picker, h("label", { for: "file", class: "button" }, t("batch.file"), h("span", { class: "sr" }, t("batch.file_label"))));
  const setup = h("div", { class: "setup" });
  const results = h("section", { class: "answer", id: "answer", tabindex: "-1", "aria-labelledby": "results-title" });
  replaceContent(container,
    h("div", { class: "intro" }, h("h1", { tabindex: "-1" }, t("batch.title")), h("p", {}, t("batch.lead"))),
    h("section", { class: "card input" },
      h("div", { class: "sources" },
        h("div", { class: "field" }, h("label", { for: "table" }, t("batch.paste")), area, h("p", { class: "hint", id: "table-hint" }, t("batch.paste_hint"))),
        drop),
      setup),
    results, status);

  const readBox = () => {
    if (work.typed) loadTable(parseCsv(work.text), work.text);
  };
  const scheduleReading = debounce(() => {
    readBox();
    drawSetup();
    drawResults();
  }, 250);

  // With the first keystroke the table before it is gone, with its results; the new one is read when typing pauses, or
  // when the calculation is started.
  function handleTyping() {
    work.text = area.value;
    if (!work.typed) {
      Object.assign(work, { typed: true, loads: work.loads + 1, read: "" });
      resetResults();
      status.textContent = "";
      drawSetup();
      if (work.rows.length) markOutdated(results, t("batch.changed"));
    }
    scheduleReading();
  }

  // A text field with thousands of lines is slow, so a long table is read straight from the clipboard.
  function handlePaste(event) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if ((text.match(/\n/g) ?? []).length <= LINES) return;
    event.preventDefault();
    showTable(parseCsv(text));
  }

  function clearTable() {
    scheduleReading.cancel();
    loadTable([]);
    area.value = "";
    drawSetup();
    drawResults();
    status.textContent = "";
  }

  function showTable(table, unreadable = "") {
    scheduleReading.cancel();
    loadTable(table);
    work.read = unreadable || t("batch.read", { rows: formatCount("rows", work.rows.length), columns: formatCount("columns", work.header.length) });
    area.value = "";
    drawSetup(Boolean(unreadable));
    drawResults();
    status.textContent = work.read;
  }

  async function readFile(file) {
    picker.value = "";
    clearTable();
    const number = work.loads;
    let table = [];
    let unreadable = "";
    try {
      const buffer = await file.arrayBuffer();
      const zipped = new Uint8Array(buffer, 0, Math.min(2, buffer.byteLength)).join() === "80,75";
      // A workbook of another kind, or one with a password, would be read as text without sense.
      if (!zipped && /\.xlsx?$/i.test(file.name)) throw new UnreadableFile("not_xlsx");
      table = zipped ? await readXlsx(buffer) : parseCsv(decodeText(buffer));
    } catch (error) {
      const [cause, facts] = error instanceof UnreadableFile ? [error.cause, error.facts] : ["unreadable", {}];
      unreadable = t(`batch.${cause}`, { name: file.name, ...facts });
    }
    if (number === work.loads) showTable(table, unreadable);
  }

  function drawSetup(broken = false) {
    const problem = work.header.length ? findFault() : "";
    const finished = work.done >= work.rows.length && work.done > 0;
    const start = work.running
      ? h("button", { type: "button", on: { click: () => {
        work.running.abort();
        work.running = null;
        showProgress(0);
      } } }, t("batch.stop"))
      : h("button", { type: "button", class: "primary", disabled: !work.typed && (Boolean(problem) || !work.header.length || finished),
        on: { click: startCalculation } }, work.done && !finished ? t("batch.resume") : t("batch.start"));
    const options = [["", t("batch.own")], ...getTexts().facts.map((name) => [name, getFieldName(name)])];
    replaceContent(setup,
      work.read && h("p", { class: broken ? "error" : "read" }, work.read),
      work.header.length > 0 && h("details", { class: "columns", open: Boolean(problem) || work.columns.includes("") },
        h("summary", {}, t("batch.columns")), h("p", { class: "hint" }, t("batch.columns_hint"), " ", t("batch.kind")),
        h("div", { class: "mapping" }, work.header.map((name, at) => {
          const control = h("select", { id: `column-${at}`, on: { change: () => {
            work.columns[at] = control.value;
            resetResults();
            drawSetup();
            drawResults();
            document.getElementById(`column-${at}`).focus();
          } } }, options.map(([value, text]) => h("option", { value, selected: value === work.columns[at] }, text)));
          return h("div", {}, h("label", { for: `column-${at}` }, t("batch.column", { number: at + 1, name })), control);
        }))),
      problem && h("p", { class: "error", role: "alert" }, problem),
      h("div", { class: "buttons" }, start,
        !work.header.length && h("button", { type: "button", on: { click: () => {
          const [names, ...rows] = SAMPLE;
          area.value = [names.map((name) => getFieldName(name)), ...rows].map((row) => row.join("\t")).join("\n");
          handleTyping();
          scheduleReading.now();
        } } }, t("batch.example")),
        work.header.length > 0 && h("button", { type: "button", on: { click: () => {
          clearTable();
          area.focus();
        } } }, t("batch.clear"))));
  }

  // Takes what is in the box at this moment, even if typing has not paused since.
  function startCalculation() {
    scheduleReading.cancel();
    readBox();
    if (work.header.length && !findFault()) {
      processRows();
      return showProgress(0);
    }
    redrawSetup();
    drawResults();
  }

  function redrawSetup() {
    const button = document.activeElement?.closest(".setup .buttons");
    drawSetup();
    if (button) setup.querySelector(".buttons button:not(:disabled)")?.focus();
  }

  function showProgress(first) {
    if (!results.isConnected) return;
    const running = Boolean(work.running);
    const [from, to] = getVisibleRows();
    if (!running || work.done === 0) {
      redrawSetup();
      drawResults();
    } else {
      drawProgress();
      const seen = work.only || (first < to && first + CHUNK > from);
      if (seen) drawTable();
    }
    status.textContent = describeProgress();
  }

  const getVisibleRows = () => [work.page * PAGE, work.page * PAGE + PAGE];

  function describeProgress() {
    const facts = { done: work.done, rows: formatCount("rows", work.rows.length), problems: work.problems.length };
    if (work.running) return t("batch.running", { ...facts, rows: work.rows.length });
    return work.done >= work.rows.length ? t("batch.finished", facts) : t("batch.stopped", facts);
  }

  const bar = h("progress", { "aria-label": t("batch.title") });
  const count = h("p", { class: "count" });
  const table = h("div", {});

  function drawProgress() {
    bar.max = Math.max(work.rows.length, 1);
    bar.value = work.done;
    count.textContent = work.running ? t("batch.progress", { done: work.done, rows: formatCount("rows", work.rows.length) }) : describeProgress();
  }

  function drawResults() {
    markCurrent(results);
    if (!work.rows.length) {
      replaceContent(results, h("h2", { id: "results-title", class: "sr" }, t("batch.results")), h("div", { class: "empty card" }, h("p", {}, t("batch.empty"))));
      return;
    }
    drawProgress();
    const finished = work.done >= work.rows.length;
    const message = work.fault && (work.fault instanceof ApiProblem ? renderProblem(work.fault.problem, () => setup.querySelector("select")?.focus())
      : h("div", { class: "notice warning gone", role: "alert" }, h("h2", {}, t("state.gone")), h("p", {}, t("state.gone_help"))));
    if (work.fault && !(work.fault instanceof ApiProblem) && !(work.fault instanceof Unreachable)) throw work.fault;
    replaceContent(results, message,
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
    const problems = work.only ? work.problems : null;
    const total = problems ? problems.length : work.rows.length;
    const pages = Math.max(1, Math.ceil(total / PAGE));
    work.page = Math.min(work.page, pages - 1);
    const first = work.page * PAGE;
    const last = Math.min(first + PAGE, total);
    const columns = listResultColumns();
    const rows = Array.from({ length: last - first }, (_, at) => (problems ? problems[first + at] : first + at));
    const renderTurn = (by, name) => h("button", { type: "button", "data-turn": name, disabled: work.page + by < 0 || work.page + by >= pages, on: { click: () => {
      work.page += by;
      drawTable();
      (table.querySelector(`[data-turn="${name}"]:not(:disabled)`) ?? table.querySelector("[data-turn]:not(:disabled)"))?.focus();
    } } }, t(`batch.${name}`));
    const scrolled = table.querySelector(".scroll")?.scrollLeft ?? 0;
    if (!total) return replaceContent(table, h("p", { class: "hint" }, t("batch.no_problems")));
    replaceContent(table,
      h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": t("batch.table") },
        h("table", { class: "plain batch" },
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("batch.row")), h("th", { scope: "col" }, t("batch.answer")),
            work.header.map((name, at) => h("th", { scope: "col", class: work.columns[at] ? null : "own" }, name,
              work.columns[at] && getFieldName(work.columns[at]) !== name && h("small", {}, getFieldName(work.columns[at])))),
            columns.map((name) => h("th", { scope: "col", class: "result" }, getFieldName(name))))),
          h("tbody", {}, rows.map((at) => {
            const result = work.results[at];
            return h("tr", { class: result?.problem_code ? "bad" : null, "data-row": at + 1 },
              h("th", { scope: "row" }, String(at + 1)), h("td", { class: "outcome" }, renderOutcome(result)),
              work.rows[at].map((cell) => h("td", {}, cell)),
              columns.map((name) => h("td", { class: AMOUNTS.test(name) ? "result number" : "result" }, formatCell(name, result?.[name]))));
          })))),
      pages > 1 && h("nav", { class: "pages", "aria-label": t("batch.table") }, renderTurn(-1, "previous"),
        h("span", {}, t("batch.page", { first: first + 1, last, rows: total })), renderTurn(1, "next")));
    const scroller = table.querySelector(".scroll");
    if (scroller) scroller.scrollLeft = scrolled;
  }

  // Files are saved with API names, so that they can be sent to the API or read here again.
  const listColumnNames = () => work.header.map((name, at) => work.columns[at] || (name.startsWith("x_") ? name : `x_${name || at + 1}`));

  function saveCsv() {
    const results = getTexts().results.filter((name) => name !== "explanation" || work.filled.has(name));
    const kinds = buildTable(work.rows).slice(1).map((row) => row[0]);
    const columns = work.columns.flatMap((name, at) => (name === "kind" ? [] : [at]));
    const names = listColumnNames();
    const rows = work.rows.map((row, at) => [kinds[at], ...columns.map((container) => escapeFormula(row[container])), ...results.map((name) => work.results[at]?.[name] ?? "")]);
    saveFile(new Blob(["\uFEFF", formatCsv([["kind", ...columns.map((container) => escapeFormula(names[container])), ...results], ...rows])], { type: "text/csv" }), "penaltycalc.csv");
  }

  async function saveXlsx() {
    const number = work.loads;
    const kinds = buildTable(work.rows).slice(1).map((row) => row[0]);
    const columns = work.columns.flatMap((name, at) => (name === "kind" ? [] : [at]));
    const names = listColumnNames();
    const book = writeXlsx([["kind", ...columns.map((container) => names[container])], ...work.rows.map((row, at) => [kinds[at], ...columns.map((container) => row[container])])]);
    try {
      const response = await sendChecked("/v1/batch/xlsx", { method: "POST", body: new Blob([book]), type: XLSX });
      saveFile(await response.blob(), "penaltycalc.xlsx");
    } catch (error) {
      if (number !== work.loads) return;
      work.fault = error;
      drawResults();
    }
  }

  work.show = showProgress;
  readBox();
  drawSetup();
  drawResults();
}
