// Adds to pages that work without it: search, sorting, filters, tables as files, and selecting on the map.
'use strict';

const page = document.documentElement;
const swedish = page.lang === 'sv';

// '1 234,5 %', '−3' or '1,234.5' as a number; null where there is none.
function number(text) {
  let digits = text.replace('−', '-').replace(/[^0-9.,-]/g, '');
  digits = swedish ? digits.replace(/\./g, '').replace(',', '.') : digits.replace(/,/g, '');
  return digits === '' || digits === '-' || isNaN(digits) ? null : Number(digits);
}

function cellText(cell) {
  return cell.textContent.trim();
}

// The address says what is sorted, filtered and chosen, so that a link shows exactly this view; the same page in the
// other language and of another year is asked for the same.
const state = new URLSearchParams(location.search);
function passOn() {
  const query = `${state}` ? `?${state}` : '';
  for (const link of document.querySelectorAll('a.language, .years a')) { link.search = query; }
  return query;
}
function remember(name, value) {
  if (value) { state.set(name, value); } else { state.delete(name); }
  history.replaceState(null, '', `${location.pathname}${passOn()}${location.hash}`);
  document.getElementById('view-address')?.setAttribute('hidden', ''); // it would be another view's
}
passOn();

const view = document.querySelector('.view');
if (view) {
  const [button, address] = view.children;
  view.hidden = false;
  button.addEventListener('click', () => {
    address.hidden = false;
    address.value = location.href;
    address.focus();
    address.select();
    navigator.clipboard?.writeText(location.href).catch(() => { /* the address stands there, selected */ });
  });
}

// Search: names of all areas. One answer is a page, several are links to choose among.
const alike = (text) => text.toLocaleLowerCase('sv').replace(/[\s-]+/g, ' ').trim();
const plain = (text) => text.normalize('NFD').replace(/[\u0300-\u036f]/g, '');
const COUNTY = /(^| )(l[aä]ns?|region(en)?|county)(?= |$)|(?<=.)s?region(en)?$/;
const MUNICIPALITY = /(^| )(kommuns?|stad|municipality)(?= |$)/;

// A name without the words for its kind, in one word and without the genitive: 'Region Kronoberg' is 'kronoberg'.
function core(text) {
  return text.replace(COUNTY, ' ').replace(MUNICIPALITY, ' ').replace(/ /g, '').replace(/s$/, '');
}

function fitting(typed, among = window.arsplanAreas) {
  const text = alike(typed);
  const isCounty = COUNTY.test(text);
  const areas = among.filter(([code]) => code.length === 2 ? !MUNICIPALITY.test(text) : !isCounty);
  const wanted = core(text);
  const ways = [
    ([code]) => code === text,
    ([, name]) => core(alike(name)) === wanted,
    ([, name]) => plain(core(alike(name))) === plain(wanted),
    ([, name]) => core(alike(name)).startsWith(wanted),
    ([, name]) => plain(core(alike(name))).startsWith(plain(wanted)),
    ([, name]) => plain(core(alike(name))).includes(plain(wanted)),
  ];
  return wanted ? ways.map((fits) => areas.filter(fits)).find((found) => found.length) || [] : [];
}

function pageOf([code, , years]) {
  const { home, year } = document.body.dataset;
  const hasYear = years >> window.arsplanYears.indexOf(Number(year)) & 1 && year;
  return `${home}${code.length === 2 ? 'lan' : 'kommun'}/${code}/${hasYear ? year : 'index'}.html`;
}

function links(areas) {
  const list = document.createElement('ul');
  for (const area of areas) {
    const link = document.createElement('a');
    link.href = pageOf(area);
    link.textContent = area[1];
    list.appendChild(document.createElement('li')).append(link);
  }
  return list;
}

const search = document.querySelector('form.search');
if (search && window.arsplanAreas) {
  const message = search.querySelector('.message');
  document.getElementById('areas').append(...window.arsplanAreas.map(([, name]) => new Option(name)));
  search.hidden = false;
  search.addEventListener('submit', (event) => {
    event.preventDefault();
    const found = fitting(search.elements.area.value);
    message.replaceChildren();
    if (found.length === 1) {
      location.href = pageOf(found[0]);
    } else if (found.length) {
      message.append(search.dataset.several, links(found.slice(0, 12)));
    } else {
      message.textContent = search.dataset.none;
    }
  });
}

