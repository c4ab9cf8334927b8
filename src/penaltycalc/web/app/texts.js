// The texts of the page in the current language, and how amounts and days are written. `t` returns a text by its key.
const loaded = {};
let lang = "zh";

export function addTexts(texts) {
  loaded[texts.lang] = texts;
  lang = texts.lang;
}

export async function loadTexts(code) {
  if (!loaded[code]) {
    const response = await fetch(`./assets/texts.json?lang=${code}`);
    if (!response.ok) throw new Error(response.status);
    loaded[code] = await response.json();
  }
  return loaded[code];
}

export const useLanguage = async (code) => addTexts(await loadTexts(code));
export const getLanguage = () => lang;
export const getLanguageTag = () => (lang === "zh" ? "zh-CN" : "en");
export const getTexts = () => loaded[lang];

const fillTemplate = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => String(facts[name]));

export function t(key, facts = {}, from = loaded[lang]) {
  const [group, name] = key.split(".");
  const text = from.texts[group]?.[name];
  if (text === undefined) throw new Error(`no text ${key}`);
  return fillTemplate(text, facts);
}

// While a service is being upgraded it may return codes that the loaded texts lack; then the code itself is shown.
export const getLabel = (group, code, from = loaded[lang]) => from.labels[group]?.[code] ?? String(code);

export const hasFieldName = (name) => Object.hasOwn(getTexts().texts.field, name) || Object.hasOwn(getTexts().columns, name);
export const getFieldName = (name, from = loaded[lang]) => from.texts.field[name] ?? from.columns[name] ?? name;

// What a fact is called in a list of facts. Forms ask for some facts by a question, which would read oddly before its
// answer; those have the name that the service gives them.
export function getFactLabel(name, from = loaded[lang]) {
  const title = getFieldName(name, from);
  const label = from.labels.fact[name];
  return /[?？]$/.test(title) && label ? `${label[0].toUpperCase()}${label.slice(1)}` : title;
}

const itemIds = new Set();
const itemNames = new Set();

// Tells `dropCodes` of the rows of a catalogue, which messages name by title and id.
export function addItems(items) {
  for (const { id, title } of items) {
    itemIds.add(id);
    itemNames.add(`${title}（${id}）`);
  }
}

// Messages name each code in brackets behind its label, as programs go by it: "情节严重（severe）". People read the label
// alone. Other words in brackets stay, above all those that the user typed: Chinese sentences have full-width brackets
// round a code and English ones a space before it, and what was read stands in quotation marks at the very start, where
// only the name of a row has an id.
export function dropCodes(text) {
  const { facts, labels, uses } = getTexts();
  const codes = new Set([...facts, ...Object.keys(uses), ...Object.values(labels).flatMap(Object.keys), ...itemIds]);
  const [start, quoted] = /^“([^”]*)”/.exec(text) ?? [""];
  const kept = itemNames.has(quoted) ? "" : start;
  const bracket = lang === "zh" ? /（([a-z0-9_.-]+)）/g : / \(([a-z0-9_.-]+)\)/g;
  return kept + text.slice(kept.length).replace(bracket, (whole, word) => (codes.has(word) ? "" : whole));
}

// ---------------------------------------------------------------------------------- amounts

// Amounts come as decimal texts and are never made numbers here, so that no digit of them is lost.
const groupDigits = (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ",");

// An amount in a table, with all its places: 500,000.00.
export function formatMoney(text) {
  const [whole, places] = text.split(".");
  return places === undefined ? groupDigits(whole) : `${groupDigits(whole)}.${places}`;
}

// An amount in a sentence, without its unit: 12亿, 12,000万, 12,000.04; in English 500,000. The service writes amounts in
// the same way (write_amount in rules/values.py).
function formatAmount(text, from) {
  const [whole, places = ""] = text.split(".");
  if (/[1-9]/.test(places)) return `${groupDigits(whole)}.${places.padEnd(2, "0")}`;
  if (from.lang === "zh" && /^[1-9]\d*0{8}$/.test(whole)) return `${groupDigits(whole.slice(0, -8))}亿`;
  if (from.lang === "zh" && /^[1-9]\d*0{4}$/.test(whole)) return `${groupDigits(whole.slice(0, -4))}万`;
  return groupDigits(whole);
}

