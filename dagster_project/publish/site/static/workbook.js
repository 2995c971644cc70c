// A table as an Excel workbook of one sheet: a zip of five small XML files, stored as they are (ECMA-376, APPNOTE.TXT).
'use strict';

const CRC = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) { value = value & 1 ? value >>> 1 ^ 0xedb88320 : value >>> 1; }
  return value;
});
const crc32 = (bytes) => ~bytes.reduce((sum, byte) => sum >>> 8 ^ CRC[(sum ^ byte) & 255], -1) >>> 0;

// Little-endian fields of a zip's headers: pairs of a size in bytes and a value.
function packed(...fields) {
  return Uint8Array.from(fields.flatMap(([size, value]) => Array.from({ length: size }, (_, at) => value >>> 8 * at & 255)));
}

function zip(files) {
  const parts = [];
  const entries = [];
  let offset = 0;
  for (const [path, text] of files) {
    const [name, bytes] = [path, text].map((value) => new TextEncoder().encode(value));
    const about = [[2, 20], [2, 0x800], [2, 0], [4, 0x210000], [4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, name.length], [2, 0]];
    const local = [packed([4, 0x04034b50], ...about), name, bytes];
    entries.push(packed([4, 0x02014b50], [2, 20], ...about, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), name);
    parts.push(...local);
    offset += local.reduce((sum, part) => sum + part.length, 0);
  }
  const size = entries.reduce((sum, part) => sum + part.length, 0);
  const end = packed([4, 0x06054b50], [4, 0], [2, files.length], [2, files.length], [4, size], [4, offset], [2, 0]);
  return new Blob([...parts, ...entries, end], { type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' });
}

window.arsplanWorkbook = (rows) => {
  const writable = (text) => text.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
  const escaped = (text) => writable(text).replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const cell = (value) => value === '' ? '<c/>' : typeof value === 'number' ? `<c><v>${value}</v></c>` : `<c t="inlineStr"><is><t>${escaped(value)}</t></is></c>`;
  const sheet = rows.map((row) => `<row>${row.map(cell).join('')}</row>`).join('');
  const head = '<?xml version="1.0" encoding="UTF-8"?>';
  const xml = 'http://schemas.openxmlformats.org/';
  const types = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
  const relation = (kind, target) => `${head}<Relationships xmlns="${xml}package/2006/relationships"><Relationship Id="r1" Type="${xml}officeDocument/2006/relationships/${kind}" Target="${target}"/></Relationships>`;
  return zip([
    ['[Content_Types].xml', `${head}<Types xmlns="${xml}package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${types}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${types}.worksheet+xml"/></Types>`],
    ['_rels/.rels', relation('officeDocument', 'xl/workbook.xml')],
    ['xl/workbook.xml', `${head}<workbook xmlns="${xml}spreadsheetml/2006/main" xmlns:r="${xml}officeDocument/2006/relationships"><sheets><sheet name="Årsplan" sheetId="1" r:id="r1"/></sheets></workbook>`],
    ['xl/_rels/workbook.xml.rels', relation('worksheet', 'worksheets/sheet1.xml')],
    ['xl/worksheets/sheet1.xml', `${head}<worksheet xmlns="${xml}spreadsheetml/2006/main"><sheetData>${sheet}</sheetData></worksheet>`],
  ]);
};
