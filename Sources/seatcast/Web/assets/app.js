// The page: who is here, which view is shown, and what a click does.
// Views are cloned from the templates of index.html. Counts come from live.js, or by polling when signed out.

import { Api, ApiError, idempotencyKey } from '/api.js';
import { LiveConnection } from '/live.js';
import { Feed, Hall, RollingNumber, copyOf, moment, number, paced, seats } from '/widgets.js';

/** Holds `{ token, user }` of who is logged in; each window has its own, so that two can be compared. */
const SESSION_KEY = 'seatcast.session';
const SESSION_ENDED = 'Your session has ended. Please log in again.';
/** How often a signed-out page asks for the counts. */
const POLL_EVERY_MS = 4_000;
/** A booking whose answer got lost is asked again so often, with the same key. */
const BOOKING_ATTEMPTS = 4;
/** A list of bookings is asked for again at most so often. */
const LIST_EVERY_MS = 800;
/** Screen readers hear a count at most so often. */
const ANNOUNCE_EVERY_MS = 2_500;

const byId = (id) => document.getElementById(id);
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const isAdmin = () => me?.role === 'admin';

let session = null;
let me = null;
let reasonToLogIn = '';
/** The view on screen: `{ changed(track, notice), gone(eventId), poll() }`. */
let view = null;

const api = new Api(() => session?.token);
const live = new LiveConnection(`${location.origin.replace(/^http/, 'ws')}/ws`, {
  onState: showConnection,
  onChange: (track, notice) => view?.changed(track, notice),
  onGone: (eventId) => view?.gone(eventId),
  onSignedOut: () => signOut(SESSION_ENDED),
  onNotLetIn: checkSession,
});

// Who is here. Whether the token is still good, the server says when the socket opens.

function enter() {
  session = JSON.parse(sessionStorage.getItem(SESSION_KEY) ?? 'null');
  me = session?.user ?? null;
  if (session) live.start(session.token);
  else live.stop();
  show();
}

function signIn({ token, user }) {
  sessionStorage.setItem(SESSION_KEY, JSON.stringify({ token, user }));
  reasonToLogIn = '';
  enter();
}

function signOut(reason = '') {
  sessionStorage.removeItem(SESSION_KEY);
  reasonToLogIn = reason;
  enter();
}

/** The server may be away, or it may not know this token any more: only an answer can tell. */
function checkSession() {
  api.me().catch((error) => error.status === 401 && me && signOut(SESSION_ENDED));
}

const connectionWords = {
  off: 'Not live: log in',
  connecting: 'Connecting…',
  live: 'Live',
  reconnecting: 'Reconnecting…',
  offline: 'Offline, retrying',
};

function showConnection(state) {
  const pill = byId('connection');
  pill.dataset.state = state;
  byId('connection-words').textContent = connectionWords[state];
}

// Which view.

function show() {
  byId('account').hidden = !me;
  byId('account-name').textContent = me?.name ?? '';
  const eventId = /^#\/events\/(\d{1,15})$/.exec(location.hash)?.[1];
  if (eventId) openEvent(Number(eventId));
  else openList();
}

function mount(templateId) {
  byId('page').replaceChildren(copyOf(templateId));
}

/** Puts panels into the view's side column. */
function aside(...panels) {
  byId('aside').replaceChildren(...panels);
}

function openMissing(words) {
  mount('missing-view');
  byId('missing-words').textContent = words;
  view = { changed() {}, gone() {}, poll() {} };
  live.watch([]);
}

// The list of events.

async function openList() {
  document.title = 'seatcast';
  mount('list-view');
  const cards = new Map();
  let cursor = null;
  let pages = 0;

  const current = {
    changed: (track) => cards.get(track.eventId)?.count(track),
    gone: (eventId) => cards.get(eventId)?.row.remove(),
    poll: () => load(),
  };
  view = current;
  aside(...(me ? [] : [accountPanel()]), ...(isAdmin() ? [createPanel()] : []));
  byId('more-events').onclick = () => untilReached(current, () => load(cursor));

  async function load(from = null) {
    const page = await api.events(from);
    if (view !== current) return;
    if (pages === 0 || from !== null) {
      pages += 1;
      cursor = page.next ?? null;
    }
    for (const event of page.items) {
      if (!cards.has(event.id)) cards.set(event.id, eventCard(event));
      cards.get(event.id).describe(event);
      if (me) live.learn(event.id, event);
      cards.get(event.id).count(me ? live.track(event.id) : event);
      byId('events').append(cards.get(event.id).row);
    }
    byId('more-events').hidden = cursor === null;
    byId('no-events').hidden = cards.size > 0;
    live.watch([...cards.keys()]);
  }

  await untilReached(current, () => load());
}

