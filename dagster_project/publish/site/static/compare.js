// The page that compares municipalities: which are shown, and filters of its columns; all of it in the address.
'use strict';

const MOST = 5;
const SIMILAR = 10;
const choose = document.getElementById('choose');

if (choose) {
  const table = document.getElementById('compared');
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.tHead.rows[0].cells].map(cellText);
  const names = new Map(window.arsplanAreas.map(([code, name]) => [code, name]));
  const add = document.getElementById('add');
  const similar = document.getElementById('similar');
  const status = choose.querySelector('[role=status]');
  let chosen = [...new Set((state.get('omrade') || '').split(','))].filter((code) => names.has(code));
  similar.checked = state.has('lika');

  // Kommuntal stands in the first column of numbers.
  const kommuntal = (row) => number(cellText(row.cells[3]));

  // The rows that are chosen: all where nothing is, those of a chosen county, and those of a like kommuntal.
  function chosenRows() {
    if (!chosen.length) { return new Set(rows); }
    const found = rows.filter(({ dataset: { code } }) => chosen.includes(code) || chosen.includes(code.slice(0, 2)));
    const known = (row) => kommuntal(row) !== null && !found.includes(row);
    const nearest = (one) => rows.filter(known).sort((a, b) => Math.abs(kommuntal(a) - kommuntal(one)) - Math.abs(kommuntal(b) - kommuntal(one)));
    const alikes = similar.checked ? found.filter((row) => chosen.includes(row.dataset.code) && kommuntal(row) !== null).flatMap((one) => nearest(one).slice(0, SIMILAR)) : [];
    return new Set([...found, ...alikes]);
  }

  const COMPARED = { '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b, '=': (a, b) => a === b };
  function fits(cell, wanted) {
    if (/^[<>=]+$/.test(wanted)) { return true; } // a sign is typed before its number
    const [, sign = '=', limit] = wanted.match(/^([<>]=?|=)?\s*([−-]?[\d\s.,]+?)\s*%?$/) || [];
    if (limit === undefined) { return alike(cellText(cell)).includes(alike(wanted)); }
    const value = number(cellText(cell));
    return value !== null && COMPARED[sign](value, number(limit));
  }

  const filters = document.createElement('tr');
  filters.className = 'column-filters';
  filters.append(...heads.map((head, column) => {
    const input = document.createElement('input');
    input.type = 'search';
    input.setAttribute('aria-label', choose.dataset.filter.replace('{column}', head));
    input.title = input.getAttribute('aria-label');
    input.value = state.get(`k${column + 1}`) || '';
    input.addEventListener('input', () => { remember(`k${column + 1}`, input.value.trim()); show(); });
    const cell = document.createElement('td');
    cell.append(input);
    return cell;
  }));
  table.tHead.append(filters);

  function show() {
    const wanted = [...filters.querySelectorAll('input')].map((input) => input.value.trim());
    const among = chosenRows();
    for (const row of rows) {
      row.hidden = !among.has(row) || !wanted.every((text, column) => !text || fits(row.cells[column], text));
    }
    status.textContent = choose.dataset.shown.replace('{n}', rows.filter((row) => !row.hidden).length);
    document.getElementById('chosen').replaceChildren(...chosen.map((code) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = `${names.get(code)} ×`;
      button.setAttribute('aria-label', choose.dataset.remove.replace('{area}', names.get(code)));
      button.addEventListener('click', () => { pickAreas(chosen.filter((other) => other !== code)); add.focus(); });
      const item = document.createElement('li');
      item.append(button);
      return item;
    }));
  }

  function pickAreas(codes) {
    chosen = codes;
    remember('omrade', chosen.join(','));
    show();
  }

  choose.addEventListener('submit', (event) => {
    event.preventDefault();
    const found = fitting(add.value);
    const [code] = found[0] || [];
    if (!found.length) { status.textContent = choose.dataset.none; return; }
    if (found.length > 1) { status.textContent = `${choose.dataset.several} ${found.slice(0, 12).map(([, name]) => name).join(', ')}`; return; }
    if (code.length === 4 && !chosen.includes(code) && chosen.filter((one) => one.length === 4).length >= MOST) {
      status.textContent = choose.dataset.most;
      return;
    }
    add.value = '';
    pickAreas([...new Set([...chosen, code])]);
    choose.scrollIntoView();
  });
  similar.addEventListener('change', () => { remember('lika', similar.checked ? '1' : ''); show(); });
  document.getElementById('all').addEventListener('click', () => {
    for (const [column, input] of filters.querySelectorAll('input').entries()) {
      input.value = '';
      remember(`k${column + 1}`, '');
    }
    pickAreas([]);
  });
  choose.hidden = false;
  show();
}
