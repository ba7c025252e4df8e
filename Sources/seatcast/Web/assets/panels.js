// The panels beside a view: log-in, a new event, management, booking. Each is made complete and returned as
// `{ section, describe?(event, isCurrent), noticed?(notice), title }`; `title` is where the focus goes when
// the panel replaces another. `app` is the object that app.js makes.

import { ApiError, idempotencyKey, passOver } from './api.js';
import { copyOf, isInactive, keepFocus, panelOf, patchList, pause, say, setInactive, tell } from './dom.js';
import { quantityProblem, saleState, wantedSeats } from './sale.js';
import { number, seats } from './words.js';

/** A booking whose answer got lost is asked again so often, with the same key. */
const BOOKING_ATTEMPTS = 4;
/** Longer waits than this are left to the person. */
const LONGEST_OWN_WAIT_S = 5;
/** A list of bookings is asked for again at most so often. */
const LIST_EVERY_MS = 800;

/**
 * Does what a form or button asks for, once at a time, and tells the outcome in words. The button is inactive
 * while the answer is awaited and for as long as the server asks to wait; it keeps the focus.
 */
async function attempt(app, button, outcome, action) {
  if (isInactive(button) || button.ariaBusy === 'true') return;
  setBusy(button, true);
  tell(outcome, '', true);
  let waitSeconds = 0;
  try {
    const words = await action();
    if (words) tell(outcome, words, true);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.isSignedOut && app.me) return app.sessionEnded();
    tell(outcome, error.message, false);
    if (error.status === 429) waitSeconds = error.retryAfterSeconds ?? 1;
  } finally {
    if (waitSeconds === 0) setBusy(button, false);
  }
  if (waitSeconds === 0) return;
  const words = outcome.textContent;
  await pause(waitSeconds * 1000);
  setBusy(button, false);
  if (outcome.textContent === words) tell(outcome, '', true);
}

function setBusy(button, isBusy) {
  button.ariaBusy = String(isBusy);
  setInactive(button, isBusy);
}

function onSubmit(app, form, action) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    attempt(app, form.querySelector('[type="submit"]'), form.querySelector('.outcome'), () => action(fields));
  });
}

export function accountPanel(app, reason) {
  const { section, part } = panelOf('account-panel');
  tell(part('enter-reason'), reason, false);
  const choose = (isRegistering) => {
    part('login-form').hidden = isRegistering;
    part('register-form').hidden = !isRegistering;
    part('choose-login').setAttribute('aria-pressed', String(!isRegistering));
    part('choose-register').setAttribute('aria-pressed', String(isRegistering));
  };
  part('choose-login').onclick = () => choose(false);
  part('choose-register').onclick = () => choose(true);
  onSubmit(app, part('login-form'), async ({ email, password }) =>
    app.signIn(await app.api.login(email, password)));
  onSubmit(app, part('register-form'), async ({ email, password, name }) =>
    app.signIn(await app.api.register(email, password, name)));
  return { section, title: part('enter-title') };
}

export function createPanel(app) {
  const { section, part } = panelOf('create-panel');
  onSubmit(app, part('create-form'), async (fields) => {
    const draft = { name: fields.name, seatCapacity: Number(fields.seatCapacity) };
    for (const name of ['venue', 'description']) if (fields[name]) draft[name] = fields[name];
    for (const name of ['startsAt', 'opensAt']) {
      if (fields[name]) draft[name] = new Date(fields[name]).toISOString();
    }
    const made = await app.api.createEvent(draft);
    location.hash = `#/events/${made.id}`;
  });
  return { section, title: part('create-title') };
}

/** `reload()` reads the event again after a change. */
export function managePanel(app, event, reload) {
  const { section, part } = panelOf('manage-panel');
  const change = (button, changes, words) =>
    attempt(app, button, part('manage-outcome'), async () => {
      app.live.learn(event.id, await app.api.changeEvent(event.id, changes));
      await reload();
      return words;
    });

  part('new-capacity').value = event.seatCapacity;
  part('capacity-form').addEventListener('submit', (submit) => {
    submit.preventDefault();
    const seatCapacity = Number(part('new-capacity').value);
    const button = part('capacity-form').querySelector('button');
    change(button, { seatCapacity }, `Capacity is now ${number(seatCapacity)}.`);
  });
  part('toggle-sales').onclick = () => {
    const opens = !sells(event);
    const words = opens ? 'Sales are open again.' : 'Sales are paused.';
    change(part('toggle-sales'), { status: opens ? 'on_sale' : 'paused' }, words);
  };
  // A cancelled event stays cancelled: the first click asks, the second one does it.
  let isSure = false;
  const askFirst = () => say(part('cancel-event'), isSure ? 'Cancel it for good?' : 'Cancel the event');
  part('cancel-event').onclick = () => {
    if (isSure) change(part('cancel-event'), { status: 'cancelled' }, 'The event is cancelled.');
    isSure = !isSure;
    askFirst();
  };
  const describe = (facts) => {
    if (facts.status !== event.status) isSure = false;
    // A number that somebody is typing is left alone.
    const isUntouched = part('new-capacity').value === String(event.seatCapacity);
    if (isUntouched) part('new-capacity').value = facts.seatCapacity;
    event = facts;
    askFirst();
    say(part('toggle-sales'), sells(facts) ? 'Pause sales' : 'Resume sales');
    const hide = () => {
      part('cancel-event').hidden = facts.status === 'cancelled';
      // Sales that ended by the clock are not resumed by a status.
      part('toggle-sales').hidden = facts.status === 'cancelled' || isOver(facts);
    };
    keepFocus(hide, () => part('manage-title'));
  };
  describe(event);
  return { section, describe, title: part('manage-title') };
}

