// Draws charts of answers. Only positions are calculated here; every figure comes from the API.
import { s } from "./dom.js";
import { countDays, formatCompact } from "./texts.js";

const STEPS = [1, 2, 2.5, 5, 10];

// The end of a scale and its ticks, at round numbers.
export function makeScale(highest, tickCount = 5) {
  if (!(highest > 0)) return { end: 1, ticks: [0] };
  const rough = highest / tickCount;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = STEPS.map((multiple) => multiple * power).find((multiple) => multiple >= rough);
  const count = Math.ceil(highest / step - 1e-9);
  return { end: count * step, ticks: Array.from({ length: count + 1 }, (_, at) => at * step) };
}

const drawSvg = (width, height, description, ...content) =>
  s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": description, class: "drawing" }, content);

const drawText = (x, y, description, attributes = {}) => s("text", { x, y, ...attributes }, description);

// An estimate of a text's width: SVG cannot measure a text before it is drawn.
const measureText = (description, size = 12) => [...description].reduce((sum, character) => sum + (character.charCodeAt(0) > 0x2e80 ? size : size * 0.58), 0);

function anchorText(x, description, width, pad = 2) {
  const half = measureText(description) / 2;
  return { x: Math.min(Math.max(x, half + pad), width - half - pad), "text-anchor": "middle" };
}

// Places labels above a scale, each in the first row where it overlaps no other.
function stackLabels(marks, width) {
  const rows = [];
  return [...marks].sort((mark1, mark2) => mark1.x - mark2.x).map((mark) => {
    const half = measureText(mark.text) / 2 + 6;
    const x = Math.min(Math.max(mark.x, half), width - half);
    let row = rows.findIndex((end) => end <= x - half);
    if (row < 0) row = rows.push(0) - 1;
    rows[row] = x + half;
    return { ...mark, labelX: x, row, rows };
  });
}

// Draws ranges as bars on one scale. rows: {name, text, min, max, active}; marks: {value, text, kind}.
export function drawBars(rows, marks, description) {
  return (width) => {
    const { end, ticks } = makeScale(Math.max(...rows.map((row) => row.max), ...marks.map((mark) => mark.value)), width < 480 ? 4 : 6);
    const left = 8;
    const right = 14;
    const toX = (value) => left + ((width - left - right) * value) / end;
    const labels = stackLabels(marks.map((mark) => ({ ...mark, x: toX(mark.value) })), width);
    const head = labels.length ? 18 * Math.max(...labels.map((mark) => mark.row + 1)) + 6 : 4;
    const rowHeight = 52;
    const base = head + rows.length * rowHeight + 4;
    return drawSvg(width, base + 26, description,
      ticks.map((tick) => [
        s("line", { x1: toX(tick), x2: toX(tick), y1: head, y2: base, class: "grid" }),
        drawText(0, base + 18, formatCompact(tick), { ...anchorText(toX(tick), formatCompact(tick), width), class: "axis" }),
      ]),
      s("line", { x1: left, x2: width - right, y1: base, y2: base, class: "base" }),
      labels.map((mark) => [
        s("line", { x1: mark.x, x2: mark.x, y1: head - 4, y2: base, class: `mark ${mark.kind}` }),
        drawText(mark.labelX, 13 + 18 * mark.row, mark.text, { "text-anchor": "middle", class: `label ${mark.kind}` }),
      ]),
      rows.map((row, number) => {
        const y = head + number * rowHeight;
        const x1 = toX(row.min ?? 0);
        const open = row.min === null;
        return [
          drawText(left, y + 15, row.name, { class: row.active ? "name active" : "name" }),
          drawText(width - right, y + 15, measureText(row.name + row.text) + 40 < width ? row.text : "", { class: "value", "text-anchor": "end" }),
          s("rect", { x: x1, y: y + 23, width: Math.max(toX(row.max) - x1, 3), height: 18, rx: 3, class: `bar${row.active ? " active" : ""}${open ? " open" : ""}` }),
          !open && s("line", { x1, x2: x1, y1: y + 20, y2: y + 44, class: "edge" }),
          s("line", { x1: toX(row.max), x2: toX(row.max), y1: y + 20, y2: y + 44, class: "edge" }),
        ];
      }));
  };
}