/** Repeats `load` while the server cannot be reached and the view is still on screen. */
async function untilReached(current, load) {
  while (view === current) {
    try {
      return await load();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401 && me) return signOut(SESSION_ENDED);
      if (!error.isPassing) return openMissing(error.message);
      await pause(POLL_EVERY_MS / 2);
    }
  }
}

function eventCard(event) {
  const row = copyOf('event-card').firstElementChild;
  const [strong, small, bar] =
    ['strong', '.card-count small', '.bar i'].map((name) => row.querySelector(name));
  row.querySelector('a').href = `#/events/${event.id}`;
  row.querySelector('a').dataset.eventId = event.id;

  return {
    row,
    describe(facts) {
      row.querySelector('.card-name').textContent = facts.name;
      row.querySelector('.card-place').textContent = placeAndTime(facts);
      row.querySelector('.card').classList.toggle('over', facts.status !== 'on_sale');
    },
    count({ availableSeats, seatCapacity }) {
      strong.textContent = number(availableSeats);
      strong.dataset.value = availableSeats;
      small.textContent = availableSeats > 0 ? `of ${number(seatCapacity)} free` : 'sold out';
      bar.style.setProperty('--share', share(availableSeats, seatCapacity));
    },
  };
}

function placeAndTime({ venue, startsAt, status }) {
  const words = [venue, moment(startsAt)].filter(Boolean);
  if (status === 'cancelled') words.unshift('Cancelled');
  if (status === 'closed') words.unshift('Sales stopped');
  return words.join('\u00a0· ') || 'Date to be announced';
}

const share = (available, capacity) => `${capacity > 0 ? (100 * available) / capacity : 0}%`;

// One event.

async function openEvent(id) {
  mount('event-view');
  const widgets = {
    number: new RollingNumber(byId('available'), byId('change')),
    hall: new Hall(byId('hall')),
    feed: new Feed(byId('feed'), me?.id),
  };
  let panels = [];
  const draw = paced(() => {
    if (view !== current) return;
    showCount(widgets, live.track(id));
    widgets.feed.show(live.track(id).feed);
  });

  const current = {
    changed(track, notice) {
      if (track.eventId !== id || track.availableSeats === null) return;
      draw();
      if (notice) panels.forEach((panel) => panel.noticed?.(notice));
    },
    gone: (eventId) => eventId === id && openMissing('There is no such event.'),
    poll: load,
  };
  view = current;

  async function load() {
    const event = await api.event(id);
    if (view !== current) return;
    describeEvent(event);
    if (me) live.learn(id, event);
    else showCount(widgets, event);
    panels.forEach((panel) => panel.describe?.(event));
    return event;
  }

  const event = await untilReached(current, load);
  if (!event || view !== current) return;
  panels = me ? [bookingPanel(event, load), ...(isAdmin() ? [managePanel(event, load)] : [])] : [];
  aside(...(me ? panels.map((panel) => panel.section) : [accountPanel()]));
  live.watch([id], { history: id });
  current.changed(live.track(id), null);
}

function describeEvent(event) {
  document.title = `${event.name} · seatcast`;
  byId('event-name').textContent = event.name;
  byId('event-place').textContent = placeAndTime(event);
  byId('event-description').textContent = event.description ?? '';
  byId('stage').classList.toggle('over', event.status !== 'on_sale');
}

function showCount({ number: rolling, hall }, { availableSeats, seatCapacity }) {
  rolling.show(availableSeats);
  hall.show(availableSeats, seatCapacity);
  const booked = seatCapacity - availableSeats;
  byId('capacity').textContent = seats(seatCapacity);
  byId('capacity').dataset.value = seatCapacity;
  byId('taken').textContent = `${number(booked)} booked`;
  byId('hall-scale').textContent =
    hall.seatsPerDot > 1 ? `a dot is about ${seats(Math.round(hall.seatsPerDot))}` : 'a dot is a seat';
  const bar = byId('capacity-bar');
  bar.setAttribute('aria-valuemax', seatCapacity);
  bar.setAttribute('aria-valuenow', availableSeats);
  bar.setAttribute('aria-valuetext', `${number(availableSeats)} of ${seats(seatCapacity)} free`);
  bar.firstElementChild.style.setProperty('--share', share(availableSeats, seatCapacity));
  announce(`${seats(availableSeats)} free`);
}

