// A searchable list, by article, word or pinyin initials. It follows the ARIA pattern for comboboxes. What the law data
// does not hold stands above the list, with the articles to look at: the service knows the words for it.
import { LatestRequest, getJson } from "./api.js";
import { debounce, h, replaceContent } from "./dom.js";
import { t } from "./texts.js";

const PAUSE_MS = 150;
const PATIENCE_MS = 1500;
const LONGEST_QUERY = 100;
const NOTHING = { rows: [], not_covered: [] };

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

// A step and a term may have one id; their articles tell them apart.
const isRowOf = (item, rows) => rows.some((row) => row.id === item.id && row.citation.label === item.citation.label);

const dropInstrument = (label) => label.replace(/^《[^》]*》/, "");

// The instrument is named once for all its articles that follow each other.
function formatCitations(citations) {
  return citations.map(({ instrument, label }, index) =>
    citations[index - 1]?.instrument === instrument ? dropInstrument(label) : label).join("、");
}

const renderUncovered = (topic) => h("li", {},
  h("p", {}, h("strong", {}, topic.title), " ", h("span", { class: "badge" }, t("search.uncovered"))),
  topic.citations.length > 0 && h("p", { class: "cite" }, renderChinese(formatCitations(topic.citations))),
  h("p", { class: "note" }, topic.text));

const speakUncovered = (topic) => t("search.uncovered_spoken", { title: topic.title, text: topic.text, places: formatCitations(topic.citations) });

export function createCombobox({ id, name, items, group, example, chosen: getChosenId, choose, describe }) {
  let open = false;
  let active = -1;
  let moved = false;
  let options = [];
  // What the service says of the text. While a request is under way what is not covered stays as it was, so that the
  // list does not jump at each key.
  let coverage = NOTHING;
  let waiting = false;
  let enterPressed = false;
  const latest = new LatestRequest();
  const list = h("ul", { id: `${id}-list`, role: "listbox", "aria-label": name, class: "options" });
  const uncovered = h("ul", { class: "uncovered", "aria-label": t("search.uncovered"), hidden: true });
  const popup = h("div", { class: "popup", hidden: true, on: { mousedown: (event) => event.preventDefault() } }, uncovered, list);
  const status = h("p", { role: "status", class: "sr" });
  const input = h("input", {
    id, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-autocomplete": "list",
    "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-describedby": `${id}-hint ${id}-error`,
    on: {
      input: handleInput,
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
    h("div", { class: "combo" }, input, button, popup),
    h("p", { id: `${id}-hint`, class: "hint" }, t("search.hint", { example })),
    h("p", { id: `${id}-error`, class: "error", hidden: true }), status);

  const getChosenItem = () => items.find((item) => item.id === getChosenId());
  const getChosenText = () => getChosenItem()?.title ?? getChosenId() ?? "";

  function renderList(text, opening) {
    const words = foldText(text).split(/\s+/).filter(Boolean);
    const matching = items.filter((item) => matchesWords(item, words) || isRowOf(item, coverage.rows));
    const kept = moved && options[active]?.item;
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
              on: { click: () => chooseOption(position) },
            }, h("span", { class: "name" }, item.title, h("small", {}, renderChinese(dropInstrument(item.citation.label)), ` · ${describe(item)} · `,
              h("span", { class: "id" }, item.id))));
            options.push({ item, node });
            return node;
          })))),
      !matching.length && h("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "none" }, t("search.none")));
    const topics = coverage.not_covered;
    replaceContent(uncovered, topics.map(renderUncovered));
    uncovered.hidden = !topics.length;
    const found = matching.length ? t("search.found", { number: matching.length }) : t("search.none");
    status.textContent = [...topics.map(speakUncovered), found].join(" ");
    active = -1;
    if (opening) openList();
    const position = options.findIndex(({ item }) => item === kept);
    // Beside what is not covered nothing is chosen by Enter alone: what the list has for the word may be another thing.
    if (position >= 0) highlightOption(position);
    else if (words.length && matching.length && !topics.length) highlightOption(0);
    else input.removeAttribute("aria-activedescendant");
  }

  function handleInput() {
    // The answer to an older text must not be taken for that of this one.
    latest.stop();
    moved = false;
    enterPressed = false;
    waiting = Boolean(input.value.trim());
    if (waiting) coverage = { ...NOTHING, not_covered: coverage.not_covered };
    else stopAsking();
    renderList(input.value, true);
    if (waiting) askSoon();
  }

  const askSoon = debounce(async () => {
    if (!waiting) return;
    const query = { q: input.value.slice(0, LONGEST_QUERY) };
    const patience = setTimeout(() => {
      latest.stop();
      finishAsking(NOTHING);
    }, PATIENCE_MS);
    const result = await latest.take((signal) => getJson("/v1/coverage", { query, signal, quiet: true }));
    clearTimeout(patience);
    // Without an answer the list is what it was before there was this request.
    if (result && waiting) finishAsking(result.answer ?? NOTHING);
  }, PAUSE_MS);

  function finishAsking(answer) {
    const submitted = enterPressed;
    waiting = false;
    enterPressed = false;
    coverage = answer;
    renderList(input.value, true);
    if (submitted && active >= 0) chooseOption(active);
  }

  function stopAsking() {
    latest.stop();
    waiting = false;
    enterPressed = false;
    coverage = NOTHING;
  }

  function openList() {
    open = true;
    popup.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  function closeList() {
    open = false;
    popup.hidden = true;
    moved = false;
    stopAsking();
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
    input.value = item.title;
    choose(item.id);
    input.value = getChosenText();
  }

  function handleKey(event) {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      event.preventDefault();
      if (!open) renderList("", true);
      moved = true;
      if (options.length) highlightOption(active < 0 && moves[event.key] < 0 ? options.length - 1 : active + moves[event.key]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (open && waiting && !moved) {
        // What was typed may not be covered: that comes first, so the service is asked at once.
        enterPressed = true;
        askSoon.now();
      } else if (open && active >= 0) chooseOption(active);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      closeList();
    } else if (event.key === "Tab" && open) closeList();
  }

  input.value = getChosenText();
  return { place: container, input };
}

export const renderChinese = (text) => h("span", { lang: "zh-CN" }, text);
