// Everything the page says, in the language it is in; and how amounts and days are written.
const loaded = {};
let lang = "zh";

export function take(texts) {
  loaded[texts.lang] = texts;
  lang = texts.lang;
}

export async function speak(wanted) {
  if (!loaded[wanted]) {
    const answer = await fetch(`./assets/texts.json?lang=${wanted}`);
    if (!answer.ok) throw new Error(answer.status);
    loaded[wanted] = await answer.json();
  }
  return loaded[wanted];
}

export const use = async (wanted) => take(await speak(wanted));
export const language = () => lang;
export const tag = () => (lang === "zh" ? "zh-CN" : "en");
export const all = () => loaded[lang];

export const filled = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => String(facts[name]));

export function t(key, facts = {}, from = loaded[lang]) {
  const [group, name] = key.split(".");
  const text = from.texts[group]?.[name];
  if (text === undefined) throw new Error(`no text ${key}`);
  return filled(text, facts);
}

// An interface of the same version may know more codes than these texts: then the code itself is shown.
export const label = (group, code, from = loaded[lang]) => from.labels[group]?.[code] ?? String(code);

export const named = (name, from = loaded[lang]) => from.texts.field[name] ?? from.columns[name] ?? name;

export function money(text) {
  const [whole, places] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return places === undefined ? grouped : `${grouped}.${places}`;
}

export const yuan = (text) => t("unit.yuan", { amount: money(text) });

export function range(fine) {
  if (!fine) return label("heading", "none");
  if (fine.maximum === null) return label("heading", "unknown");
  if (fine.minimum === null) return filled(label("heading", "up_to"), { maximum: money(fine.maximum) });
  return filled(label("heading", "range"), { minimum: money(fine.minimum), maximum: money(fine.maximum) });
}

export const short = (number) =>
  new Intl.NumberFormat(tag(), { notation: "compact", maximumFractionDigits: 2 }).format(number);

const utc = (day) => {
  const date = new Date(0);
  date.setUTCFullYear(...day.split("-").map((part, place) => (place === 1 ? part - 1 : Number(part))));
  return date;
};

export const weekday = (day) => new Intl.DateTimeFormat(tag(), { weekday: "short", timeZone: "UTC" }).format(utc(day));
export const dated = (day) => t("unit.day", { day, weekday: weekday(day) });
export const month = (year, number) =>
  new Intl.DateTimeFormat(tag(), { year: "numeric", month: "long", timeZone: "UTC" }).format(
    utc(`${year}-${String(number).padStart(2, "0")}-01`),
  );
export const weekdays = () => ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-06", "2024-01-07"]
  .map((day) => new Intl.DateTimeFormat(tag(), { weekday: tag() === "en" ? "short" : "narrow", timeZone: "UTC" }).format(utc(day)));
// Where a day lies: for drawing only.
export const place = (day) => utc(day).getTime() / 86_400_000;
export const monday = (day) => (utc(day).getUTCDay() + 6) % 7;
