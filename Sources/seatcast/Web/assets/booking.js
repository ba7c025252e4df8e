// The booking panel: ticket type and quantity, booking at once or holding, the waiting list, and the bookings one has.
// Which holds and bookings there are, the server says: the panel shows the same after a reload.

import { ApiError, passOver } from './api.js';
import { announce, copyOf, element, focusOn, panelOf, patchList, pause, say, setInactive, tell } from './dom.js';
import { attempt } from './forms.js';
import { holdList } from './holds.js';
import { chooseType, eventOfType, quantityProblem, saleState, wantedSeats } from './sale.js';
import { waitingList } from './waiting.js';
import { duration, number, seats } from './words.js';

/** A list of bookings is asked for again at most so often. */
const LIST_EVERY_MS = 800;

/** `reload()` reads the event again after a refusal. */
export function bookingPanel(app, event, reload) {
  const { section, part } = panelOf('booking-panel');
  const [quantity, book, hold] = [part('quantity'), part('book'), part('hold')];
  const outcome = part('book-outcome');
  let isCurrent = true;
  let typeId = null;

  const isOwn = ({ userId }) => String(userId) === String(app.me?.id);
  const typeNow = () => chooseType(event, typeId, app.now());
  /** The event as the chosen type makes it. */
  const offer = () => eventOfType(event, typeNow());
  const nameOf = (id) => event.types?.find((type) => type.id === id)?.name ?? '';
  const holds = holdList(app, { part, outcome, changed, nameOf });
  const waiting = waitingList(app, { part, outcome, offered, order });

  const most = () => offer().maxPerBooking || 10;
  const want = (value) => {
    quantity.value = Math.min(most(), Math.max(1, value));
    label();
  };
  part('fewer').onclick = () => want((wantedSeats(quantity.value) ?? 2) - 1);
  part('one-more').onclick = () => want((wantedSeats(quantity.value) ?? 0) + 1);
  quantity.oninput = () => label();

  function order() {
    const type = typeNow();
    return { quantity: wantedSeats(quantity.value), ...(type && { typeId: type.id }) };
  }

  /** Puts the buttons, the reason beside them and the fields in the state of the sale. */
  function label() {
    const facts = offer();
    const { kind, reason } = saleState(facts, app.now());
    const problem = quantityProblem(quantity.value, facts, isCurrent);
    const words = reason ?? problem;
    const wanted = words === null ? seats(wantedSeats(quantity.value)) : 'seats';
    quantity.max = most();
    quantity.setAttribute('aria-invalid', String(reason === null && problem !== null));
    say(part('book-reason'), words ?? '');
    say(book, `Book ${wanted}`);
    say(hold, `Hold ${wanted} for ${duration(event.holdSeconds)}`);
    hold.hidden = !event.holdSeconds || reason !== null;
    for (const button of [book, hold]) setInactive(button, words !== null || button.ariaBusy === 'true');
    showTypes();
    holds.describe(event);
    waiting.describe(event, kind === 'sold_out' && quantityProblem(quantity.value, facts, false) === null);
  }

  function showTypes() {
    const chosen = typeNow()?.id;
    part('type-field').hidden = chosen === undefined;
    patchList(part('type-choice'), event.types ?? [], {
      key: ({ id }) => id,
      make: (type) => typeChoice(type, () => {
        typeId = type.id;
        label();
      }),
      update: (row, type) => {
        row.querySelector('input').checked = type.id === chosen;
        say(row.querySelector('.type-name'), type.name);
        say(row.querySelector('.type-left'), typeWords(event, type, app.now()));
      },
    });
  }

  part('book-form').addEventListener('submit', (submit) => {
    submit.preventDefault();
    attempt(app, book, outcome, () => bookOnce(false)).finally(label);
  });
  hold.onclick = () => attempt(app, hold, outcome, () => bookOnce(true)).finally(label);

  async function bookOnce(isHold) {
    const { quantity: count, typeId: ticketType } = order();
    const sayWhy = (error) => tell(outcome, `${error.message} Asking again…`, false);
    const wanted = { quantity: count, hold: isHold, ticketType };
    const made = await app.live.book(event.id, wanted, sayWhy).catch((error) => {
      if (error instanceof ApiError && !error.isPassing) reload().catch(passOver);
      throw error;
    });
    await listBookings().catch(passOver);
    if (!isHold) return `Booked ${seats(count)}: ${made.bookingId}`;
    focusOn(part('holds').querySelector('.primary'));
    return `Held for you: ${seats(count)}. Confirm in time to have them.`;
  }

  /** An order from before a reload, say: the same one again is not a second one. */
  function remind({ quantity: count, hold: isHold, ticketType = null }) {
    if (quantity.value !== '1' || outcome.textContent) return;
    [quantity.value, typeId] = [count, ticketType];
    label();
    const again = `“${isHold ? 'Hold' : 'Book'} ${seats(count)}”`;
    tell(outcome, `No answer came to your order of ${seats(count)}. Press ${again} to ask again: it is made once.`, false);
  }

  async function listBookings() {
    const page = await app.api.bookings(event.id);
    holds.show(page.items.filter((booking) => booking.status === 'held' && isOwn(booking)));
    const active = page.items.filter(
      (booking) => booking.status === 'confirmed' || (booking.status === 'held' && !isOwn(booking)));
    patchList(part('bookings'), active, {
      key: ({ bookingId }) => bookingId,
      make: (booking) => bookingRow(app, booking, { changed, outcome, type: nameOf(booking.typeId) }),
      fallback: part('bookings-title'),
    });
  }

  /** A booking was cancelled, or a hold ended in one way or the other. */
  function changed(answer) {
    if (answer) app.live.learn(event.id, answer);
    return listBookings();
  }

  function offered({ bookingId, quantity: count }) {
    holds.noteOffer(bookingId);
    tell(outcome, '', true);
    announce(`${seats(count)} from the waiting list: confirm in time to have them.`);
    listBookings().catch(passOver);
  }

  let listing = null;
  /** Own bookings may be made in another tab; an admin sees everybody's. */
  function noticed({ type, userId }) {
    if (!type.startsWith('booking_') || (String(userId) !== String(app.me?.id) && !app.isAdmin)) return;
    listing ??= pause(LIST_EVERY_MS).then(() => {
      listing = null;
      return listBookings();
    }).catch(passOver);
  }

  function describe(facts, isKnownNow) {
    // What was told to this user alone may have been missed.
    if (isKnownNow && !isCurrent && (waiting.isWaiting || holds.count > 0)) {
      listBookings().catch(passOver);
      waiting.look();
    }
    [event, isCurrent] = [facts, isKnownNow];
    label();
  }

  if (app.isAdmin) say(part('bookings-title'), 'All bookings');
  label();
  listBookings().catch(passOver);
  app.live.unanswered(event.id).then(([order]) => order && remind(order));
  waiting.begin();
  return { section, describe, noticed, told: waiting.told, title: part('book-title') };
}

