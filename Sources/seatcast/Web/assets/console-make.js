// The console's form for a new event with its ticket types. What a field may have, the server says: it names those that are
// wrong.

import { byId, copyOf, focusOn } from './dom.js';
import { onSubmit } from './forms.js';

const TEXTS = ['venue', 'description', 'status'];
const TIMES = ['startsAt', 'opensAt', 'closesAt'];
const NUMBERS = ['maxPerBooking', 'maxPerUser'];

/** The fields as the API takes them; what is empty is left to the server, and a type without a name is none. */
export function draftOf(fields, types) {
  const given = (names, read) =>
    Object.fromEntries(names.filter((name) => fields[name]).map((name) => [name, read(fields[name])]));
  const named = types.filter(({ name }) => name.trim());
  return {
    name: fields.name,
    seatCapacity: Number(fields.seatCapacity),
    ...given(TEXTS, (text) => text),
    ...given(TIMES, (text) => new Date(text).toISOString()),
    ...given(NUMBERS, Number),
    ...(fields.holdMinutes && { holdSeconds: Math.round(60 * Number(fields.holdMinutes)) }),
    ...(named.length > 0 && {
      types: named.map(({ name, capacity }) => ({ name, ...(capacity && { capacity: Number(capacity) }) })),
    }),
  };
}

function typeRow(number) {
  const row = copyOf('make-type').firstElementChild;
  row.querySelector('.remove').setAttribute('aria-label', `Remove ticket type ${number}`);
  row.querySelector('.remove').onclick = () => {
    row.remove();
    focusOn(byId('add-type'));
  };
  return row;
}

export function makeView(app) {
  byId('page').replaceChildren(copyOf('make-view'));
  const rows = byId('make-types');
  byId('add-type').onclick = () => {
    const row = typeRow(rows.children.length + 1);
    rows.append(row);
    row.querySelector('.type-name').focus();
  };
  onSubmit(app, byId('make-form'), async (fields) => {
    const types = Array.from(rows.children, (row) => ({
      name: row.querySelector('.type-name').value, capacity: row.querySelector('.type-capacity').value,
    }));
    const made = await app.api.createEvent(draftOf(fields, types));
    app.learn([made]);
    location.hash = `#/events/${made.id}`;
  });
  return { title: 'New event', show() {} };
}
