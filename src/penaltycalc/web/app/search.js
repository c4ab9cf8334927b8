// A list to search in: by article, by word, by pinyin initials (an ARIA combobox).
import { h, show } from "./dom.js";
import { t } from "./texts.js";

const folded = (text) => text.normalize("NFKC").toLowerCase();

// Every word must be found somewhere; an id or an article must begin with it, so that 8 does not find 79-1-8.
export function matches(item, words) {
  return words.every((word) => {
    if (/^\d[\d-]*$/.test(word))
      return item.id.startsWith(word) || String(item.citation.article ?? "").startsWith(word);
    return folded(`${item.title} ${item.who ?? ""} ${item.citation.label} ${item.id}`).includes(word) ||
      item.pinyin.includes(word.replaceAll(" ", ""));
  });
}

export function combobox({ id, name, items, group, example, chosen, choose, describe }) {
  let open = false;
  let active = -1;
  let options = [];
  const list = h("ul", { id: `${id}-list`, role: "listbox", "aria-label": name, class: "options", hidden: true });
  const status = h("p", { role: "status", class: "sr" });
  const input = h("input", {
    id, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-autocomplete": "list",
    "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-describedby": `${id}-hint ${id}-error`,
    on: {
      input: () => render(input.value, true),
      keydown: pressed,
      focus: () => input.select(),
      click: () => open || render("", true),
      blur: () => setTimeout(() => place.contains(document.activeElement) || close(), 120),
    },
  });
  const button = h("button", { type: "button", class: "unfold", tabindex: "-1", "aria-label": t("search.open"), on: {
    click: () => {
      if (open) return close();
      input.focus();
      render("", true);
    },
  } }, h("span", { "aria-hidden": "true" }, "▾"));
  const place = h("div", { class: "field search" },
    h("label", { for: id }, name),
    h("div", { class: "combo" }, input, button, list),
    h("p", { id: `${id}-hint`, class: "hint" }, t("search.hint", { example })),
    h("p", { id: `${id}-error`, class: "error", hidden: true }), status);

  const shown = () => items.find((item) => item.id === chosen());
  const written = () => (shown() ? `${shown().id} ${shown().title}` : (chosen() ?? ""));

  function render(text, opening) {
    const words = folded(text).split(/\s+/).filter(Boolean);
    const found = items.filter((item) => matches(item, words));
    options = [];
    const groups = new Map();
    for (const item of found) {
      const head = group(item);
      if (!groups.has(head)) groups.set(head, []);
      groups.get(head).push(item);
    }
    show(list, [...groups].map(([head, inside], number) =>
      h("li", { role: "none" },
        h("ul", { role: "group", "aria-labelledby": `${id}-group-${number}` },
          h("li", { role: "presentation", id: `${id}-group-${number}`, class: "grouped" }, head.startsWith("《") ? chinese(head) : head),
          inside.map((item) => {
            const place = options.length;
            const node = h("li", {
              role: "option", id: `${id}-option-${item.id}`, "aria-selected": String(item.id === chosen()),
              on: { mousedown: (event) => event.preventDefault(), click: () => take(place) },
            }, h("span", { class: "id" }, item.id), h("span", { class: "name" }, item.title, h("small", {}, describe(item))));
            options.push({ item, node });
            return node;
          })))),
      !found.length && h("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "none" }, t("search.none")));
    status.textContent = found.length ? t("search.found", { number: found.length }) : t("search.none");
    active = -1;
    if (opening) unfold();
    if (words.length && found.length) point(0);
    else input.removeAttribute("aria-activedescendant");
  }

  function unfold() {
    open = true;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  function close() {
    open = false;
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    input.value = written();
  }

  function point(number) {
    options[active]?.node.classList.remove("active");
    active = (number + options.length) % options.length;
    const { node } = options[active];
    node.classList.add("active");
    node.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", node.id);
  }

  function take(number) {
    const { item } = options[number];
    close();
    input.value = `${item.id} ${item.title}`;
    choose(item.id);
    input.value = written();
  }

  function pressed(event) {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      event.preventDefault();
      if (!open) render("", true);
      if (options.length) point(active < 0 && moves[event.key] < 0 ? options.length - 1 : active + moves[event.key]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (open && active >= 0) take(active);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      close();
    } else if (event.key === "Tab" && open) close();
  }

  input.value = written();
  return { place, input };
}

export const chinese = (text) => h("span", { lang: "zh-CN" }, text);
