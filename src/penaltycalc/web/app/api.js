// Sends requests to the API. The page gets all its figures and texts of the law through this module.
import { h } from "./dom.js";
import { addItems, getLanguage, t } from "./texts.js";

const KEY = "penaltycalc-key";
let openDialog = null;

// The API refused a request; `problem` is its RFC 9457 answer.
export class ApiProblem extends Error {
  constructor(problem) {
    super(problem.code);
    this.problem = problem;
  }
}

// No answer came, or one that is not the service's.
export class Unreachable extends Error {}

export const hasKey = () => sessionStorage.getItem(KEY) !== null;
export const forgetKey = () => sessionStorage.removeItem(KEY);

async function readProblem(response) {
  try {
    const problem = await response.json();
    if (typeof problem.code === "string") return new ApiProblem(problem);
  } catch {
    // Not a problem document: a proxy between the page and the service answered.
  }
  return new Unreachable(String(response.status));
}

async function send(path, { method = "GET", body, type, lang = getLanguage(), signal, query = {} } = {}) {
  const address = new URL(`.${path}`, document.baseURI);
  address.hash = "";
  for (const [name, value] of Object.entries({ lang, ...query })) address.searchParams.set(name, value);
  const headers = {};
  if (type) headers["Content-Type"] = type;
  if (hasKey()) headers.Authorization = `Bearer ${sessionStorage.getItem(KEY)}`;
  try {
    return await fetch(address, { method, body, headers, signal, credentials: "omit", cache: "no-cache" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable(error.message);
  }
}

export async function sendChecked(path, options = {}) {
  let response = await send(path, options);
  while (response.status === 401) {
    const error = await readProblem(response);
    if (options.quiet || !(await askForKey(error.problem))) throw error;
    response = await send(path, options);
  }
  if (!response.ok) throw await readProblem(response);
  return response;
}

export async function getJson(path, options) {
  return (await sendChecked(path, options)).json();
}

export async function postJson(path, content, options = {}) {
  const response = await sendChecked(path, {
    method: "POST", body: JSON.stringify(content), type: "application/json", ...options,
  });
  return response.json();
}

const catalogues = new Map();

export function loadCatalogue(name, lang = getLanguage()) {
  const key = `${name} ${lang}`;
  if (!catalogues.has(key)) {
    const loading = getJson(`/v1/${name}`, { lang });
    catalogues.set(key, loading);
    loading.then(({ items }) => addItems(items), () => catalogues.delete(key));
  }
  return catalogues.get(key);
}

// Several requests may need the key at once; they share one dialog. True when a key was entered.
export function askForKey(problem) {
  openDialog ??= openKeyDialog(problem).finally(() => {
    openDialog = null;
  });
  return openDialog;
}

function openKeyDialog(problem) {
  return new Promise((resolve) => {
    const input = h("input", {
      id: "key", type: "password", autocomplete: "off", spellcheck: "false", required: true,
      "aria-describedby": "key-about",
    });
    let entered = false;
    const form = h("form", { on: { submit: (event) => {
      event.preventDefault();
      if (!input.value.trim()) return;
      sessionStorage.setItem(KEY, input.value.trim());
      entered = true;
      dispatchEvent(new Event("keyed"));
      dialog.close();
    } } },
      h("h2", { id: "key-title" }, t("key.title")),
      problem && h("p", { role: "alert" }, problem.detail),
      h("p", { id: "key-about" }, t("key.about")),
      h("label", { for: "key" }, t("key.label")), input,
      h("div", { class: "buttons" },
        h("button", { class: "primary" }, t("key.use")),
        h("button", { type: "button", on: { click: () => dialog.close() } }, t("key.cancel"))));
    const dialog = h("dialog", { class: "box", "aria-labelledby": "key-title", on: { close: () => {
      dialog.remove();
      resolve(entered);
    } } }, form);
    document.body.append(dialog);
    dialog.showModal();
    input.focus();
  });
}

// Files are fetched and then saved, because a plain link cannot send the key.
export async function download(path, name, options) {
  const response = await sendChecked(path, options);
  saveFile(await response.blob(), name);
}

export function saveFile(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

// Keeps only the latest of several requests: a newer one aborts the older, so that a late answer never replaces a newer one.
export class LatestRequest {
  #number = 0;
  #control = null;

  async take(run) {
    const number = ++this.#number;
    this.#control?.abort();
    this.#control = new AbortController();
    try {
      const answer = await run(this.#control.signal);
      return number === this.#number ? { answer } : null;
    } catch (error) {
      if (number !== this.#number || error.name === "AbortError") return null;
      return { fault: error };
    }
  }

  stop() {
    this.#number++;
    this.#control?.abort();
  }
}