let announced = { words: '', timer: null };

/** Tells screen readers the newest count, not each of a hundred in a second. */
function announce(words) {
  announced.words = words;
  announced.timer ??= setTimeout(() => {
    announced.timer = null;
    const place = byId('announcement');
    if (place.textContent !== announced.words) place.textContent = announced.words;
  }, ANNOUNCE_EVERY_MS);
}

// The panels beside a view. Each is made complete and handed to `aside`.

function panelOf(templateId) {
  const section = copyOf(templateId).firstElementChild;
  return { section, part: (id) => section.querySelector(`#${id}`) };
}

function tell(place, words, isGood) {
  place.textContent = words;
  place.classList.toggle('good', isGood);
  place.classList.toggle('bad', !isGood);
}

/** Does what a form or button asks for: once at a time, the outcome in words, a 401 leading to the log-in. */
async function attempt(button, outcome, action) {
  if (button.disabled) return;
  button.disabled = true;
  outcome.textContent = '';
  try {
    const words = await action();
    if (words) tell(outcome, words, true);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401 && me) return signOut(SESSION_ENDED);
    tell(outcome, error.message, false);
  } finally {
    button.disabled = false;
  }
}

function onSubmit(form, action) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    attempt(form.querySelector('[type="submit"]'), form.querySelector('.outcome'), () => action(fields));
  });
}

function accountPanel() {
  const { section, part } = panelOf('account-panel');
  tell(part('enter-reason'), reasonToLogIn, false);
  const choose = (registering) => {
    part('login-form').hidden = registering;
    part('register-form').hidden = !registering;
    part('choose-login').setAttribute('aria-pressed', String(!registering));
    part('choose-register').setAttribute('aria-pressed', String(registering));
  };
  part('choose-login').onclick = () => choose(false);
  part('choose-register').onclick = () => choose(true);
  onSubmit(part('login-form'), async ({ email, password }) => signIn(await api.login(email, password)));
  onSubmit(part('register-form'), async ({ email, password, name }) =>
    signIn(await api.register(email, password, name)));
  return section;
}

function createPanel() {
  const { section, part } = panelOf('create-panel');
  onSubmit(part('create-form'), async ({ name, venue, startsAt, description, seatCapacity }) => {
    const draft = { name, seatCapacity: Number(seatCapacity) };
    if (venue) draft.venue = venue;
    if (description) draft.description = description;
    if (startsAt) draft.startsAt = new Date(startsAt).toISOString();
    const made = await api.createEvent(draft, idempotencyKey());
    location.hash = `#/events/${made.id}`;
  });
  return section;
}

function managePanel(event, reload) {
  const { section, part } = panelOf('manage-panel');
  const outcome = part('manage-outcome');
  const change = (button, changes, words) =>
    attempt(button, outcome, async () => {
      live.learn(event.id, await api.changeEvent(event.id, changes));
      await reload();
      return words;
    });

  part('new-capacity').value = event.seatCapacity;
  part('capacity-form').addEventListener('submit', (submit) => {
    submit.preventDefault();
    const seatCapacity = Number(part('new-capacity').value);
    const button = part('capacity-form').querySelector('button');
    change(button, { seatCapacity }, `The house has ${seats(seatCapacity)}.`);
  });
  part('toggle-sales').onclick = () => {
    const opens = event.status === 'closed';
    const words = opens ? 'On sale again.' : 'The sales are stopped.';
    change(part('toggle-sales'), { status: opens ? 'on_sale' : 'closed' }, words);
  };
  // A cancelled event stays cancelled: the first click asks, the second one does it.
  let isSure = false;
  part('cancel-event').onclick = () => {
    if (isSure) change(part('cancel-event'), { status: 'cancelled' }, 'The event is cancelled.');
    else part('cancel-event').textContent = 'Cancel it for good?';
    isSure = !isSure;
  };
  const describe = (facts) => {
    event = facts;
    isSure = false;
    part('cancel-event').textContent = 'Cancel the event';
    part('toggle-sales').textContent = facts.status === 'closed' ? 'Open the sales again' : 'Stop the sales';
    part('toggle-sales').hidden = part('cancel-event').hidden = facts.status === 'cancelled';
  };
  describe(event);
  return { section, describe };
}

