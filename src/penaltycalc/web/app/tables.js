// Tables in and out of files: CSV, what a spreadsheet puts on the clipboard, and xlsx.

// RFC 4180, with a tab, a semicolon or a comma between cells.
export function parse(text) {
  const content = text.replace(/^\uFEFF/, "");
  const end = content.search(/[\r\n]/);
  const first = end < 0 ? content : content.slice(0, end);
  const between = ["\t", ";"].find((one) => first.includes(one) && (one === "\t" || !first.includes(","))) ?? ",";
  const rows = [];
  let row = [];
  let at = 0;
  while (at < content.length) {
    let cell;
    if (content[at] === '"') {
      let close = at + 1;
      while (close < content.length && (content[close] !== '"' || content[close + 1] === '"')) close += content[close] === '"' ? 2 : 1;
      cell = content.slice(at + 1, close).replaceAll('""', '"');
      at = close + 1;
      // What follows a closing quote belongs to the cell: better shown than lost.
      const start = at;
      while (at < content.length && content[at] !== between && content[at] !== "\n" && content[at] !== "\r") at++;
      cell += content.slice(start, at);
    } else {
      const start = at;
      while (at < content.length && content[at] !== between && content[at] !== "\n" && content[at] !== "\r") at++;
      cell = content.slice(start, at);
    }
    row.push(cell);
    if (content[at] === between) {
      at++;
      if (at === content.length) row.push("");
      continue;
    }
    if (content[at] === "\r" && content[at + 1] === "\n") at++;
    at++;
    rows.push(row);
    row = [];
  }
  if (row.length) rows.push(row);
  return rows;
}

const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
export const csv = (rows) => rows.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";

// A text that a spreadsheet would take for a formula gets an apostrophe, as in the files of the interface.
const number = /^[+-]?\d+([.,]\d+)*%?$/;
export const neutral = (text) => (/^'*[=+\-@\t\r]/.test(text) && !number.test(text.replace(/^'+/, "")) ? `'${text}` : text);

// Files of Chinese Excel come in GB 18030 where they are not UTF-8.
export function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

// ------------------------------------------------------------------------------------ xlsx

const MOST = 256_000_000;
const text = (bytes) => new TextDecoder().decode(bytes);
const xml = (bytes) => new DOMParser().parseFromString(text(bytes), "application/xml");
const elements = (node, name) => [...node.getElementsByTagNameNS("*", name)];

