// The two views, cloned from the templates of index.html: the list of events and one event. A view is
// `{ changed(track, notice), gone(eventId), poll(), refresh(), accountChanged() }`: what the live connection
// or a poll brings, what time alone changes, and who is logged in. Nothing in a view is built twice: lists
// are patched, so that the focus and what a screen reader reads stay where they are.

import { ApiError, inOrder, passOver } from './api.js';
import {
  announce, announceCount, byId, copyOf, element, focusOn, keepFocus, paced, patchList, pause, say,
} from './dom.js';
import { bookingPanel, typeWords } from './booking.js';
import { accountPanel, createPanel, managePanel } from './panels.js';
import { nextMoment, saleState, typesNow } from './sale.js';
import { Feed, RollingNumber, SeatMap } from './widgets.js';
import { clockTime, minuteOf, moment, number, seats, timeLeft } from './words.js';

/** How long a count counts as current while the first connection, or a subscription, is being made. */
const GRACE_MS = 1_500;
/** A polled count older than this is an old one: several polls were missed. */
const POLLED_FRESH_MS = 15_000;
/** Beside a live connection that has no room for the event, polls are rarer. */
const SELDOM_POLLED_FRESH_MS = 65_000;
/** Names with more letters than this are set smaller. */
const LONG_NAME = 60;
/** After a failed first load. */
const TRY_AGAIN_MS = 2_000;
/** A timer cannot be set for much longer than three weeks. */
const LONGEST_TIMER_MS = 3_600_000;

const GONE = 'This event is no longer available.';

function mount(templateId) {
  byId('page').replaceChildren(copyOf(templateId));
}

/** Puts panels into the view's side column. */
function aside(panels) {
  byId('aside').replaceChildren(...panels.map((panel) => panel.section));
}

const share = (available, capacity) => `${capacity > 0 ? (100 * available) / capacity : 0}%`;

function setData(place, name, value) {
  if (place.dataset[name] !== String(value)) place.dataset[name] = value;
}

const placeAndTime = ({ venue, startsAt }) =>
  [venue, moment(startsAt)].filter(Boolean).join('\u00a0· ') || 'Date to be announced';

/** A sold-out or cancelled event shows no free seats; the count itself stays what the server said. */
const litSeats = ({ kind }, { availableSeats }) =>
  kind === 'cancelled' || kind === 'deleted' ? 0 : availableSeats;

/**
 * How far a count can be trusted: `isCurrent`, and otherwise the words that say from when it is.
 * `asOf`: when a REST answer brought it; `hasFailed`: the last poll brought none.
 */
function freshness(app, eventId, { asOf, hasFailed }) {
  const now = Date.now();
  if (app.live.isFresh(eventId)) return { isCurrent: true, words: '' };
  const knownAt = Math.max(asOf, app.live.confirmedAt(eventId) || 0);
  const age = now - knownAt;
  const isBeginning = app.live.state === 'connecting' || app.live.state === 'live';
  if (isBeginning && age < GRACE_MS) return { isCurrent: true, words: '' };
  const patience = app.live.state === 'live' ? SELDOM_POLLED_FRESH_MS : POLLED_FRESH_MS;
  if (!app.me && !(isBeginning && app.live.isWanted(eventId)) && !hasFailed && age < patience) {
    return { isCurrent: true, words: `As of ${clockTime(knownAt)}` };
  }
  return { isCurrent: false, words: `Last known at ${minuteOf(knownAt, now)}` };
}

/** The line that says from when the counts are; it is hidden while they are live. */
function showAsOf(app, { words, isCurrent }) {
  say(byId('as-of'), words && app.live.state === 'off' ? `${words}. Log in for live updates.` : words);
  byId('as-of').hidden = words === '';
  byId('as-of').classList.toggle('warn', !isCurrent);
}

/** How many watch the event; null: nobody has told. */
function showViewers(viewers) {
  byId('viewers').hidden = !viewers;
  if (viewers) say(byId('viewers'), `${number(viewers)} watching now`);
}

