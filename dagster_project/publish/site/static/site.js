// Adds to pages that work without it: search, sorting, filters, charts and the map. Figures are read from the tables.
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

// Search: names of all areas; the answer is a page.
const search = document.querySelector('form.search');
if (search && window.arsplanAreas) {
  const home = document.body.dataset.home;
  const list = document.getElementById('areas');
  const message = search.querySelector('.message');
  for (const [, name] of window.arsplanAreas) {
    list.append(new Option(name));
  }
  search.hidden = false;
  const plain = (text) => text.trim().toLocaleLowerCase('sv').normalize('NFD').replace(/[\u0300-\u036f]/g, '');
  const exact = (text) => text.trim().toLocaleLowerCase('sv');
  const pageOf = (text) => {
    const areas = window.arsplanAreas;
    const found = text.trim() && (areas.find(([code, name]) => code === text.trim() || exact(name) === exact(text))
      || areas.find(([, name]) => plain(name) === plain(text))
      || areas.find(([, name]) => plain(name).startsWith(plain(text)))
      || areas.find(([, name]) => plain(name).includes(plain(text))));
    return found && `${home}${found[0].length === 2 ? 'lan' : 'kommun'}/${found[0]}/index.html`;
  };
  search.addEventListener('submit', (event) => {
    event.preventDefault();
    const target = pageOf(search.elements.area.value);
    message.textContent = target ? '' : search.dataset.none;
    if (target) { location.href = target; }
  });
}

// Sorting: a button in each column heading.
function sortBy(table, column, heading) {
  const descending = heading.getAttribute('aria-sort') === 'ascending';
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
}

for (const table of document.querySelectorAll('table.sortable')) {
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'sort';
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener('click', () => sortBy(table, column, heading));
  });
}

// Filter of the long table.
const filter = document.getElementById('filter');
if (filter) {
  const rows = [...document.querySelectorAll('#plan tbody tr')];
  const status = filter.parentElement.querySelector('[role=status]');
  filter.parentElement.hidden = false;
  filter.addEventListener('input', () => {
    const wanted = filter.value.trim().toLocaleLowerCase('sv');
    let shown = 0;
    for (const row of rows) {
      const name = `${cellText(row.cells[0])} ${cellText(row.cells[1])}`.toLocaleLowerCase('sv');
      row.hidden = !name.includes(wanted);
      shown += !row.hidden;
    }
    status.textContent = status.dataset.text.replace('{n}', shown);
  });
}

// Charts: the columns that name a field become the rows of a specification.
function rowsOf(table) {
  const fields = [...table.tHead.rows[0].cells].map((cell) => cell.dataset.field);
  return [...table.tBodies[0].rows].map((row) => {
    const link = row.querySelector('th a');
    const found = { code: row.dataset.code, page: link ? link.href : '' };
    fields.forEach((field, column) => {
      if (!field) { return; }
      const cell = row.cells[column];
      const time = cell.querySelector('time');
      if (time) {
        found[field] = time.dateTime;
      } else if (field === 'month') {
        found[field] = cellText(cell).slice(0, 3);
      } else if (field === 'area' || field === 'status') {
        found[field] = cellText(cell);
      } else {
        found[field] = number(cellText(cell));
        found[`${field}_text`] = cellText(cell);
      }
    });
    return found;
  });
}

const dark = window.matchMedia('(prefers-color-scheme: dark)');

function look() {
  const style = getComputedStyle(page);
  const ink = style.getPropertyValue('--ink').trim();
  const line = style.getPropertyValue('--line').trim();
  const text = { labelColor: ink, titleColor: ink, labelFontSize: 12, titleFontSize: 12 };
  return {
    background: 'transparent',
    font: 'system-ui, sans-serif',
    view: { stroke: null },
    axis: { ...text, gridColor: line, domainColor: line, tickColor: line, titleFontWeight: 'normal' },
    legend: { ...text, titleFontWeight: 'normal', labelLimit: 300 },
    range: { category: dark.matches ? ['#9aa7b3', '#6cb4ee', '#ffce54'] : ['#8b97a3', '#14507a', '#b35c00'] },
    aria: false,
  };
}

const locales = swedish
  ? { formatLocale: { decimal: ',', thousands: '\u00a0', grouping: [3], currency: ['', ''], minus: '−' } }
  : {};

function draw(figure) {
  const specification = structuredClone(window.arsplanCharts[figure.dataset.chart]);
  specification.datasets = { rows: rowsOf(document.getElementById(figure.dataset.table)) };
  const measure = document.getElementById('measure');
  if (figure.classList.contains('map')) {
    specification.datasets.shapes = window.arsplanShapes;
    specification.params.find(({ name }) => name === 'measure').value = measure.value;
    specification.encoding.color.legend.title = measure.selectedOptions[0].text;
  }
  figure.hidden = false;
  specification.config = { ...specification.config, ...look() };
  return window.vegaEmbed(figure, specification, { renderer: 'svg', actions: false, ...locales })
    .then(({ view }) => {
      view.addEventListener('click', (_event, item) => {
        if (item && item.datum && item.datum.page) { location.href = item.datum.page; }
      });
      figure.querySelector('svg').setAttribute('aria-hidden', 'true');
      figure.dataset.drawn = figure.dataset.chart;
    });
}

if (window.vegaEmbed && window.arsplanCharts) {
  const figures = [...document.querySelectorAll('figure.chart')];
  figures.forEach(draw);
  dark.addEventListener('change', () => figures.forEach(draw));
  const measure = document.getElementById('measure');
  if (measure) {
    measure.closest('.map-choice').hidden = false;
    measure.addEventListener('change', () => {
      const map = document.querySelector('figure.map');
      map.dataset.chart = measure.selectedOptions[0].dataset.chart;
      draw(map);
    });
  }
}
