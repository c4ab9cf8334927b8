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

export const fillTemplate = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => String(facts[name]));

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

export function formatMoney(text) {
  const [whole, places] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return places === undefined ? grouped : `${grouped}.${places}`;
}

export const formatYuan = (text) => t("unit.yuan", { amount: formatMoney(text) });

export function formatFineRange(fine, from = loaded[lang]) {
  if (!fine) return getLabel("heading", "none", from);
  if (fine.maximum === null) return getLabel("heading", "unknown", from);
  if (fine.minimum === null) return fillTemplate(getLabel("heading", "up_to", from), { maximum: formatMoney(fine.maximum) });
  return fillTemplate(getLabel("heading", "range", from), { minimum: formatMoney(fine.minimum), maximum: formatMoney(fine.maximum) });
}

// What an outcome says of the fine. That there is none is said only where the article itself decides so: other articles
// may decide (`decided_by`), and one that punishes nobody (no authority) sets no fine by its nature.
export function describeFine(outcome, from = loaded[lang]) {
  if (outcome.decided_by) return getLabel("heading", "decided_elsewhere", from);
  if (outcome.fine) return formatFineRange(outcome.fine, from);
  if (outcome.tier === "exempt") return t("fines.exempt", {}, from);
  return t(outcome.authority ? "fines.no_fine" : "fines.sets_no_fine", {}, from);
}

export const formatCompact = (number) =>
  new Intl.NumberFormat(getLanguageTag(), { notation: "compact", maximumFractionDigits: 2 }).format(number);

const parseDay = (day) => {
  const date = new Date(0);
  date.setUTCFullYear(...day.split("-").map((part, index) => (index === 1 ? part - 1 : Number(part))));
  return date;
};

export const formatWeekday = (day) => new Intl.DateTimeFormat(getLanguageTag(), { weekday: "short", timeZone: "UTC" }).format(parseDay(day));
export const formatDay = (day) => t("unit.day", { day, weekday: formatWeekday(day) });
export const formatMonth = (year, number) =>
  new Intl.DateTimeFormat(getLanguageTag(), { year: "numeric", month: "long", timeZone: "UTC" }).format(
    parseDay(`${year}-${String(number).padStart(2, "0")}-01`),
  );
export const listWeekdays = () => ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-06", "2024-01-07"]
  .map((day) => new Intl.DateTimeFormat(getLanguageTag(), { weekday: getLanguageTag() === "en" ? "short" : "narrow", timeZone: "UTC" }).format(parseDay(day)));
// Days since 1970-01-01, for positions in drawings only.
export const countDays = (day) => parseDay(day).getTime() / 86_400_000;
export const countDaysSinceMonday = (day) => (parseDay(day).getUTCDay() + 6) % 7;