export function missingView(app, words) {
  keepFocus(() => mount('missing-view'), () => byId('missing-title'));
  if (document.activeElement === byId('page')) focusOn(byId('missing-title'));
  say(byId('missing-words'), words);
  announce(words);
  app.live.watch([]);
  document.title = 'seatcast';
  return { changed() {}, gone() {}, async poll() {}, refresh() {}, accountChanged() {} };
}

// The list of events.

export function listView(app) {
  document.title = 'seatcast';
  mount('list-view');
  /** Rows of the REST answers, in their order; the newest counts are in the tracks. */
  let events = [];
  let pages = 1;
  let polled = { asOf: 0, hasFailed: false };
  const asking = inOrder();

  /** The events whose rows are on screen, or nearly. */
  const inSight = new Set();
  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      inSight[isIntersecting ? 'add' : 'delete'](Number(target.dataset.key));
    }
    follow();
  }, { rootMargin: '50%' });

  /** Follows all events while the server allows so many, and then those that can be seen. */
  function follow() {
    if (app.view !== view) return;
    const ids = events.map(({ id }) => id);
    app.live.watch(ids.length <= app.live.most ? ids : ids.filter((id) => inSight.has(id)));
  }

  function makeRow(event) {
    const row = eventCard(event);
    sight.observe(row);
    return row;
  }

  const stateOf = (event) => ({ ...event, ...app.live.track(event.id).state });
  const rowOf = (id) => byId('events').querySelector(`[data-key="${id}"]`);

  function draw() {
    patchList(byId('events'), events, {
      key: ({ id }) => id,
      make: makeRow,
      update: (row, event) => fillCard(row, stateOf(event)),
      fallback: byId('list-title'),
    });
    byId('no-events').hidden = events.length > 0 || polled.asOf === 0;
    showFreshness();
  }

  function fillCard(row, event) {
    const sale = saleState(event, app.now());
    const { isCurrent } = freshness(app, event.id, polled);
    row.classList.toggle('stale', !isCurrent);
    showCard(row, event, sale);
  }

  function showFreshness() {
    const first = events.find(({ id }) => inSight.has(id)) ?? events[0];
    showAsOf(app, first ? freshness(app, first.id, polled) : { isCurrent: true, words: '' });
  }

  async function load() {
    const isNewest = asking();
    try {
      const found = [];
      let cursor = null;
      for (let page = 1; page <= pages; page += 1) {
        const answer = await app.api.events(cursor);
        found.push(...answer.items);
        cursor = answer.next ?? null;
        if (cursor === null) break;
      }
      if (app.view !== view || !isNewest()) return;
      events = found;
      polled = { asOf: Date.now(), hasFailed: false };
      byId('more-events').hidden = cursor === null;
      events.forEach((event) => app.live.learn(event.id, event));
      follow();
    } catch (error) {
      polled.hasFailed = true;
      throw error;
    } finally {
      if (app.view === view) draw();
    }
  }

  async function showMore() {
    const before = events.length;
    pages += 1;
    await untilLoaded(app, view, load);
    if (app.view === view) focusOn(byId('events').children[before]?.querySelector('a'));
  }

  function arrange() {
    const account = app.me ? [] : [accountPanel(app, app.reasonToLogIn)];
    aside([...account, ...(app.isAdmin ? [createPanel(app)] : [])]);
  }

  const view = {
    changed(track) {
      const event = events.find(({ id }) => id === track.eventId);
      const row = event && rowOf(event.id);
      if (row) fillCard(row, stateOf(event));
    },
    gone(eventId) {
      events = events.filter(({ id }) => id !== eventId);
      draw();
    },
    poll: load,
    refresh: draw,
    accountChanged() {
      arrange();
      draw();
      focusOn(app.me ? byId('list-title') : byId('enter-title'), { preventScroll: true });
      load().catch(passOver);
    },
    async start() {
      await untilLoaded(app, view, load);
    },
  };
  arrange();
  byId('more-events').onclick = showMore;
  return view;
}