// Sorting: a button in each column heading.
function sortBy(table, column, descending) {
  const heading = table.tHead.rows[0].cells[column];
  for (const other of table.tHead.rows[0].cells) { other.removeAttribute('aria-sort'); }
  heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
  const rows = [...table.tBodies[0].rows].map((row) => {
    const cell = row.cells[column];
    const text = cellText(cell);
    return { row, text, value: cell.dataset.rank ? Number(cell.dataset.rank) : number(text) };
  });
  const numeric = rows.some(({ value }) => value !== null) && rows.every(({ value, text }) => value !== null || text === '–');
  const sign = descending ? -1 : 1;
  rows.sort((one, other) => {
    if (!numeric) { return sign * one.text.localeCompare(other.text, page.lang); }
    if (one.value === null || other.value === null) { return (one.value === null) - (other.value === null); }
    return sign * (one.value - other.value);
  });
  table.tBodies[0].append(...rows.map(({ row }) => row));
  remember(table.id, `${descending ? '-' : ''}${column + 1}`);
}

for (const table of document.querySelectorAll('table.sortable')) {
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'sort';
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener('click', () => sortBy(table, column, heading.getAttribute('aria-sort') === 'ascending'));
  });
  const sorted = Number(state.get(table.id));
  if (table.tHead.rows[0].cells[Math.abs(sorted) - 1]) { sortBy(table, Math.abs(sorted) - 1, sorted < 0); }
}

// Filter of a long table by its names.
for (const box of document.querySelectorAll('.filter[data-table]')) {
  const filter = box.querySelector('input');
  const status = box.querySelector('[role=status]');
  const rows = [...document.getElementById(box.dataset.table).tBodies[0].rows];
  const apply = () => {
    const wanted = filter.value.trim().toLocaleLowerCase('sv');
    let shown = 0;
    for (const row of rows) {
      const name = `${cellText(row.cells[0])} ${cellText(row.cells[1])}`.toLocaleLowerCase('sv');
      row.hidden = !name.includes(wanted);
      shown += !row.hidden;
    }
    status.textContent = status.dataset.text.replace('{n}', shown);
    remember(filter.id, filter.value.trim());
  };
  box.hidden = false;
  filter.value = state.get(filter.id) || '';
  if (filter.value) { apply(); }
  filter.addEventListener('input', apply);
}

// Tables as files, as they are shown: hidden rows left out, numbers as numbers.
function shownCells(table) {
  const rows = [...table.rows].filter((row) => !row.hidden && !row.matches('.column-filters'));
  return rows.map((row) => [...row.cells].flatMap((cell) => {
    const text = cellText(cell).replace(/\s+/g, ' ');
    const first = [...cell.childNodes].filter(({ nodeName }) => nodeName !== 'SMALL'); // a change stands in small
    const main = first.map(({ textContent }) => textContent).join('').trim();
    const isNumber = cell.matches('td:not(.text)') && /^[−+-]?[\d\s.,]+%?$/.test(main) && number(main) !== null;
    return [isNumber ? number(main) : text === '–' ? '' : text, ...Array(cell.colSpan - 1).fill('')];
  }));
}

function asCsv(rows) {
  const field = (value) => typeof value === 'number' ? String(value).replace('.', swedish ? ',' : '.') : `"${value.replace(/^[=+\-@]/, "'$&").replace(/"/g, '""')}"`; // no cell is a formula
  return new Blob([`\ufeff${rows.map((row) => row.map(field).join(swedish ? ';' : ',')).join('\r\n')}\r\n`], { type: 'text/csv' });
}