export const formatYuan = (text, from = loaded[lang]) => t("unit.yuan", { amount: formatAmount(text, from) }, from);

export function formatFineRange(fine, from = loaded[lang]) {
  if (!fine) return t("fines.no_fine", {}, from);
  if (fine.maximum === null) return getLabel("heading", "unknown", from);
  const maximum = formatAmount(fine.maximum, from);
  if (fine.minimum === null) return t("unit.up_to", { maximum }, from);
  return t("unit.range", { minimum: formatAmount(fine.minimum, from), maximum }, from);
}

// A number with its unit. English has another form for one.
export const formatCount = (unit, number, from = loaded[lang]) =>
  (number === 1 ? t(`unit.${unit}_of_one`, { number }, from) : t(`unit.${unit}`, { number }, from));

// A text with remarks in brackets behind it; without remarks the text alone.
export const addRemarks = (text, remarks, from = loaded[lang]) => (remarks.length
  ? t("unit.remark", { text, remark: remarks.join(getLabel("heading", "fact_separator", from)) }, from) : text);

// The tier of an outcome, with the activity or the scope that it is for: 情节严重（批发）.
export const formatTier = ({ tier_title: title, activity, scope }, from = loaded[lang]) => addRemarks(title, [
  activity && getLabel("activity", activity, from), scope && getLabel("scope", scope, from),
].filter(Boolean), from);

// What stands before that which `describeFine` says: an exemption and what other articles decide are more than a fine.
export const getFineName = ({ tier, decided_by: others, fine }) => (others || (!fine && tier === "exempt") ? "penalty" : "fine");

// What an outcome says of the fine. That there is none is said only where the article itself decides so: other articles
// may decide (`decided_by`), and one that punishes nobody (no authority) sets no fine by its nature.
export function describeFine(outcome, from = loaded[lang]) {
  if (outcome.decided_by) return getLabel("heading", "decided_elsewhere", from);
  if (outcome.fine) return formatFineRange(outcome.fine, from);
  if (outcome.tier === "exempt") return t("fines.exempt", {}, from);
  return t(outcome.authority ? "fines.no_fine" : "fines.sets_no_fine", {}, from);
}

// An amount in a drawing, where there is room for few characters.
export const formatCompact = (number) =>
  new Intl.NumberFormat(getLanguageTag(), { notation: "compact", maximumFractionDigits: 2 }).format(number);

const parseDay = (day) => {
  const date = new Date(0);
  date.setUTCFullYear(...day.split("-").map((part, index) => (index === 1 ? part - 1 : Number(part))));
  return date;
};

// A day in a sentence: 2026年6月1日; in English 2026-06-01.
export function formatDate(day, from = loaded[lang]) {
  if (from.lang !== "zh") return day;
  const [year, month, date] = day.split("-");
  return t("unit.date", { year: Number(year), month: Number(month), date: Number(date) }, from);
}

const formatWeekday = (day, weekday) => new Intl.DateTimeFormat(getLanguageTag(), { weekday, timeZone: "UTC" }).format(parseDay(day));
// A day with its weekday: as a sentence has it, and shorter as it stands in a table.
export const formatDay = (day) => t("unit.day", { day: formatDate(day), weekday: formatWeekday(day, lang === "zh" ? "long" : "short") });
export const formatTableDay = (day) => t("unit.day", { day, weekday: formatWeekday(day, "short") });
export const formatMonth = (year, number) =>
  new Intl.DateTimeFormat(getLanguageTag(), { year: "numeric", month: "long", timeZone: "UTC" }).format(
    parseDay(`${year}-${String(number).padStart(2, "0")}-01`),
  );
export const listWeekdays = () => ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-06", "2024-01-07"]
  .map((day) => new Intl.DateTimeFormat(getLanguageTag(), { weekday: getLanguageTag() === "en" ? "short" : "narrow", timeZone: "UTC" }).format(parseDay(day)));
// Days since 1970-01-01, for positions in drawings only.
export const countDays = (day) => parseDay(day).getTime() / 86_400_000;
export const countDaysSinceMonday = (day) => (parseDay(day).getUTCDay() + 6) % 7;
