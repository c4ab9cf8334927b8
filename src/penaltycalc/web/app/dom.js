// Creates elements; `h` HTML and `s` SVG, as in hyperscript. Texts become text nodes, so no text is ever read as markup.
const SVG = "http://www.w3.org/2000/svg";

function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "on") for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
  else if (name === "value" || name === "checked" || name === "indeterminate") node[name] = value;
  else node.setAttribute(name, value === true ? "" : String(value));
}

function appendChildren(node, children) {
  for (const child of children.flat(Infinity))
    if (child !== null && child !== undefined && child !== false) node.append(child);
  return node;
}

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  appendChildren(node, children);
  for (const [name, value] of Object.entries(attributes ?? {})) setAttribute(node, name, value);
  return node;
}

export function s(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes ?? {})) setAttribute(node, name, value);
  return appendChildren(node, children);
}

export function replaceContent(container, ...children) {
  container.replaceChildren();
  return appendChildren(container, children);
}

export const renderHiddenText = (text) => h("span", { class: "sr" }, text);

const redrawers = new WeakMap();
const PAPER_WIDTH = 620;

// A drawing that fits its container and is redrawn when the width changes. Paper has a fixed width: while printing, the
// container still reports the width of the screen.
export function createPicture(draw, attributes = {}) {
  const container = h("div", { class: "picture", ...attributes });
  let drawnWidth = 0;
  const drawIfResized = (width) => {
    if (!width || width === drawnWidth) return;
    drawnWidth = width;
    replaceContent(container, draw(width));
  };
  redrawers.set(container, drawIfResized);
  new ResizeObserver(() => matchMedia("print").matches || drawIfResized(Math.floor(container.clientWidth))).observe(container);
  return container;
}

const redrawPictures = (width) => () => {
  for (const container of document.querySelectorAll(".picture")) redrawers.get(container)(width || Math.floor(container.clientWidth));
};
addEventListener("beforeprint", redrawPictures(PAPER_WIDTH));
addEventListener("afterprint", redrawPictures(0));

export function debounce(run, milliseconds) {
  let timer = 0;
  const schedule = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...values), milliseconds);
  };
  schedule.now = (...values) => {
    clearTimeout(timer);
    return run(...values);
  };
  schedule.cancel = () => clearTimeout(timer);
  return schedule;
}