async function unzip(buffer) {
  const view = new DataView(buffer);
  let end = buffer.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw new Error("no zip");
  const parts = new Map();
  let at = view.getUint32(end + 16, true);
  let total = 0;
  for (let count = view.getUint16(end + 10, true); count > 0; count--) {
    const [size, long] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const [named, extra, remark] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const name = text(new Uint8Array(buffer, at + 46, named));
    const start = view.getUint32(at + 42, true);
    const skip = 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
    total += long;
    if (total > MOST) throw new Error("too large");
    parts.set(name, { method: view.getUint16(at + 10, true), bytes: new Uint8Array(buffer, start + skip, size) });
    at += 46 + named + extra + remark;
  }
  return async (name) => {
    const part = parts.get(name);
    if (!part) return null;
    if (part.method === 0) return part.bytes;
    const stream = new Blob([part.bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
}

const DATES = new Set([14, 15, 16, 17, 22, 27, 30, 31, 36, 50, 54, 57, 58]);

function dateStyles(styles) {
  if (!styles) return new Set();
  const own = new Set(elements(styles, "numFmt")
    .filter((one) => /[ymd]/i.test(one.getAttribute("formatCode").replace(/"[^"]*"|\[[^\]]*\]|\\./g, "")))
    .map((one) => Number(one.getAttribute("numFmtId"))));
  const formats = elements(styles, "cellXfs")[0];
  const list = formats ? elements(formats, "xf") : [];
  return new Set(list.flatMap((one, at) => {
    const id = Number(one.getAttribute("numFmtId"));
    return DATES.has(id) || own.has(id) ? [at] : [];
  }));
}

const column = (place) => [...place.replace(/\d+$/, "")].reduce((sum, one) => sum * 26 + one.charCodeAt(0) - 64, 0) - 1;
const dayOf = (serial, first) => new Date(first + Math.floor(serial) * 86_400_000).toISOString().slice(0, 10);
const strung = (node) => elements(node, "t").filter((one) => one.parentNode.localName !== "rPh").map((one) => one.textContent).join("");

// The rows of the first sheet that is not hidden, as texts; days as 2026-05-20.
export async function readXlsx(buffer) {
  const part = await unzip(buffer);
  const book = xml(await part("xl/workbook.xml"));
  const links = xml(await part("xl/_rels/workbook.xml.rels"));
  const sheet = elements(book, "sheet").find((one) => !one.getAttribute("state") || one.getAttribute("state") === "visible");
  const id = [...sheet.attributes].find((one) => one.localName === "id").value;
  const target = elements(links, "Relationship").find((one) => one.getAttribute("Id") === id).getAttribute("Target");
  const shared = await part("xl/sharedStrings.xml");
  const strings = shared ? elements(xml(shared), "si").map(strung) : [];
  const styled = await part("xl/styles.xml");
  const dates = dateStyles(styled && xml(styled));
  const since1904 = ["1", "true"].includes(elements(book, "workbookPr")[0]?.getAttribute("date1904"));
  const first = since1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, 30);
  const rows = [];
  for (const row of elements(xml(await part(target.startsWith("/") ? target.slice(1) : `xl/${target}`)), "row")) {
    const cells = [];
    for (const cell of row.childNodes) {
      if (cell.localName !== "c") continue;
      const place = column(cell.getAttribute("r") ?? "") >= 0 ? column(cell.getAttribute("r")) : cells.length;
      while (cells.length < place) cells.push("");
      cells[place] = valueOf(cell, strings, dates, first);
    }
    const at = Number(row.getAttribute("r") ?? rows.length + 1) - 1;
    while (rows.length < at && rows.length < 1_048_576) rows.push([]);
    rows[at] = cells;
  }
  return rows;
}

function valueOf(cell, strings, dates, first) {
  const type = cell.getAttribute("t");
  if (type === "inlineStr") return strung(cell);
  const value = elements(cell, "v")[0]?.textContent ?? "";
  if (type === "s") return strings[Number(value)] ?? "";
  if (type === "b") return value === "1" ? "TRUE" : "FALSE";
  if (!type || type === "n") {
    if (value !== "" && dates.has(Number(cell.getAttribute("s") ?? -1))) return dayOf(Number(value), first);
    // A sum of 0.1 and 0.2 is stored with all its digits: 15 are what a spreadsheet shows.
    return value === "" || /^-?\d+$/.test(value) ? value : String(Number(Number(value).toPrecision(15)));
  }
  return type === "d" ? value.slice(0, 10) : value;
}

const CRC = Uint32Array.from({ length: 256 }, (_, at) => {
  let one = at;
  for (let bit = 0; bit < 8; bit++) one = one & 1 ? (one >>> 1) ^ 0xedb88320 : one >>> 1;
  return one;
});

function crc(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = CRC[(sum ^ byte) & 255] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

function zip(parts) {
  const encode = new TextEncoder();
  const blocks = [];
  const heads = [];
  let at = 0;
  for (const [name, content] of parts) {
    const [named, bytes] = [encode.encode(name), encode.encode(content)];
    const common = (view, start) => {
      view.setUint16(start, 20, true);
      view.setUint16(start + 2, 0x0800, true);
      view.setUint32(start + 6, 0x00210000, true); // 1980-01-01: no clock in a file
      view.setUint32(start + 10, crc(bytes), true);
      view.setUint32(start + 14, bytes.length, true);
      view.setUint32(start + 18, bytes.length, true);
      view.setUint16(start + 22, named.length, true);
    };
    const local = new DataView(new ArrayBuffer(30));
    local.setUint32(0, 0x04034b50, true);
    common(local, 4);
    const central = new DataView(new ArrayBuffer(46));
    central.setUint32(0, 0x02014b50, true);
    central.setUint16(4, 20, true);
    common(central, 6);
    central.setUint32(42, at, true);
    blocks.push(local.buffer, named, bytes);
    heads.push(central.buffer, named);
    at += 30 + named.length + bytes.length;
  }
  const size = heads.reduce((sum, one) => sum + one.byteLength, 0);
  const tail = new DataView(new ArrayBuffer(22));
  tail.setUint32(0, 0x06054b50, true);
  tail.setUint16(8, parts.length, true);
  tail.setUint16(10, parts.length, true);
  tail.setUint32(12, size, true);
  tail.setUint32(16, at, true);
  return new Blob([...blocks, ...heads, tail.buffer]);
}

const escaped = (said) => said.replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "")
  .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const SPACE = { content: "http://schemas.openxmlformats.org/package/2006/content-types", links: "http://schemas.openxmlformats.org/package/2006/relationships",
  main: "http://schemas.openxmlformats.org/spreadsheetml/2006/main", office: "http://schemas.openxmlformats.org/officeDocument/2006/relationships" };
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';

// A workbook of one sheet that holds texts.
export function writeXlsx(rows) {
  const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  const sheet = rows.map((row, at) => `<row r="${at + 1}">${row.map((cell) => `<c t="inlineStr"><is><t xml:space="preserve">${escaped(cell)}</t></is></c>`).join("")}</row>`).join("");
  return zip([
    ["[Content_Types].xml", `${HEAD}<Types xmlns="${SPACE.content}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${kind}.worksheet+xml"/></Types>`],
    ["_rels/.rels", `${HEAD}<Relationships xmlns="${SPACE.links}"><Relationship Id="r1" Type="${SPACE.office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`],
    ["xl/workbook.xml", `${HEAD}<workbook xmlns="${SPACE.main}" xmlns:r="${SPACE.office}"><sheets><sheet name="1" sheetId="1" r:id="r1"/></sheets></workbook>`],
    ["xl/_rels/workbook.xml.rels", `${HEAD}<Relationships xmlns="${SPACE.links}"><Relationship Id="r1" Type="${SPACE.office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`],
    ["xl/worksheets/sheet1.xml", `${HEAD}<worksheet xmlns="${SPACE.main}"><sheetData>${sheet}</sheetData></worksheet>`],
  ]);
}