export function bookingPanel(app, event, reload) {
  const { section, part } = panelOf('booking-panel');
  const [quantity, book] = [part('quantity'), part('book')];
  let isCurrent = true;
  /** The click whose answer never came; the same key is used again, so that it cannot book twice. */
  let unanswered = null;

  const most = () => event.maxPerBooking || 10;
  const want = (value) => {
    quantity.value = Math.min(most(), Math.max(1, value));
    label();
  };
  part('fewer').onclick = () => want((wantedSeats(quantity.value) ?? 2) - 1);
  part('one-more').onclick = () => want((wantedSeats(quantity.value) ?? 0) + 1);
  quantity.oninput = () => label();

  /** Puts the button, the reason beside it and the field in the state of the sale. */
  function label() {
    const { reason } = saleState(event, app.now());
    const problem = quantityProblem(quantity.value, event, isCurrent);
    const words = reason ?? problem;
    quantity.max = most();
    quantity.setAttribute('aria-invalid', String(reason === null && problem !== null));
    say(part('book-reason'), words ?? '');
    say(book, words === null ? `Book ${seats(wantedSeats(quantity.value))}` : 'Book seats');
    setInactive(book, words !== null || book.ariaBusy === 'true');
  }

  part('book-form').addEventListener('submit', (submit) => {
    submit.preventDefault();
    attempt(app, book, part('book-outcome'), () => bookOnce(wantedSeats(quantity.value))).finally(label);
  });

  async function bookOnce(count) {
    if (unanswered?.count !== count) unanswered = { count, key: idempotencyKey() };
    const sayWhy = (error) => tell(part('book-outcome'), `${error.message} Asking again…`, false);
    const booking = await bookPatiently(app.api, event.id, unanswered, sayWhy).catch((error) => {
      if (error.isPassing) throw error;
      unanswered = null;
      reload().catch(passOver);
      throw error;
    });
    unanswered = null;
    app.live.learn(event.id, booking);
    await listBookings().catch(passOver);
    return `Booked ${seats(count)}: ${booking.bookingId}`;
  }

  async function listBookings() {
    const page = await app.api.bookings(event.id);
    const active = page.items.filter(({ status }) => status !== 'cancelled' && status !== 'expired');
    patchList(part('bookings'), active, {
      key: ({ bookingId }) => bookingId,
      make: (booking) => bookingRow(app, booking, { cancelled, outcome: part('book-outcome') }),
      fallback: part('bookings-title'),
    });
  }

  function cancelled(answer) {
    if (answer) app.live.learn(event.id, answer);
    return listBookings();
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
    [event, isCurrent] = [facts, isKnownNow];
    label();
  }

  if (app.isAdmin) say(part('bookings-title'), 'All bookings');
  label();
  listBookings().catch(passOver);
  return { section, describe, noticed, title: part('book-title') };
}

/** A booking whose answer got lost, or came too early, is asked again with the same key: it books once. */
async function bookPatiently(api, eventId, { count, key }, beforeWaiting) {
  for (let round = 1; ; round += 1) {
    try {
      return await api.book(eventId, count, key);
    } catch (error) {
      const waitSeconds = error.retryAfterSeconds ?? round;
      if (!error.isPassing || round === BOOKING_ATTEMPTS || waitSeconds > LONGEST_OWN_WAIT_S) throw error;
      beforeWaiting(error);
      await pause(waitSeconds * 1000);
    }
  }
}

function bookingRow(app, booking, { cancelled, outcome }) {
  const row = copyOf('booking-row').firstElementChild;
  row.dataset.bookingId = booking.bookingId;
  say(row.querySelector('strong'), seats(booking.quantity));
  row.querySelector('.code').textContent = booking.bookingId;
  const isOthers = app.isAdmin && String(booking.userId) !== String(app.me.id);
  say(row.querySelector('.who'), isOthers ? `user ${booking.userId}` : '');
  const button = row.querySelector('button');
  button.setAttribute('aria-label', `Cancel booking ${booking.bookingId} of ${seats(booking.quantity)}`);
  button.onclick = () =>
    attempt(app, button, outcome, async () => {
      await cancelled(await app.api.cancelBooking(booking.bookingId));
      return `Cancelled ${seats(booking.quantity)}: ${booking.bookingId}`;
    });
  return row;
}

/** Whether an admin lets the event sell, now or from `opensAt` on. */
function sells({ status }) {
  return status === 'on_sale' || status === 'scheduled';
}

function isOver({ status, closesAt }) {
  return status === 'closed' && closesAt !== null && Date.parse(closesAt) <= Date.now();
}
