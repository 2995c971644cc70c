// Tries a redistribution: what it would do to kommuntal, plans and the county's margin. First the contract's rules R1 to
// R4, without the page, as the models in dbt have them; a test holds them against the pipeline. Months are 1 to 12.
'use strict';

// R1: kommuntal on a day: the latest decision in force, and what was moved since; null where none is in force.
function kommuntalOn(day, { decisions, moves }) {
  const decision = decisions.filter(([from]) => from <= day).at(-1);
  if (!decision) { return null; }
  const since = moves.filter(([from]) => decision[0] <= from && from <= day);
  return since.reduce((sum, [, persons]) => sum + persons, decision[1]);
}

// R4: f, the first month that a change of this day, in the year or before, remakes; 13 where none is left.
function firstChangedMonth(day, year) {
  if (day <= `${year}-01-01`) { return 1; }
  return Number(day.slice(5, 7)) + (day.endsWith('-01') ? 0 : 1);
}

// R4: weights of the open months, as BigInt: products of persons and weights pass 2^53.
function monthWeights(remaining, months, fixed, profile) {
  const sum = (numbers) => numbers.reduce((one, other) => one + other, 0n);
  const free = sum(months.map((month, place) => fixed.has(month) ? 0n : profile[place]));
  const left = remaining - sum(months.map((month) => fixed.get(month) ?? 0n));
  const wanted = months.map((month, place) => fixed.has(month) ? fixed.get(month) * (free || 1n) : (left > 0n ? left : 0n) * profile[place]);
  return sum(wanted) ? wanted : profile;
}

// R4: whole persons by month; (rank + ½) / n is added before rounding down, so that small municipalities spread out.
function divided(remaining, weights, rank, n) {
  const total = weights.reduce((one, other) => one + other, 0n);
  if (!total) { return weights.map(() => 0); }
  const until = (sum) => (remaining * sum * 2n * n + (2n * rank + 1n) * total) / (2n * n * total);
  let sum = 0n;
  return weights.map((weight) => {
    sum += weight;
    return Number(until(sum) - until(sum - weight));
  });
}

// R4: the latest plan, made anew by every change in turn. `inputs` are a municipality's decisions, moves and wishes.
function latestPlan(year, inputs, profile, rank, n) {
  const start = inputs.decisions[0][0];
  const days = [...inputs.decisions, ...inputs.moves, ...inputs.wishes].map(([day]) => day < start ? start : day);
  let planned = Array(12).fill(0);
  for (const day of [...new Set(days)].sort()) {
    const first = firstChangedMonth(day, year);
    const kept = planned.slice(0, first - 1);
    const months = planned.map((_, place) => place + 1).slice(first - 1);
    const fixed = new Map(inputs.wishes.filter(([from]) => from <= day).map(([, month, persons]) => [month, BigInt(persons)]));
    const left = kommuntalOn(day, inputs) - kept.reduce((one, other) => one + other, 0);
    const remaining = BigInt(Math.max(0, left));
    const weights = monthWeights(remaining, months, fixed, profile.slice(first - 1).map(BigInt));
    planned = [...kept, ...divided(remaining, weights, BigInt(rank), BigInt(n))];
  }
  return planned;
}

// R3: the least margin of a county to its länstal, now or later in the year, and from when; null where there is none.
function marginAhead(spells, now, moved) {
  const ahead = spells.filter(([, to, margin]) => to >= now && margin !== null);
  const margins = ahead.map(([from, , margin]) => ({ from, margin: margin + moved(from) }));
  return margins.reduce((least, one) => least && least.margin <= one.margin ? least : one, null);
}

// One end of the move: kommuntal and plan now and after.
function movedEnd(plans, year, county, code, persons, day) {
  const { weights, municipalities } = plans.years[year];
  const now = municipalities[code];
  const after = { ...now, moves: [...now.moves, [day, persons]] };
  const days = [...now.decisions, ...now.moves].map(([from]) => from).filter((from) => from > day);
  const register = plans.counties[county];
  const plan = (inputs) => latestPlan(year, inputs, weights, register.indexOf(code), register.length);
  return {
    kommuntal: [kommuntalOn(day, now), kommuntalOn(day, after)],
    atYearEnd: kommuntalOn(`${year}-12-31`, after),
    least: Math.min(...[day, ...days].map((from) => kommuntalOn(from, after))),
    plan: [plan(now), plan(after)],
    containedFrom: now.decisions.map(([from]) => from).find((from) => from > day),
    movedOn: (from) => (kommuntalOn(from, after) ?? 0) - (kommuntalOn(from, now) ?? 0),
  };
}