function eventCard(event) {
  const row = copyOf('event-card').firstElementChild;
  row.querySelector('a').href = `#/events/${event.id}`;
  row.querySelector('a').dataset.eventId = event.id;
  return row;
}

function showCard(row, event, sale) {
  const part = (name) => row.querySelector(name);
  say(part('.card-name'), event.name);
  say(part('.card-place'), placeAndTime(event));
  setData(part('.card'), 'sale', sale.kind);
  say(part('.badge'), sale.kind === 'on_sale' ? '' : sale.label);
  const isCancelled = sale.kind === 'cancelled';
  say(part('strong'), isCancelled ? '–' : number(event.availableSeats));
  setData(part('strong'), 'value', event.availableSeats);
  say(part('.card-count small'), isCancelled ? '' : `of ${number(event.seatCapacity)} free`);
  part('.bar i').style.setProperty('--share', share(litSeats(sale, event), event.seatCapacity));
}

/** Repeats `load` while the server cannot be reached and the view is still on screen. */
async function untilLoaded(app, view, load) {
  for (let wait = TRY_AGAIN_MS; app.view === view; ) {
    try {
      return await load();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.isSignedOut && app.me) return app.sessionEnded();
      if (!error.isPassing) return app.missing(error.message);
      say(byId('loading'), `${error.message} Trying again…`);
      byId('loading').hidden = false;
      wait = Math.max(wait, (error.retryAfterSeconds ?? 0) * 1000);
    }
    await pause(wait);
  }
}

// One event.

export function eventView(app, id) {
  document.title = 'seatcast';
  mount('event-view');
  const widgets = {
    number: new RollingNumber(byId('available'), byId('change')),
    map: new SeatMap(byId('seat-map')),
    feed: new Feed(byId('feed')),
  };
  let event = null;
  let polled = { asOf: 0, hasFailed: false };
  let panels = [];
  let windowTimer = null;
  let toldSale = null;
  const asking = inOrder();

  function state() {
    const { ticketTypes = null, ...known } = app.live.track(id).state;
    return { ...event, ...known, types: typesNow(event?.types, ticketTypes) };
  }

  const draw = paced(() => {
    if (app.view !== view || event === null) return;
    const facts = state();
    const sale = saleState(facts, app.now());
    const { isCurrent, words } = freshness(app, id, polled);
    byId('stage').classList.toggle('stale', !isCurrent);
    showFacts(facts, sale);
    showCount(widgets, facts, sale);
    showTypes(facts, app.now());
    showNextMoment(sale, app.now());
    showAsOf(app, { words, isCurrent });
    showViewers(app.live.isFresh(id) ? app.live.track(id).viewers : null);
    byId('feed-panel').hidden = app.live.state === 'off';
    widgets.feed.show(app.live.track(id).feed, app.me?.id);
    panels.forEach((panel) => panel.describe?.(facts, isCurrent));
    if (isCurrent) tellSale(facts, sale);
    drawAgainAt(sale.changesAt);
  });

  /** Speaks a new state of the sale, and otherwise the count. */
  function tellSale(facts, sale) {
    const isNew = toldSale !== null && toldSale !== sale.kind;
    toldSale = sale.kind;
    if (isNew) announce(sale.reason ?? 'Sales are open.');
    else announceCount(`${seats(facts.availableSeats)} free`);
  }

  /** Sales open and end by the clock, also while nothing is sent. */
  function drawAgainAt(changesAt) {
    clearTimeout(windowTimer);
    if (changesAt === null) return;
    windowTimer = setTimeout(draw, Math.min(LONGEST_TIMER_MS, Math.max(20, changesAt - app.now() + 5)));
  }

  async function load() {
    const isNewest = asking();
    try {
      const answer = await app.api.event(id);
      if (app.view !== view || !isNewest()) return;
      event = answer;
      polled = { asOf: Date.now(), hasFailed: false };
      app.live.learn(id, answer);
    } catch (error) {
      polled.hasFailed = true;
      if (error.status === 404 && event !== null && app.view === view) return app.missing(GONE);
      throw error;
    } finally {
      draw();
    }
  }

  function arrange() {
    panels = app.me
      ? [bookingPanel(app, state(), load), ...(app.isAdmin ? [managePanel(app, state(), load)] : [])]
      : [accountPanel(app, app.reasonToLogIn)];
    aside(panels);
    app.live.watch([id], { history: id });
  }

  const view = {
    changed(track, notice) {
      if (track.eventId !== id) return;
      draw();
      if (notice) panels.forEach((panel) => panel.noticed?.(notice));
    },
    told: (message) => panels.forEach((panel) => panel.told?.(message)),
    gone: (eventId) => eventId === id && app.missing(GONE),
    poll: load,
    refresh: draw,
    accountChanged() {
      if (event === null) return;
      byId('feed').replaceChildren();
      arrange();
      draw();
      focusOn(panels[0].title, { preventScroll: true });
      load().catch(passOver);
    },
    async start() {
      await untilLoaded(app, view, load);
      if (event === null || app.view !== view) return;
      byId('loading').hidden = true;
      byId('stage').hidden = false;
      arrange();
      draw();
      if (document.activeElement === byId('page')) focusOn(byId('event-name'), { preventScroll: true });
    },
  };
  return view;
}

