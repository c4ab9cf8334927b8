// Makes elements. Texts are always set as text: nothing that an answer or a user says is read as markup.
const SVG = "http://www.w3.org/2000/svg";

function put(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "on") for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
  else if (name === "value" || name === "checked" || name === "indeterminate") node[name] = value;
  else node.setAttribute(name, value === true ? "" : String(value));
}

function fill(node, children) {
  for (const child of children.flat(Infinity))
    if (child !== null && child !== undefined && child !== false) node.append(child);
  return node;
}

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  fill(node, children);
  for (const [name, value] of Object.entries(attributes ?? {})) put(node, name, value);
  return node;
}

export function s(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes ?? {})) put(node, name, value);
  return fill(node, children);
}

export function show(place, ...children) {
  place.replaceChildren();
  return fill(place, children);
}

export const hidden = (text) => h("span", { class: "sr" }, text);

const drawings = new WeakMap();
const PAPER = 620;

// Draws as wide as there is room, and again when the room changes; on paper as wide as a sheet.
export function picture(draw, attributes = {}) {
  const place = h("div", { class: "picture", ...attributes });
  let drawn = 0;
  const render = (width) => {
    if (!width || width === drawn) return;
    drawn = width;
    show(place, draw(width));
  };
  drawings.set(place, render);
  new ResizeObserver(() => matchMedia("print").matches || render(Math.floor(place.clientWidth))).observe(place);
  return place;
}

const redraw = (width) => () => {
  for (const place of document.querySelectorAll(".picture")) drawings.get(place)(width || Math.floor(place.clientWidth));
};
addEventListener("beforeprint", redraw(PAPER));
addEventListener("afterprint", redraw(0));

export function later(run, milliseconds) {
  let timer = 0;
  const ask = (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...given), milliseconds);
  };
  ask.now = (...given) => {
    clearTimeout(timer);
    return run(...given);
  };
  return ask;
}