function save(table, form) {
  const rows = shownCells(table);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(form === 'csv' ? asCsv(rows) : window.arsplanWorkbook(rows));
  const simulated = document.querySelector('.notice .tag');
  const name = [titleOf(table), simulated].filter(Boolean).map(cellText).join(' ');
  link.download = `${name.replace(/[^\p{L}\p{N}]+/gu, '-')}.${form}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000); // some browsers read it late
}

const titleOf = (table) => table.caption.firstElementChild;
for (const [position, table] of document.querySelectorAll('table').entries()) {
  const buttons = document.getElementById('exports')?.content.cloneNode(true);
  if (table.caption && buttons) {
    titleOf(table).id = `title${position}`;
    table.setAttribute('aria-labelledby', titleOf(table).id); // without the buttons
    for (const button of buttons.querySelectorAll('button')) { button.setAttribute('aria-describedby', titleOf(table).id); }
    table.caption.append(' ', buttons);
    table.caption.addEventListener('click', (event) => {
      if (event.target.dataset.form) { save(table, event.target.dataset.form); }
    });
  }
}

// The plan as it was on a day, which the address names: the column of each table that had begun by then.
const ofDay = document.querySelector('.plan-of-a-day');
if (ofDay) {
  const day = state.get('dag') || '';
  const answer = ofDay.querySelector('[role=status]');
  ofDay.hidden = false;
  ofDay.addEventListener('submit', (event) => {
    event.preventDefault();
    state.set('dag', ofDay.elements.dag.value);
    location.search = state;
  });
  if (/^\d{4}-\d\d-\d\d$/.test(day)) {
    ofDay.elements.dag.value = day;
    for (const table of document.querySelectorAll('table[data-none]')) {
      const head = [...table.querySelectorAll('[data-from]')].filter(({ dataset }) => dataset.from <= day).pop();
      answer.append(`${head ? head.dataset.says : table.dataset.none} `);
      head?.setAttribute('aria-current', 'true');
      for (const row of head ? table.rows : []) { row.cells[head.cellIndex].classList.add('then'); }
      table.closest('details')?.setAttribute('open', '');
    }
    answer.focus();
  }
}

// The map: the first tap or an arrow key selects an area and says its figures, the second tap or Enter goes there.
function middle(area) {
  const box = area.getBBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

// The nearest area in the direction of an arrow key; those aside count as further away.
function neighbour(area, [right, down]) {
  const [x, y] = middle(area);
  const ways = [...area.parentElement.children].map((other) => {
    const [dx, dy] = [middle(other)[0] - x, middle(other)[1] - y];
    const along = dx * right + dy * down;
    return { other, along, length: along + 2 * Math.abs(dx * down + dy * right) };
  });
  return ways.filter(({ along }) => along > 0).sort((one, two) => one.length - two.length)[0]?.other || area;
}

function pick(map, area) {
  const picked = map.querySelector('.picked');
  const link = document.createElement('a');
  link.href = area.href.baseVal;
  link.textContent = picked.dataset.go;
  picked.replaceChildren(area.querySelector('title').textContent, ' ', link);
  map.querySelector('[aria-current]')?.removeAttribute('aria-current');
  area.setAttribute('aria-current', 'true');
  map.querySelector('.mark').setAttribute('href', area.querySelector('use').getAttribute('href'));
  for (const other of area.parentElement.children) { other.tabIndex = other === area ? 0 : -1; }
}

const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
for (const map of document.querySelectorAll('.map')) {
  for (const areas of map.querySelectorAll('.areas')) { areas.firstElementChild.tabIndex = 0; }
  const areaOf = (event) => event.target.closest('.areas a');
  map.addEventListener('click', (event) => {
    const area = areaOf(event);
    if (area && !area.hasAttribute('aria-current')) {
      event.preventDefault();
      pick(map, area);
    }
  });
  map.addEventListener('focusin', (event) => {
    if (areaOf(event)?.matches(':focus-visible')) { pick(map, areaOf(event)); }
  });
  map.addEventListener('keydown', (event) => {
    if (event.key in ARROWS && areaOf(event)) {
      event.preventDefault();
      neighbour(areaOf(event), ARROWS[event.key]).focus();
    }
  });
  for (const choice of map.querySelectorAll('[type=radio]')) {
    if (state.get(choice.name) === choice.id) { choice.checked = true; }
    choice.addEventListener('change', () => remember(choice.name, choice.id));
  }
  for (const level of map.querySelectorAll('[name=level]')) {
    level.addEventListener('change', () => map.querySelector('.mark').setAttribute('href', ''));
  }
}

// A table that does not scroll is no region, and no stop of the keyboard.
const regions = [...document.querySelectorAll('.scroll')].map((element) => [element, element.getAttribute('aria-label')]);
function markRegions() {
  for (const [element, label] of regions) {
    const scrolls = element.scrollWidth > element.clientWidth;
    for (const [name, value] of [['role', 'region'], ['tabindex', '0'], ['aria-label', label]]) {
      if (scrolls) { element.setAttribute(name, value); } else { element.removeAttribute(name); }
    }
  }
}
new ResizeObserver(markRegions).observe(document.body);
for (const details of document.querySelectorAll('details')) { details.addEventListener('toggle', markRegions); }