// Draws how a range grows with the goods value. series: {name, points: [{x, min, max}], deemed, active}; here: {x, text}.
export function drawGrowth(series, ends, { here, binds, axes }, description) {
  return (width) => {
    const xScale = makeScale(ends.x, width < 480 ? 3 : 6);
    const yScale = makeScale(ends.y, 5);
    const left = 16 + Math.max(...yScale.ticks.map((tick) => measureText(formatCompact(tick))));
    const right = 18;
    const marks = [{ value: series.deemed, text: binds, kind: "deemed" }, ...(here ? [{ value: here.x, text: here.text, kind: "here" }] : [])];
    const toX = (value) => left + ((width - left - right) * value) / xScale.end;
    const labels = stackLabels(marks.map((mark) => ({ ...mark, x: toX(mark.value) })), width);
    const head = 18 * Math.max(...labels.map((mark) => mark.row + 1)) + 8;
    const base = head + Math.min(240, Math.max(160, width * 0.4));
    const toY = (value) => base - ((base - head) * value) / yScale.end;
    const tracePoints = (part) => series.points.map((point) => `${toX(point.x)},${toY(point[part] ?? 0)}`).join(" ");
    const back = [...series.points].reverse().map((point) => `${toX(point.x)},${toY(point.min ?? 0)}`).join(" ");
    const current = here && series.points.find((point) => point.x === here.x);
    return drawSvg(width, base + 42, description,
      yScale.ticks.map((tick) => [
        s("line", { x1: left, x2: width - right, y1: toY(tick), y2: toY(tick), class: "grid" }),
        drawText(left - 8, toY(tick) + 4, formatCompact(tick), { class: "axis", "text-anchor": "end" }),
      ]),
      xScale.ticks.map((tick) => drawText(0, base + 18, formatCompact(tick), { ...anchorText(toX(tick), formatCompact(tick), width), class: "axis" })),
      s("line", { x1: left, x2: width - right, y1: base, y2: base, class: "base" }),
      s("polygon", { points: `${tracePoints("max")} ${back}`, class: "band" }),
      s("polyline", { points: tracePoints("max"), class: "curve" }),
      s("polyline", { points: tracePoints("min"), class: "curve" }),
      labels.map((mark) => [
        s("line", { x1: mark.x, x2: mark.x, y1: head - 4, y2: base, class: `mark ${mark.kind}` }),
        drawText(mark.labelX, 13 + 18 * mark.row, mark.text, { "text-anchor": "middle", class: `label ${mark.kind}` }),
      ]),
      s("circle", { cx: toX(series.deemed), cy: toY(series.points.find((point) => point.x === series.deemed)?.max ?? 0), r: 4, class: "dot" }),
      current && [
        s("line", { x1: toX(current.x), x2: toX(current.x), y1: toY(current.min ?? 0), y2: toY(current.max), class: "spread" }),
        s("circle", { cx: toX(current.x), cy: toY(current.max), r: 4.5, class: "dot here" }),
        s("circle", { cx: toX(current.x), cy: toY(current.min ?? 0), r: 4.5, class: "dot here" }),
      ],
      drawText((left + width - right) / 2, base + 37, axes.x, { class: "axis", "text-anchor": "middle" }));
  };
}

// Draws numbered days on a line; a list beside the drawing names them. events: {day, number, kind}.
export function drawTimeline(first, last, events, description, { spans = [] } = {}) {
  return (width) => {
    const left = 26;
    const right = 26;
    const from = countDays(first);
    const whole = Math.max(countDays(last) - from, 1);
    const toX = (day) => left + ((width - left - right) * (countDays(day) - from)) / whole;
    const rows = [];
    const flags = events.map((event) => {
      const x = toX(event.day);
      let row = rows.findIndex((end) => end <= x - 13);
      if (row < 0) row = rows.push(0) - 1;
      rows[row] = x + 13;
      return { ...event, x, row };
    });
    const line = 24 + rows.length * 26;
    const ticks = [];
    const start = Number(first.slice(0, 4));
    const end = Number(last.slice(0, 4));
    const every = Math.max(1, Math.ceil((end - start) / (width < 480 ? 4 : 9)));
    if (whole > 800) for (let year = start + 1; year <= end; year += every) ticks.push([`${year}-01-01`, String(year)]);
    else {
      const months = Math.max(1, Math.ceil(whole / 30 / (width < 480 ? 3 : 7)));
      for (let at = start * 12 + Number(first.slice(5, 7)); ; at += months) {
        const day = `${String(Math.floor(at / 12)).padStart(4, "0")}-${String((at % 12) + 1).padStart(2, "0")}-01`;
        if (countDays(day) > countDays(last)) break;
        ticks.push([day, day.slice(0, 7)]);
      }
    }
    return drawSvg(width, line + 40, description,
      s("line", { x1: left, x2: width - right, y1: line, y2: line, class: "rail" }),
      spans.map((span) => s("line", { x1: toX(span.from), x2: toX(span.to), y1: line, y2: line, class: `rail ${span.kind}` })),
      ticks.map(([day, name]) => [
        s("line", { x1: toX(day), x2: toX(day), y1: line - 5, y2: line + 5, class: "base" }),
        drawText(0, line + 22, name, { ...anchorText(toX(day), name, width), class: "axis" }),
      ]),
      flags.map((event) => {
        const y = line - 22 - 26 * event.row;
        return [
          s("line", { x1: event.x, x2: event.x, y1: y + 10, y2: line, class: `stem ${event.kind}` }),
          s("circle", { cx: event.x, cy: y, r: 11, class: `flag ${event.kind}` }),
          drawText(event.x, y + 4.5, String(event.number), { "text-anchor": "middle", class: `flag ${event.kind}` }),
        ];
      }));
  };
}
