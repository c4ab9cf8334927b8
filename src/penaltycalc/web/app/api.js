// Asks the interface. Everything the page shows beside its own words comes through here.
import { h } from "./dom.js";
import { language, t } from "./texts.js";

const KEY = "penaltycalc-key";
let asking = null;

// The interface refuses, and says why.
export class Refused extends Error {
  constructor(problem) {
    super(problem.code);
    this.problem = problem;
  }
}

// Nobody answers.
export class Gone extends Error {}

export const keyed = () => sessionStorage.getItem(KEY) !== null;
export const forget = () => sessionStorage.removeItem(KEY);

async function refusal(answer) {
  try {
    const problem = await answer.json();
    if (typeof problem.code === "string") return new Refused(problem);
  } catch {
    // no problem of ours: something between here and the service
  }
  return new Gone(String(answer.status));
}

async function send(path, { method = "GET", body, type, lang = language(), signal, query = {} } = {}) {
  const address = new URL(`.${path}`, document.baseURI);
  address.hash = "";
  for (const [name, value] of Object.entries({ lang, ...query })) address.searchParams.set(name, value);
  const headers = {};
  if (type) headers["Content-Type"] = type;
  if (keyed()) headers.Authorization = `Bearer ${sessionStorage.getItem(KEY)}`;
  try {
    return await fetch(address, { method, body, headers, signal, credentials: "omit", cache: "no-cache" });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Gone(fault.message);
  }
}

export async function call(path, options = {}) {
  let answer = await send(path, options);
  while (answer.status === 401) {
    const refused = await refusal(answer);
    if (options.quiet || !(await askKey(refused.problem))) throw refused;
    answer = await send(path, options);
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

export async function get(path, options) {
  return (await call(path, options)).json();
}

export async function post(path, content, options = {}) {
  const answer = await call(path, {
    method: "POST", body: JSON.stringify(content), type: "application/json", ...options,
  });
  return answer.json();
}

const catalogues = new Map();

export function catalogue(name, lang = language()) {
  const key = `${name} ${lang}`;
  if (!catalogues.has(key)) {
    const asked = get(`/v1/${name}`, { lang });
    catalogues.set(key, asked);
    asked.catch(() => catalogues.delete(key));
  }
  return catalogues.get(key);
}

// One dialog at a time, whoever needs the key. True once one has been given.
export function askKey(problem) {
  asking ??= dialog(problem).finally(() => {
    asking = null;
  });
  return asking;
}

function dialog(problem) {
  return new Promise((done) => {
    const input = h("input", {
      id: "key", type: "password", autocomplete: "off", spellcheck: "false", required: true,
      "aria-describedby": "key-about",
    });
    let given = false;
    const form = h("form", { on: { submit: (event) => {
      event.preventDefault();
      if (!input.value.trim()) return;
      sessionStorage.setItem(KEY, input.value.trim());
      given = true;
      dispatchEvent(new Event("keyed"));
      box.close();
    } } },
      h("h2", { id: "key-title" }, t("key.title")),
      problem && h("p", { role: "alert" }, problem.detail),
      h("p", { id: "key-about" }, t("key.about")),
      h("label", { for: "key" }, t("key.label")), input,
      h("div", { class: "buttons" },
        h("button", { class: "primary" }, t("key.use")),
        h("button", { type: "button", on: { click: () => box.close() } }, t("key.cancel"))));
    const box = h("dialog", { class: "box", "aria-labelledby": "key-title", on: { close: () => {
      box.remove();
      done(given);
    } } }, form);
    document.body.append(box);
    box.showModal();
    input.focus();
  });
}

// A file of the service, saved: a link could not send the key.
export async function download(path, name, options) {
  const answer = await call(path, options);
  save(await answer.blob(), name);
}

export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

// Runs one question at a time: a newer one stops the older, whose answer is dropped.
export class Turns {
  #number = 0;
  #control = null;

  async take(run) {
    const own = ++this.#number;
    this.#control?.abort();
    this.#control = new AbortController();
    try {
      const answer = await run(this.#control.signal);
      return own === this.#number ? { answer } : null;
    } catch (fault) {
      if (own !== this.#number || fault.name === "AbortError") return null;
      return { fault };
    }
  }

  stop() {
    this.#number++;
    this.#control?.abort();
  }
}
