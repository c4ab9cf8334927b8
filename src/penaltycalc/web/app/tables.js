// Reads and writes tables: CSV, tab-separated text from the clipboard, and xlsx. Files are read in the browser, so that
// columns that hold no fact are not sent. The project takes no package from npm, hence the small xlsx reader and writer.

// Reads RFC 4180, with the separator of the first line: a tab, a semicolon or a comma.
export function parseCsv(decodeUtf8) {
  const content = decodeUtf8.replace(/^\uFEFF/, "");
  const end = content.search(/[\r\n]/);
  const first = end < 0 ? content : content.slice(0, end);
  const separator = ["\t", ";"].find((candidate) => first.includes(candidate) && (candidate === "\t" || !first.includes(","))) ?? ",";
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
      // Text after a closing quote is malformed, but it is kept as part of the cell rather than lost.
      const start = at;
      while (at < content.length && content[at] !== separator && content[at] !== "\n" && content[at] !== "\r") at++;
      cell += content.slice(start, at);
    } else {
      const start = at;
      while (at < content.length && content[at] !== separator && content[at] !== "\n" && content[at] !== "\r") at++;
      cell = content.slice(start, at);
    }
    row.push(cell);
    if (content[at] === separator) {
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

const quoteCell = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
export const formatCsv = (rows) => rows.map((row) => row.map(quoteCell).join(",")).join("\r\n") + "\r\n";

// Puts an apostrophe before a text that a spreadsheet would run as a formula, as the API does in its files.
const NUMBER = /^[+-]?\d+([.,]\d+)*%?$/;
export const escapeFormula = (decodeUtf8) => (/^'*[=+\-@\t\r]/.test(decodeUtf8) && !NUMBER.test(decodeUtf8.replace(/^'+/, "")) ? `'${decodeUtf8}` : decodeUtf8);

