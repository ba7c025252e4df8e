// Seats that are held for the person who looks at the page: how long they still are, and confirming, extending and
// letting them go. The times are the server's; a hold that ends is told in words, also to screen readers, once.

import { passOver } from './api.js';
import { announce, copyOf, patchList, say, setInactive, tell } from './dom.js';
import { attempt } from './forms.js';
import { canExtend } from './sale.js';
import { clockTime, duration, seats, timeLeft } from './words.js';

/** A hold that ends so soon is told once more. */
const SOON_MS = 60_000;
const TICK_MS = 1_000;

/** The server may end a hold so long before our estimate of its clock does. */
const CLOCK_ERROR_MS = 1_500;

/** `changed(answer)`: a booking has changed; the server's answer, or null. `nameOf(typeId)`: a ticket type's name. */
export function holdList(app, { part, outcome, changed, nameOf }) {
  const list = part('holds');
  const offered = new Set();
  const warned = new Set();
  /** Confirmed or let go here: their end is no news. */
  const settled = new Set();
  let holds = [];
  let event = {};
  let timer = null;

  const leftOf = ({ expiresAt }) => Date.parse(expiresAt) - app.now();

  function show(found) {
    const before = holds;
    holds = found.filter((hold) => leftOf(hold) > 0);
    const stays = (id) => holds.some(({ bookingId }) => bookingId === id) || settled.has(id);
    before.filter((hold) => leftOf(hold) <= CLOCK_ERROR_MS && !stays(hold.bookingId)).forEach(lapsed);
    draw();
    clearInterval(timer);
    timer = holds.length > 0 ? setInterval(tick, TICK_MS) : null;
  }

  function draw() {
    part('checkout').hidden = holds.length === 0;
    patchList(list, holds, {
      key: ({ bookingId }) => bookingId,
      make: ({ bookingId }) => makeRow(bookingId),
      update: fillRow,
      fallback: part('book-title'),
    });
  }

  function tick() {
    if (!list.isConnected) return clearInterval(timer);
    for (const hold of holds) {
      if (leftOf(hold) > SOON_MS || leftOf(hold) <= 0 || warned.has(hold.expiresAt)) continue;
      warned.add(hold.expiresAt);
      announce(`The hold of ${seats(hold.quantity)} ends in less than a minute.`);
    }
    if (holds.every((hold) => leftOf(hold) > 0)) return draw();
    show(holds);
    changed(null).catch(passOver);
  }

  function lapsed({ quantity }) {
    const words = `Your hold of ${seats(quantity)} has ended, and nothing was booked. The seats are free again.`;
    tell(outcome, words, false);
  }

  function makeRow(bookingId) {
    const row = copyOf('hold-row').firstElementChild;
    const find = () => holds.find((hold) => hold.bookingId === bookingId);
    const on = (name, action) => {
      const button = row.querySelector(name);
      button.onclick = () => attempt(app, button, outcome, () => action(find()));
    };
    on('.confirm', async ({ quantity }) => {
      const answer = await app.api.changeHold(bookingId, 'confirm');
      settled.add(bookingId);
      await changed(answer);
      return `Booked ${seats(quantity)}: ${bookingId}`;
    });
    on('.extend', async () => {
      const { expiresAt } = await app.api.changeHold(bookingId, 'extend');
      await changed(null);
      return `Held until ${clockTime(expiresAt)}.`;
    });
    on('.release', async ({ quantity }) => {
      const answer = await app.api.cancelBooking(bookingId);
      settled.add(bookingId);
      await changed(answer);
      return `You have let ${seats(quantity)} go.`;
    });
    return row;
  }

  function fillRow(row, hold) {
    const [left, whole] = [leftOf(hold), Date.parse(hold.expiresAt) - Date.parse(hold.createdAt)];
    const place = (name) => row.querySelector(name);
    row.classList.toggle('soon', left <= SOON_MS);
    row.style.setProperty('--left', Math.min(1, left / whole).toFixed(4));
    place('.time').textContent = timeLeft(left);
    const isOffer = offered.has(hold.bookingId);
    say(place('strong'), `${seats(hold.quantity)} ${isOffer ? 'offered to you' : 'held for you'}`);
    const facts = [nameOf(hold.typeId), `until ${clockTime(hold.expiresAt)}`, hold.bookingId];
    say(place('small'), facts.filter(Boolean).join(' · '));
    say(place('.extend'), `${duration(event.holdExtensionSeconds ?? 0)} more`);
    place('.extend').hidden = !canExtend(hold, event);
    setInactive(place('.confirm'), place('.confirm').ariaBusy === 'true');
  }

  return {
    show,
    get count() {
      return holds.length;
    },
    noteOffer: (bookingId) => offered.add(bookingId),
    describe(facts) {
      event = facts;
      if (holds.length > 0) draw();
    },
  };
}