function showFacts(event, sale) {
  document.title = `${event.name} · seatcast`;
  say(byId('event-name'), event.name);
  byId('event-name').classList.toggle('long', event.name.length > LONG_NAME);
  say(byId('event-place'), placeAndTime(event));
  say(byId('event-description'), event.description ?? '');
  setData(byId('stage'), 'sale', sale.kind);
  setData(byId('stage'), 'last', sale.isLast === true);
  say(byId('sale-state'), sale.label);
}

/** The countdown to the opening or the end of the sales. */
function showNextMoment(sale, now) {
  const next = nextMoment(sale, now);
  byId('next-moment').hidden = next === null;
  if (next !== null) say(byId('next-moment'), `${next.words} ${timeLeft(next.leftMs)}`);
}

function showTypes(event, now) {
  patchList(byId('types'), event.types, {
    key: ({ id }) => id,
    make: () =>
      element('li', '', element('span', 'type-name auto'), element('span', 'type-left auto'),
        element('span', 'bar', element('i'))),
    update: (row, type) => {
      say(row.querySelector('.type-name'), type.name);
      say(row.querySelector('.type-left'), typeWords(event, type, now));
      row.querySelector('.bar').ariaHidden = 'true';
      const whole = type.capacity ?? event.seatCapacity;
      row.querySelector('i').style.setProperty('--share', share(type.available, whole));
    },
  });
}

/** The word after "of 120 seats": seats that cannot be bought now are not called free. */
const countWords = { paused: 'not sold', draft: 'not sold', closed: 'not sold', ended: 'not sold', other: 'not sold' };

function showCount({ number: rolling, map }, event, sale) {
  const { availableSeats, seatCapacity } = event;
  const lit = litSeats(sale, event);
  rolling.show(availableSeats);
  map.show(lit, seatCapacity);
  say(byId('capacity'), seats(seatCapacity));
  setData(byId('capacity'), 'value', seatCapacity);
  say(byId('count-state'), countWords[sale.kind] ?? 'free');
  say(byId('taken'), `${number(seatCapacity - availableSeats)} booked`);
  const perDot = Math.round(map.seatsPerDot);
  say(byId('map-scale'), map.seatsPerDot > 1 ? `a dot is about ${seats(perDot)}` : 'a dot is a seat');
  const bar = byId('capacity-bar');
  bar.setAttribute('aria-valuemax', seatCapacity);
  bar.setAttribute('aria-valuenow', availableSeats);
  bar.setAttribute('aria-valuetext', `${number(availableSeats)} of ${seats(seatCapacity)} free`);
  bar.firstElementChild.style.setProperty('--share', share(lit, seatCapacity));
}