/** What is left of a type, or why none of it can be had. */
export function typeWords(event, type, now) {
  const { kind, label } = saleState(eventOfType(event, type), now);
  return ['not_open', 'ended', 'sold_out'].includes(kind) ? label : `${number(type.available)} free`;
}

function typeChoice({ id }, onChosen) {
  const input = element('input');
  Object.assign(input, { type: 'radio', name: 'type', value: id, onchange: onChosen });
  input.dataset.test = 'type-choice';
  const words = element('span', 'type-words', element('span', 'type-name auto'), element('small', 'type-left auto'));
  return element('li', '', element('label', 'choice', input, words));
}

function bookingRow(app, booking, { changed, outcome, type }) {
  const row = copyOf('booking-row').firstElementChild;
  row.dataset.bookingId = booking.bookingId;
  say(row.querySelector('strong'), [seats(booking.quantity), type].filter(Boolean).join(' · '));
  row.querySelector('.code').textContent = booking.bookingId;
  const isOthers = app.isAdmin && String(booking.userId) !== String(app.me.id);
  const state = booking.status === 'held' ? 'held' : '';
  say(row.querySelector('.who'), [isOthers ? `user ${booking.userId}` : '', state].filter(Boolean).join(' · '));
  const button = row.querySelector('button');
  button.setAttribute('aria-label', `Cancel booking ${booking.bookingId} of ${seats(booking.quantity)}`);
  button.onclick = () =>
    attempt(app, button, outcome, async () => {
      await changed(await app.api.cancelBooking(booking.bookingId));
      return `Cancelled ${seats(booking.quantity)}: ${booking.bookingId}`;
    });
  return row;
}
