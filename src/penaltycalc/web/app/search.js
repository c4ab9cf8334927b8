// A searchable list, by article, word or pinyin initials. It follows the ARIA pattern for comboboxes.
import { h, replaceContent } from "./dom.js";
import { t } from "./texts.js";

const foldText = (text) => text.normalize("NFKC").toLowerCase();

// Every word must match. Numbers match the beginning of an id or article only, so that 8 does not find 79-1-8.
export function matchesWords(item, words) {
  return words.every((word) => {
    if (/^\d[\d-]*$/.test(word))
      return item.id.startsWith(word) || String(item.citation.article ?? "").startsWith(word);
    return foldText(`${item.title} ${item.who ?? ""} ${item.citation.label} ${item.id}`).includes(word) ||
      item.pinyin.includes(word.replaceAll(" ", ""));
  });
}

export function createCombobox({ id, name, items, group, example, chosen: getChosenId, choose, describe }) {
  let open = false;
  let active = -1;
  let options = [];
  const list = h("ul", { id: `${id}-list`, role: "listbox", "aria-label": name, class: "options", hidden: true });
  const status = h("p", { role: "status", class: "sr" });
  const input = h("input", {
    id, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-autocomplete": "list",
    "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-describedby": `${id}-hint ${id}-error`,
    on: {
      input: () => renderList(input.value, true),
      keydown: handleKey,
      focus: () => input.select(),
      click: () => open || renderList("", true),
      blur: () => setTimeout(() => container.contains(document.activeElement) || closeList(), 120),
    },
  });
  const button = h("button", { type: "button", class: "unfold", tabindex: "-1", "aria-label": t("search.open"), on: {
    click: () => {
      if (open) return closeList();
      input.focus();
      renderList("", true);
    },
  } }, h("span", { "aria-hidden": "true" }, "▾"));
  const container = h("div", { class: "field search" },
    h("label", { for: id }, name),
    h("div", { class: "combo" }, input, button, list),
    h("p", { id: `${id}-hint`, class: "hint" }, t("search.hint", { example })),
    h("p", { id: `${id}-error`, class: "error", hidden: true }), status);

  const getChosenItem = () => items.find((item) => item.id === getChosenId());
  const getChosenText = () => (getChosenItem() ? `${getChosenItem().id} ${getChosenItem().title}` : (getChosenId() ?? ""));

  function renderList(text, opening) {
    const words = foldText(text).split(/\s+/).filter(Boolean);
    const matching = items.filter((item) => matchesWords(item, words));
    options = [];
    const groups = new Map();
    for (const item of matching) {
      const head = group(item);
      if (!groups.has(head)) groups.set(head, []);
      groups.get(head).push(item);
    }
    replaceContent(list, [...groups].map(([head, groupItems], number) =>
      h("li", { role: "none" },
        h("ul", { role: "group", "aria-labelledby": `${id}-group-${number}` },
          h("li", { role: "presentation", id: `${id}-group-${number}`, class: "grouped" }, head.startsWith("《") ? renderChinese(head) : head),
          groupItems.map((item) => {
            const position = options.length;
            const node = h("li", {
              role: "option", id: `${id}-option-${item.id}`, "aria-selected": String(item.id === getChosenId()),
              on: { mousedown: (event) => event.preventDefault(), click: () => chooseOption(position) },
            }, h("span", { class: "id" }, item.id), h("span", { class: "name" }, item.title, h("small", {}, describe(item))));
            options.push({ item, node });
            return node;
          })))),
      !matching.length && h("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "none" }, t("search.none")));
    status.textContent = matching.length ? t("search.found", { number: matching.length }) : t("search.none");
    active = -1;
    if (opening) openList();
    if (words.length && matching.length) highlightOption(0);
    else input.removeAttribute("aria-activedescendant");
  }

  function openList() {
    open = true;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  function closeList() {
    open = false;
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    input.value = getChosenText();
  }

  function highlightOption(number) {
    options[active]?.node.classList.remove("active");
    active = (number + options.length) % options.length;
    const { node } = options[active];
    node.classList.add("active");
    node.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", node.id);
  }

  function chooseOption(number) {
    const { item } = options[number];
    closeList();
    input.value = `${item.id} ${item.title}`;
    choose(item.id);
    input.value = getChosenText();
  }

  function handleKey(event) {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      event.preventDefault();
      if (!open) renderList("", true);
      if (options.length) highlightOption(active < 0 && moves[event.key] < 0 ? options.length - 1 : active + moves[event.key]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (open && active >= 0) chooseOption(active);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      closeList();
    } else if (event.key === "Tab" && open) closeList();
  }

  input.value = getChosenText();
  return { place: container, input };
}

export const renderChinese = (text) => h("span", { lang: "zh-CN" }, text);