// What a redistribution would do, or by `obstacle` why it cannot be applied (R2) or may not.
function tried(plans, { year, from, to, persons, day }) {
  const countyOf = (code) => Object.keys(plans.counties).find((county) => plans.counties[county].includes(code));
  const county = countyOf(from);
  const known = plans.years[year]?.municipalities ?? {};
  const hasKommuntal = (code) => known[code] && kommuntalOn(day, known[code]) !== null;
  if (county !== countyOf(to)) { return { obstacle: 'different_counties' }; }
  if (from === to) { return { obstacle: 'same_municipality' }; }
  if (day.slice(0, 4) < plans.asOf.slice(0, 4)) { return { obstacle: 'year_over' }; }
  if (day.slice(0, 4) !== `${year}`) { return { obstacle: 'outside_year' }; }
  if (!hasKommuntal(from) || !hasKommuntal(to)) { return { obstacle: 'no_kommuntal' }; }
  const ends = { from: movedEnd(plans, year, county, from, -persons, day), to: movedEnd(plans, year, county, to, persons, day) };
  const now = plans.asOf > `${year}-01-01` ? plans.asOf : `${year}-01-01`;
  const spells = plans.years[year].margins[county] ?? [];
  return {
    obstacle: ends.from.least < 0 ? 'negative' : null,
    firstMonth: firstChangedMonth(day, year),
    ends,
    margin: [marginAhead(spells, now, () => 0), marginAhead(spells, now, (spell) => ends.from.movedOn(spell) + ends.to.movedOn(spell))],
  };
}

