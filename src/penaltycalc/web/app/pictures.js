// Pictures of what the interface answered. Positions are worked out here, figures are not.
import { s } from "./dom.js";
import { place, short } from "./texts.js";

const STEPS = [1, 2, 2.5, 5, 10];

// The end of a scale, and its ticks.
export function scale(highest, wanted = 5) {
  if (!(highest > 0)) return { end: 1, ticks: [0] };
  const rough = highest / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = STEPS.map((one) => one * power).find((one) => one >= rough);
  const count = Math.ceil(highest / step - 1e-9);
  return { end: count * step, ticks: Array.from({ length: count + 1 }, (_, at) => at * step) };
}

const drawing = (width, height, said, ...content) =>
  s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": said, class: "drawing" }, content);

const text = (x, y, said, attributes = {}) => s("text", { x, y, ...attributes }, said);

// Rough width of a text, for keeping labels apart.
const wide = (said, size = 12) => [...said].reduce((sum, one) => sum + (one.charCodeAt(0) > 0x2e80 ? size : size * 0.58), 0);

function anchored(x, said, width, pad = 2) {
  const half = wide(said) / 2;
  return { x: Math.min(Math.max(x, half + pad), width - half - pad), "text-anchor": "middle" };
}

// Labels above a scale, each in the first row where it meets no other.
function stacked(marks, width) {
  const rows = [];
  return [...marks].sort((one, other) => one.x - other.x).map((mark) => {
    const half = wide(mark.text) / 2 + 6;
    const x = Math.min(Math.max(mark.x, half), width - half);
    let row = rows.findIndex((end) => end <= x - half);
    if (row < 0) row = rows.push(0) - 1;
    rows[row] = x + half;
    return { ...mark, labelX: x, row, rows };
  });
}

// Ranges as bars on one scale. rows: {name, text, min, max, active}; marks: {value, text, kind}.
export function bars(rows, marks, said) {
  return (width) => {
    const { end, ticks } = scale(Math.max(...rows.map((row) => row.max), ...marks.map((mark) => mark.value)), width < 480 ? 4 : 6);
    const left = 8;
    const right = 14;
    const at = (value) => left + ((width - left - right) * value) / end;
    const placed = stacked(marks.map((mark) => ({ ...mark, x: at(mark.value) })), width);
    const head = placed.length ? 18 * Math.max(...placed.map((mark) => mark.row + 1)) + 6 : 4;
    const tall = 52;
    const base = head + rows.length * tall + 4;
    return drawing(width, base + 26, said,
      ticks.map((tick) => [
        s("line", { x1: at(tick), x2: at(tick), y1: head, y2: base, class: "grid" }),
        text(0, base + 18, short(tick), { ...anchored(at(tick), short(tick), width), class: "axis" }),
      ]),
      s("line", { x1: left, x2: width - right, y1: base, y2: base, class: "base" }),
      placed.map((mark) => [
        s("line", { x1: mark.x, x2: mark.x, y1: head - 4, y2: base, class: `mark ${mark.kind}` }),
        text(mark.labelX, 13 + 18 * mark.row, mark.text, { "text-anchor": "middle", class: `label ${mark.kind}` }),
      ]),
      rows.map((row, number) => {
        const y = head + number * tall;
        const x1 = at(row.min ?? 0);
        const open = row.min === null;
        return [
          text(left, y + 15, row.name, { class: row.active ? "name active" : "name" }),
          text(width - right, y + 15, wide(row.name + row.text) + 40 < width ? row.text : "", { class: "value", "text-anchor": "end" }),
          s("rect", { x: x1, y: y + 23, width: Math.max(at(row.max) - x1, 3), height: 18, rx: 3, class: `bar${row.active ? " active" : ""}${open ? " open" : ""}` }),
          !open && s("line", { x1, x2: x1, y1: y + 20, y2: y + 44, class: "edge" }),
          s("line", { x1: at(row.max), x2: at(row.max), y1: y + 20, y2: y + 44, class: "edge" }),
        ];
      }));
  };
}