// Chinese editions of Excel save CSV as GB 18030. Such bytes are almost never valid UTF-8, so UTF-8 is tried first.
export function decodeText(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

// ------------------------------------------------------------------------------------ xlsx

const MAX_MEGABYTES = 256;

// A file that is not read, with the cause as the page has a text for it.
export class UnreadableFile extends Error {
  constructor(cause, facts = {}) {
    super(cause);
    Object.assign(this, { cause, facts });
  }
}

const decodeUtf8 = (bytes) => new TextDecoder().decode(bytes);
const parseXml = (bytes) => new DOMParser().parseFromString(decodeUtf8(bytes), "application/xml");
const findElements = (node, name) => [...node.getElementsByTagNameNS("*", name)];

async function unzip(buffer) {
  const view = new DataView(buffer);
  let end = buffer.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw new UnreadableFile("not_xlsx");
  const parts = new Map();
  let at = view.getUint32(end + 16, true);
  let total = 0;
  for (let count = view.getUint16(end + 10, true); count > 0; count--) {
    const [size, fullSize] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const name = decodeUtf8(new Uint8Array(buffer, at + 46, nameLength));
    const start = view.getUint32(at + 42, true);
    const skip = 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
    total += fullSize;
    if (total > MAX_MEGABYTES * 1_000_000) throw new UnreadableFile("too_large", { limit: `${MAX_MEGABYTES} MB` });
    parts.set(name, { method: view.getUint16(at + 10, true), bytes: new Uint8Array(buffer, start + skip, size) });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return async (name) => {
    const part = parts.get(name);
    if (!part) return null;
    if (part.method === 0) return part.bytes;
    const stream = new Blob([part.bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
}

const DATE_FORMATS = new Set([14, 15, 16, 17, 22, 27, 30, 31, 36, 50, 54, 57, 58]);

function findDateStyles(styles) {
  if (!styles) return new Set();
  const dateFormats = new Set(findElements(styles, "numFmt")
    .filter((format) => /[ymd]/i.test(format.getAttribute("formatCode").replace(/"[^"]*"|\[[^\]]*\]|\\./g, "")))
    .map((format) => Number(format.getAttribute("numFmtId"))));
  const formats = findElements(styles, "cellXfs")[0];
  const list = formats ? findElements(formats, "xf") : [];
  return new Set(list.flatMap((format, at) => {
    const id = Number(format.getAttribute("numFmtId"));
    return DATE_FORMATS.has(id) || dateFormats.has(id) ? [at] : [];
  }));
}

const parseColumn = (reference) => [...reference.replace(/\d+$/, "")].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
const formatSerialDay = (serial, first) => new Date(first + Math.floor(serial) * 86_400_000).toISOString().slice(0, 10);
const joinText = (node) => findElements(node, "t").filter((part) => part.parentNode.localName !== "rPh").map((part) => part.textContent).join("");

// The rows of the first visible sheet, as texts; days as 2026-05-20.
export async function readXlsx(buffer) {
  const part = await unzip(buffer);
  const bookPart = await part("xl/workbook.xml");
  if (!bookPart) throw new UnreadableFile("not_xlsx");
  const book = parseXml(bookPart);
  const links = parseXml(await part("xl/_rels/workbook.xml.rels"));
  const sheet = findElements(book, "sheet").find((node) => !node.getAttribute("state") || node.getAttribute("state") === "visible");
  if (!sheet) throw new UnreadableFile("no_sheet");
  const id = [...sheet.attributes].find((attribute) => attribute.localName === "id").value;
  const target = findElements(links, "Relationship").find((link) => link.getAttribute("Id") === id).getAttribute("Target");
  const shared = await part("xl/sharedStrings.xml");
  const strings = shared ? findElements(parseXml(shared), "si").map(joinText) : [];
  const styles = await part("xl/styles.xml");
  const dates = findDateStyles(styles && parseXml(styles));
  const since1904 = ["1", "true"].includes(findElements(book, "workbookPr")[0]?.getAttribute("date1904"));
  const first = since1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, 30);
  const rows = [];
  for (const row of findElements(parseXml(await part(target.startsWith("/") ? target.slice(1) : `xl/${target}`)), "row")) {
    const cells = [];
    for (const cell of row.childNodes) {
      if (cell.localName !== "c") continue;
      const position = parseColumn(cell.getAttribute("r") ?? "") >= 0 ? parseColumn(cell.getAttribute("r")) : cells.length;
      while (cells.length < position) cells.push("");
      cells[position] = readCell(cell, strings, dates, first);
    }
    const at = Number(row.getAttribute("r") ?? rows.length + 1) - 1;
    while (rows.length < at && rows.length < 1_048_576) rows.push([]);
    rows[at] = cells;
  }
  return rows;
}

function readCell(cell, strings, dates, first) {
  const type = cell.getAttribute("t");
  if (type === "inlineStr") return joinText(cell);
  const value = findElements(cell, "v")[0]?.textContent ?? "";
  if (type === "s") return strings[Number(value)] ?? "";
  if (type === "b") return value === "1" ? "TRUE" : "FALSE";
  if (!type || type === "n") {
    if (value !== "" && dates.has(Number(cell.getAttribute("s") ?? -1))) return formatSerialDay(Number(value), first);
    // Spreadsheets store binary fractions (0.30000000000000004) but show 15 digits, which are what the user typed.
    return value === "" || /^-?\d+$/.test(value) ? value : String(Number(Number(value).toPrecision(15)));
  }
  return type === "d" ? value.slice(0, 10) : value;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, at) => {
  let remainder = at;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder;
});

function computeCrc(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = CRC_TABLE[(sum ^ byte) & 255] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

function zip(parts) {
  const encode = new TextEncoder();
  const blocks = [];
  const heads = [];
  let at = 0;
  for (const [name, content] of parts) {
    const [nameBytes, bytes] = [encode.encode(name), encode.encode(content)];
    const writeCommon = (view, start) => {
      view.setUint16(start, 20, true);
      view.setUint16(start + 2, 0x0800, true);
      view.setUint32(start + 6, 0x00210000, true); // 1980-01-01, so that equal tables give equal files
      view.setUint32(start + 10, computeCrc(bytes), true);
      view.setUint32(start + 14, bytes.length, true);
      view.setUint32(start + 18, bytes.length, true);
      view.setUint16(start + 22, nameBytes.length, true);
    };
    const local = new DataView(new ArrayBuffer(30));
    local.setUint32(0, 0x04034b50, true);
    writeCommon(local, 4);
    const central = new DataView(new ArrayBuffer(46));
    central.setUint32(0, 0x02014b50, true);
    central.setUint16(4, 20, true);
    writeCommon(central, 6);
    central.setUint32(42, at, true);
    blocks.push(local.buffer, nameBytes, bytes);
    heads.push(central.buffer, nameBytes);
    at += 30 + nameBytes.length + bytes.length;
  }
  const size = heads.reduce((sum, head) => sum + head.byteLength, 0);
  const tail = new DataView(new ArrayBuffer(22));
  tail.setUint32(0, 0x06054b50, true);
  tail.setUint16(8, parts.length, true);
  tail.setUint16(10, parts.length, true);
  tail.setUint32(12, size, true);
  tail.setUint32(16, at, true);
  return new Blob([...blocks, ...heads, tail.buffer]);
}

const escapeXml = (text) => text.replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "")
  .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const NAMESPACES = { content: "http://schemas.openxmlformats.org/package/2006/content-types", links: "http://schemas.openxmlformats.org/package/2006/relationships",
  main: "http://schemas.openxmlformats.org/spreadsheetml/2006/main", office: "http://schemas.openxmlformats.org/officeDocument/2006/relationships" };
const XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';

// A workbook with one sheet, in which every cell is a text.
export function writeXlsx(rows) {
  const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  const sheet = rows.map((row, at) => `<row r="${at + 1}">${row.map((cell) => `<c t="inlineStr"><is><t xml:space="preserve">${escapeXml(cell)}</t></is></c>`).join("")}</row>`).join("");
  return zip([
    ["[Content_Types].xml", `${XML_HEAD}<Types xmlns="${NAMESPACES.content}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${kind}.worksheet+xml"/></Types>`],
    ["_rels/.rels", `${XML_HEAD}<Relationships xmlns="${NAMESPACES.links}"><Relationship Id="r1" Type="${NAMESPACES.office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`],
    ["xl/workbook.xml", `${XML_HEAD}<workbook xmlns="${NAMESPACES.main}" xmlns:r="${NAMESPACES.office}"><sheets><sheet name="1" sheetId="1" r:id="r1"/></sheets></workbook>`],
    ["xl/_rels/workbook.xml.rels", `${XML_HEAD}<Relationships xmlns="${NAMESPACES.links}"><Relationship Id="r1" Type="${NAMESPACES.office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`],
    ["xl/worksheets/sheet1.xml", `${XML_HEAD}<worksheet xmlns="${NAMESPACES.main}"><sheetData>${sheet}</sheetData></worksheet>`],
  ]);
}