// The page: a form whose whole state is in the address, and the answer below it.
if (typeof document !== 'undefined') {
  const form = document.querySelector('form.try');
  const result = document.querySelector('.tried');
  const { fran, till, personer, datum, ar } = form.elements;
  const plans = window.arsplanPlans;
  const municipalities = window.arsplanAreas.filter(([code]) => code.length === 4);
  const nameOf = (code) => municipalities.find(([other]) => other === code)?.[1] ?? code;
  const counted = new Intl.NumberFormat(swedish ? 'sv-SE' : 'en-GB');
  const signedly = new Intl.NumberFormat(swedish ? 'sv-SE' : 'en-GB', { signDisplay: 'exceptZero' });
  const shown = (persons) => persons === null ? '–' : counted.format(persons);
  const said = (day, parts) => new Date(`${day}T12:00`).toLocaleDateString(swedish ? 'sv-SE' : 'en-GB', parts);
  const longDay = (day) => said(day, { day: 'numeric', month: 'long', year: 'numeric' });
  const nowIn = (year) => plans.asOf > `${year}-01-01` ? plans.asOf : `${year}-01-01`;

  // What is wrong with a field, and nothing if it is as it should be.
  function fault(field) {
    const { dataset } = document.getElementById(`${field.id}-fault`);
    if (field === personer) { return /^[1-9]\d{0,14}$/.test(field.value.trim()) ? '' : dataset.fault; }
    if (field === datum) { return field.value ? '' : dataset.fault; }
    const found = fitting(field.value, municipalities);
    if (found.length === 1) { field.value = found[0][1]; }
    const several = `${dataset.several} ${found.slice(0, 12).map(([, name]) => name).join(', ')}`;
    return found.length === 1 ? '' : found.length ? several : dataset.fault;
  }

  // The first field that is not as it should be; of an empty one nothing is said before somebody has been there.
  function firstFault() {
    const wrong = [fran, till, personer, datum].find((field) => fault(field));
    for (const field of [fran, till, personer, datum]) {
      const told = field === wrong && (field.value || field === document.activeElement) ? fault(field) : '';
      document.getElementById(`${field.id}-fault`).textContent = told;
      if (told) { field.setAttribute('aria-invalid', 'true'); } else { field.removeAttribute('aria-invalid'); }
    }
    return wrong;
  }

  function valuesOf(asked, answer) {
    const { year, day, persons } = asked;
    const values = { year, day: longDay(day), persons: shown(persons), from: nameOf(asked.from), to: nameOf(asked.to) };
    values.short_day = swedish ? day : said(day, { day: 'numeric', month: 'short', year: 'numeric' });
    values[`year_${year}`] = true;
    values[answer.obstacle ?? 'valid'] = true;
    if (answer.obstacle === 'year_over') { values.year = day.slice(0, 4); }
    if (answer.obstacle === 'negative') { values.least = shown(answer.ends.from.least); }
    if (answer.obstacle) { return values; }
    for (const [end, { kommuntal, atYearEnd, plan, containedFrom }] of Object.entries(answer.ends)) {
      const planned = plan[1].reduce((one, other) => one + other, 0);
      Object.assign(values, { [`${end}_before`]: shown(kommuntal[0]), [`${end}_after`]: shown(kommuntal[1]) });
      Object.assign(values, { [`${end}_planned`]: shown(planned), [`${end}_year_end`]: shown(atYearEnd) });
      values[`${end}_unequal`] = planned !== atYearEnd;
      values[`${end}_contained`] = containedFrom && longDay(containedFrom);
    }
    const [before, after] = answer.margin;
    values.margin_before = shown(before && before.margin);
    values.margin_after = shown(after && after.margin);
    values.margin_from = after && after.from > nowIn(year) && longDay(after.from);
    values.no_month = answer.firstMonth > 12;
    values.first_month = answer.firstMonth <= 12 && said(`${year}-${`${answer.firstMonth}`.padStart(2, '0')}-01`, { month: 'long' });
    const remade = `${year}-${`${answer.firstMonth}`.padStart(2, '0')}-01`;
    values.begun = answer.firstMonth <= 12 && remade <= nowIn(year) && day < nowIn(year) && longDay(plans.asOf);
    return values;
  }

  function fillPlan(end, [now, after]) {
    const total = (months) => months.reduce((one, other) => one + other, 0);
    const rows = document.querySelectorAll(`#plan-${end} tbody tr`);
    [...now, total(now)].forEach((persons, place) => {
      const changed = [...after, total(after)][place];
      const cells = [shown(persons), shown(changed), signedly.format(changed - persons)];
      [...rows[place].cells].slice(1).forEach((cell, column) => { cell.textContent = cells[column]; });
    });
  }

  function show(asked) {
    const answer = tried(plans, asked);
    const values = valuesOf(asked, answer);
    for (const element of result.querySelectorAll('[data-text]')) {
      element.textContent = element.dataset.text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
    }
    for (const element of result.querySelectorAll('[data-if]')) { element.hidden = !values[element.dataset.if]; }
    if (!answer.obstacle) { Object.entries(answer.ends).forEach(([end, { plan }]) => fillPlan(end, plan)); }
  }

  // Shows the result where all is given; returns what is to be looked at next.
  function answer() {
    const wrong = firstFault();
    result.hidden = Boolean(wrong);
    if (wrong) { return wrong; }
    const code = (field) => fitting(field.value, municipalities)[0][0];
    const asked = { year: ar.value, from: code(fran), to: code(till), persons: Number(personer.value), day: datum.value };
    const named = { fran: asked.from, till: asked.to, personer: asked.persons, datum: asked.day };
    named.ar = asked.year === asked.day.slice(0, 4) ? '' : asked.year;
    for (const [name, value] of Object.entries(named)) { remember(name, value); }
    show(asked);
    return document.getElementById('tried');
  }

  const day = state.get('datum') ?? '';
  ar.value = state.get('ar') ?? day.slice(0, 4);
  if (ar.selectedIndex < 0) { ar.value = plans.asOf.slice(0, 4); }
  if (ar.selectedIndex < 0) { ar.selectedIndex = 0; }
  fran.value = nameOf(state.get('fran') ?? '');
  till.value = nameOf(state.get('till') ?? '');
  personer.value = state.get('personer') ?? '';
  datum.value = day || nowIn(ar.value);
  document.getElementById('municipalities').append(...municipalities.map(([, name]) => new Option(name)));
  document.querySelector('.needs-scripts').hidden = true;
  form.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    answer().focus();
  });
  ar.addEventListener('change', () => { datum.value = nowIn(ar.value); });
  form.addEventListener('change', answer);
  answer().focus();
}