// How a range grows. series: {name, points: [{x, min, max}], deemed, active}; here: {x, text}.
export function growth(series, ends, { here, binds, axes }, said) {
  return (width) => {
    const across = scale(ends.x, width < 480 ? 3 : 6);
    const up = scale(ends.y, 5);
    const left = 16 + Math.max(...up.ticks.map((tick) => wide(short(tick))));
    const right = 18;
    const marks = [{ value: series.deemed, text: binds, kind: "deemed" }, ...(here ? [{ value: here.x, text: here.text, kind: "here" }] : [])];
    const x = (value) => left + ((width - left - right) * value) / across.end;
    const placed = stacked(marks.map((mark) => ({ ...mark, x: x(mark.value) })), width);
    const head = 18 * Math.max(...placed.map((mark) => mark.row + 1)) + 8;
    const base = head + Math.min(240, Math.max(160, width * 0.4));
    const y = (value) => base - ((base - head) * value) / up.end;
    const line = (part) => series.points.map((point) => `${x(point.x)},${y(point[part] ?? 0)}`).join(" ");
    const back = [...series.points].reverse().map((point) => `${x(point.x)},${y(point.min ?? 0)}`).join(" ");
    const now = here && series.points.find((point) => point.x === here.x);
    return drawing(width, base + 42, said,
      up.ticks.map((tick) => [
        s("line", { x1: left, x2: width - right, y1: y(tick), y2: y(tick), class: "grid" }),
        text(left - 8, y(tick) + 4, short(tick), { class: "axis", "text-anchor": "end" }),
      ]),
      across.ticks.map((tick) => text(0, base + 18, short(tick), { ...anchored(x(tick), short(tick), width), class: "axis" })),
      s("line", { x1: left, x2: width - right, y1: base, y2: base, class: "base" }),
      s("polygon", { points: `${line("max")} ${back}`, class: "band" }),
      s("polyline", { points: line("max"), class: "curve" }),
      s("polyline", { points: line("min"), class: "curve" }),
      placed.map((mark) => [
        s("line", { x1: mark.x, x2: mark.x, y1: head - 4, y2: base, class: `mark ${mark.kind}` }),
        text(mark.labelX, 13 + 18 * mark.row, mark.text, { "text-anchor": "middle", class: `label ${mark.kind}` }),
      ]),
      s("circle", { cx: x(series.deemed), cy: y(series.points.find((point) => point.x === series.deemed)?.max ?? 0), r: 4, class: "dot" }),
      now && [
        s("line", { x1: x(now.x), x2: x(now.x), y1: y(now.min ?? 0), y2: y(now.max), class: "spread" }),
        s("circle", { cx: x(now.x), cy: y(now.max), r: 4.5, class: "dot here" }),
        s("circle", { cx: x(now.x), cy: y(now.min ?? 0), r: 4.5, class: "dot here" }),
      ],
      text((left + width - right) / 2, base + 37, axes.x, { class: "axis", "text-anchor": "middle" }));
  };
}

// Days on a line, numbered; the list beside it says what they are. events: {day, number, kind}.
export function timeline(first, last, events, said, { spans = [] } = {}) {
  return (width) => {
    const left = 26;
    const right = 26;
    const from = place(first);
    const whole = Math.max(place(last) - from, 1);
    const x = (day) => left + ((width - left - right) * (place(day) - from)) / whole;
    const rows = [];
    const placed = events.map((event) => {
      const own = x(event.day);
      let row = rows.findIndex((end) => end <= own - 13);
      if (row < 0) row = rows.push(0) - 1;
      rows[row] = own + 13;
      return { ...event, x: own, row };
    });
    const line = 24 + rows.length * 26;
    const years = [];
    const start = Number(first.slice(0, 4));
    const end = Number(last.slice(0, 4));
    const every = Math.max(1, Math.ceil((end - start) / (width < 480 ? 4 : 9)));
    if (whole > 800) for (let year = start + 1; year <= end; year += every) years.push([`${year}-01-01`, String(year)]);
    else {
      const months = Math.max(1, Math.ceil(whole / 30 / (width < 480 ? 3 : 7)));
      for (let at = start * 12 + Number(first.slice(5, 7)); ; at += months) {
        const day = `${String(Math.floor(at / 12)).padStart(4, "0")}-${String((at % 12) + 1).padStart(2, "0")}-01`;
        if (place(day) > place(last)) break;
        years.push([day, day.slice(0, 7)]);
      }
    }
    return drawing(width, line + 40, said,
      s("line", { x1: left, x2: width - right, y1: line, y2: line, class: "rail" }),
      spans.map((span) => s("line", { x1: x(span.from), x2: x(span.to), y1: line, y2: line, class: `rail ${span.kind}` })),
      years.map(([day, named]) => [
        s("line", { x1: x(day), x2: x(day), y1: line - 5, y2: line + 5, class: "base" }),
        text(0, line + 22, named, { ...anchored(x(day), named, width), class: "axis" }),
      ]),
      placed.map((event) => {
        const y = line - 22 - 26 * event.row;
        return [
          s("line", { x1: event.x, x2: event.x, y1: y + 10, y2: line, class: `stem ${event.kind}` }),
          s("circle", { cx: event.x, cy: y, r: 11, class: `flag ${event.kind}` }),
          text(event.x, y + 4.5, String(event.number), { "text-anchor": "middle", class: `flag ${event.kind}` }),
        ];
      }));
  };
}