function bookingPanel(event, reload) {
  const { section, part } = panelOf('booking-panel');
  const quantity = part('quantity');
  /** The click whose answer never came; the same key is used again, so that it cannot book twice. */
  let unanswered = null;

  const most = () => event.maxPerBooking || 10;
  const wanted = () => Math.min(most(), Math.max(1, Math.trunc(Number(quantity.value)) || 1));
  const want = (count) => {
    quantity.value = Math.min(most(), Math.max(1, count));
    label();
  };
  const label = () => {
    part('book').textContent = closedBecause(event) ?? `Book ${seats(wanted())}`;
  };

  part('fewer').onclick = () => want(wanted() - 1);
  part('one-more').onclick = () => want(wanted() + 1);
  quantity.oninput = label;

  part('book-form').addEventListener('submit', (submit) => {
    submit.preventDefault();
    attempt(part('book'), part('book-outcome'), async () => {
      const count = wanted();
      if (unanswered?.count !== count) unanswered = { count, key: idempotencyKey() };
      const sayWhy = (error) => tell(part('book-outcome'), `${error.message} Asking again…`, false);
      const booking = await bookPatiently(event.id, count, unanswered.key, sayWhy).catch((error) => {
        if (error.isPassing) throw error;
        unanswered = null;
        reload().catch(() => {});
        throw error;
      });
      unanswered = null;
      live.learn(event.id, booking);
      await listBookings();
      return `Booked ${seats(count)}: ${booking.bookingId}`;
    }).finally(() => describe(event));
  });

  async function listBookings() {
    const page = await api.bookings(event.id);
    const active = page.items.filter(({ status }) => status !== 'cancelled' && status !== 'expired');
    part('bookings').replaceChildren(...active.map((booking) => bookingRow(booking, event, listBookings)));
  }

  function describe(facts) {
    event = facts;
    quantity.max = most();
    part('book').disabled = closedBecause(event) !== null;
    label();
  }

  let listing = null;
  /** Own bookings may be made on another screen; an admin sees everybody's. */
  function noticed({ userId }) {
    if (userId !== me?.id && !isAdmin()) return;
    listing ??= pause(LIST_EVERY_MS).then(() => {
      listing = null;
      return listBookings();
    }).catch(() => {});
  }

  if (isAdmin()) part('bookings-title').textContent = 'All bookings';
  describe(event);
  listBookings().catch(() => {});
  return { section, describe, noticed };
}

/** A booking whose answer got lost, or came too early, is asked again with the same key: it books once. */
async function bookPatiently(eventId, count, key, beforeWaiting) {
  for (let round = 1; ; round += 1) {
    try {
      return await api.book(eventId, count, key);
    } catch (error) {
      if (!error.isPassing || round === BOOKING_ATTEMPTS) throw error;
      beforeWaiting(error);
      await pause((error.retryAfterSeconds ?? round) * 1000);
    }
  }
}

/** Why nothing can be booked now, in words for the button; null when sales are open. */
function closedBecause({ status, opensAt, closesAt }) {
  if (status === 'cancelled') return 'Cancelled';
  if (status !== 'on_sale') return 'Sales are stopped';
  if (opensAt && new Date(opensAt) > new Date()) return `On sale from ${moment(opensAt)}`;
  return closesAt && new Date(closesAt) <= new Date() ? 'Sales are closed' : null;
}

function bookingRow(booking, event, relist) {
  const row = copyOf('booking-row').firstElementChild;
  row.dataset.bookingId = booking.bookingId;
  row.querySelector('strong').textContent = seats(booking.quantity);
  const who = isAdmin() && booking.userId !== me.id ? ` · guest ${booking.userId}` : '';
  row.querySelector('small').textContent = `${booking.bookingId}${who}`;
  const button = row.querySelector('button');
  button.setAttribute('aria-label', `Cancel booking ${booking.bookingId} of ${seats(booking.quantity)}`);
  button.onclick = () =>
    attempt(button, byId('book-outcome'), async () => {
      const answer = await api.cancelBooking(booking.bookingId);
      if (answer) live.learn(event.id, answer);
      await relist();
      return `Cancelled ${seats(booking.quantity)}.`;
    });
  return row;
}

// The page's own events.

byId('log-out').onclick = () => signOut();
byId('connection').onclick = () => {
  if (me) return live.retryNow();
  byId('aside')?.scrollIntoView({ block: 'center' });
  byId('login-email')?.focus();
};
window.addEventListener('hashchange', () => {
  show();
  byId('page').focus({ preventScroll: true });
  window.scrollTo(0, 0);
});
window.addEventListener('online', () => live.retryNow());
document.addEventListener('visibilitychange', () => document.hidden || live.retryNow());
setInterval(() => {
  if (!me && !document.hidden) view?.poll().catch(() => {});
}, POLL_EVERY_MS);

enter();
