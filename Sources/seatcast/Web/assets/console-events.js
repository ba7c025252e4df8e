// The console's events: the list with search, and one event with its bookings, its capacity, pausing and cancelling. Every
// change is asked first where it cannot be taken back or depends on counts; a capacity is changed only if it
// is still the one that was shown.

import { ApiError, inOrder } from './api.js';
import { ask, listOf, paragraph } from './console-dialogs.js';
import { announce, byId, copyOf, element, patchList, say, setInactive, settled, tell } from './dom.js';
import { saleState } from './sale.js';
import { count, moment, number, seats } from './words.js';

const PAGE_LENGTH = 100;
/** A search reads at most so many pages by itself; there is a button for more. */
const SEARCHED_PAGES = 20;
/** More pages than this are not read again by themselves. */
const POLLED_PAGES = 3;

const people = (value) => count(value, 'person', 'people');
const query = (members) => new URLSearchParams(Object.entries(members).filter(([, value]) => value)).toString();

/** A list that is read page by page: `path` with its parameters, `parameters()` for those that change. */
export class Pages {
  items = [];
  next = null;
  pages = 0;
  /** The reading that was asked for last: one at a time, or rows would come twice. */
  #last = Promise.resolve();

  constructor(api, path, parameters) {
    Object.assign(this, { api, path, parameters });
  }

  readMore() {
    return this.#inTurn(() => this.#more());
  }

  /** The first page, or again what was read, unless that is more than `most` pages. */
  refresh(most = POLLED_PAGES) {
    return this.#inTurn(async () => {
      if (this.pages === 0) return this.#more();
      if (this.pages > most) return;
      const fresh = new Pages(this.api, this.path, this.parameters);
      do await fresh.#more();
      while (fresh.next && fresh.pages < this.pages);
      Object.assign(this, { items: fresh.items, next: fresh.next, pages: fresh.pages });
    });
  }

  #inTurn(read) {
    const turn = this.#last.then(read);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #more() {
    if (this.pages > 0 && !this.next) return;
    const members = { limit: PAGE_LENGTH, ...this.parameters(), cursor: this.next };
    const { items, next } = await this.api.send('GET', `${this.path}?${query(members)}`);
    this.items = [...this.items, ...items];
    this.next = next;
    this.pages += 1;
  }
}

function badge(state) {
  const made = element('span', 'badge', state.label);
  const box = element('span', '', made);
  box.dataset.sale = state.kind;
  return box;
}

const stateOf = (event, now) =>
  event.status === 'draft' ? { kind: 'draft', label: 'Draft' } : saleState(event, now);

/** Whether all words are somewhere in the texts. */
const matches = (words, ...texts) => {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const all = texts.join(' ').toLowerCase();
  return wanted.every((word) => all.includes(word));
};

export function eventsView(app) {
  byId('page').replaceChildren(copyOf('events-view'));
  const [search, status] = [byId('event-search'), byId('event-status')];
  let pages = newPages();
  let isOpen = true;

  function newPages() {
    return new Pages(app.api, '/api/events', () => ({ status: status.value, q: search.value.trim() }));
  }

  function show() {
    patchList(byId('events'), pages.items, { key: ({ id }) => id, make: row, update });
    byId('no-events').hidden = pages.items.length > 0 || pages.pages === 0 || pages.next !== null;
    byId('more-events').hidden = !pages.next;
  }

  function row({ id }) {
    const link = element('a', 'auto');
    link.href = `#/events/${id}`;
    const heading = element('th', '', link, element('small', 'lead auto'));
    heading.scope = 'row';
    return element('tr', '', heading, ...Array.from({ length: 6 }, () => element('td')));
  }

  function update(line, event) {
    const taken = event.seatCapacity - event.availableSeats;
    const [heading, state, starts, share, capacity, free, subscribers] = line.children;
    say(heading.children[0], event.name);
    say(heading.children[1], event.venue ? ` ${event.venue}` : '');
    const is = stateOf(event, app.now());
    if (state.textContent !== is.label) state.replaceChildren(badge(is));
    say(starts, moment(event.startsAt) || '–');
    if (!share.firstChild) share.append(element('span', 'bar', element('i')));
    share.firstChild.style.setProperty('--share', `${(100 * taken) / Math.max(1, event.seatCapacity)}%`);
    share.firstChild.title = `${number(taken)} taken`;
    say(capacity, number(event.seatCapacity));
    say(free, number(event.availableSeats));
    say(subscribers, number(app.subscribersOf(event.id)));
  }

  /** The server looks at some events at a time, so a page of a search may have few rows. */
  async function fill() {
    const wanted = pages;
    const lacks = () => wanted.next && wanted.items.length < PAGE_LENGTH && wanted.pages < SEARCHED_PAGES;
    while (isOpen && pages === wanted && search.value && lacks()) {
      await wanted.readMore();
      if (!isOpen || pages !== wanted) return;
      app.learn(wanted.items);
      show();
    }
  }

  const act = (what) => async () => {
    try {
      say(byId('events-note'), '');
      await what();
    } catch (error) {
      if (!app.failed(error)) say(byId('events-note'), error.message);
    }
  };
  const anew = act(async () => {
    pages = newPages();
    await poll();
    await fill();
  });
  byId('event-filters').onsubmit = (event) => event.preventDefault();
  search.oninput = settled(anew);
  status.onchange = anew;
  byId('more-events').onclick = act(async () => {
    await pages.readMore();
    show();
    await fill();
  });

  async function poll() {
    const wanted = pages;
    await wanted.refresh();
    if (!isOpen || pages !== wanted) return;
    app.learn(wanted.items);
    show();
  }

  return { title: 'Events', show, poll, close: () => (isOpen = false) };
}

/** Bookings of one event: the newest, older ones on request, and any by its code. */
class Bookings {
  #app;
  #pages;
  #isOpen = true;
  #onChange;

  constructor(app, eventId, onChange) {
    this.#app = app;
    this.#onChange = onChange;
    this.eventId = eventId;
    this.#pages = new Pages(app.api, '/api/bookings', () => ({ eventId }));
    byId('booking-search').oninput = () => this.#search();
    byId('more-bookings').onclick = () => this.#more();
  }

  close() {
    this.#isOpen = false;
  }

  async poll() {
    await this.#pages.refresh();
    if (this.#isOpen) this.show();
  }

  show() {
    const words = byId('booking-search').value;
    const found = this.#pages.items.filter(({ bookingId, userId, status }) =>
      matches(words, bookingId, `user ${userId}`, status));
    patchList(byId('bookings'), found, {
      key: ({ bookingId }) => bookingId, make: (booking) => this.#row(booking), update: this.#update,
      fallback: byId('bookings-title'),
    });
    byId('no-bookings').hidden = found.length > 0;
    byId('more-bookings').hidden = !this.#pages.next || words !== '';
  }

  #row(booking) {
    const heading = element('th', '', element('span', 'num', booking.bookingId));
    heading.scope = 'row';
    const button = element('button', 'quiet', 'Cancel…');
    button.type = 'button';
    button.setAttribute('aria-label', `Cancel ${booking.bookingId}`);
    button.onclick = () => this.#cancel(booking);
    const cells = [
      element('td', 'auto', String(booking.userId)), element('td', '', number(booking.quantity)), element('td'),
      element('td', '', moment(booking.createdAt)), element('td', '', button),
    ];
    return element('tr', '', heading, ...cells);
  }

  #update(line, { status }) {
    say(line.children[3], status);
    line.querySelector('button').hidden = status !== 'confirmed' && status !== 'held';
  }

  async #cancel({ bookingId, quantity, userId }) {
    const isDone = await ask({
      title: `Cancel ${bookingId}?`, yes: 'Cancel the booking', isHarmful: true,
      words: [paragraph(`User ${userId} loses ${seats(quantity)}; they are on sale again at once.`)],
      act: () => this.#app.api.cancelBooking(bookingId),
    });
    if (!isDone) return;
    announce(`${bookingId} is cancelled.`);
    await this.#onChange();
  }

  async #more() {
    try {
      await this.#pages.readMore();
      this.show();
    } catch (error) {
      this.#app.failed(error);
    }
  }

  /** A whole code is looked up, because the booking may be on a page that was not read. */
  async #search() {
    this.show();
    const code = byId('booking-search').value.trim().toUpperCase();
    const isKnown = this.#pages.items.some(({ bookingId }) => bookingId === code);
    if (!/^BK-[A-Z0-9]{8,}$/.test(code) || isKnown) return;
    try {
      const booking = await this.#app.api.send('GET', `/api/bookings/${encodeURIComponent(code)}`);
      if (!this.#isOpen || booking.eventId !== this.eventId) return;
      this.#pages.items.push(booking);
      this.show();
    } catch (error) {
      this.#app.failed(error);
    }
  }
}

const placeOf = ({ venue, startsAt }) => [venue, moment(startsAt)].filter(Boolean).join(' · ');

export function eventView(app, eventId) {
  byId('page').replaceChildren(copyOf('event-view'));
  let event = null;
  let stakes = null;
  let isOpen = true;
  const bookings = new Bookings(app, eventId, poll);
  const asking = inOrder();

  async function read() {
    const isNewest = asking();
    const answers = await Promise.all([
      app.api.event(eventId), app.api.send('GET', `/api/events/${eventId}/stakes`),
    ]);
    if (!isNewest()) return;
    [event, stakes] = answers;
    app.learn([event]);
  }

  async function poll() {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      if (isOpen) app.missing('There is no such event, or it was deleted.');
      return;
    }
    if (!isOpen) return;
    show();
    await bookings.poll();
  }

  function show() {
    if (!event) return;
    const state = stateOf(event, app.now());
    say(byId('view-title'), event.name);
    document.title = `${event.name} · seatcast console`;
    say(byId('event-badge'), state.label);
    byId('event-badge').parentElement.dataset.sale = state.kind;
    say(byId('event-place'), placeOf(event));
    for (const [name, value] of Object.entries({ ...event, ...stakes })) {
      const place = byId(`figure-${name}`);
      if (!place) continue;
      place.dataset.value = value;
      say(place, number(value));
    }
    const capacity = byId('new-capacity');
    if (document.activeElement !== capacity && !capacity.dataset.typed) capacity.value = event.seatCapacity;
    byId('toggle-sales').textContent = sellsWords(event.status);
    const isOver = event.status === 'cancelled';
    for (const id of ['toggle-sales', 'cancel-event']) setInactive(byId(id), isOver);
    setInactive(byId('capacity-form').querySelector('button'), isOver);
  }

  async function change(changes, words) {
    await app.api.changeEvent(eventId, changes);
    await read();
    if (!isOpen) return;
    show();
    tell(byId('manage-outcome'), words, true);
  }

  async function toggle() {
    if (!event || event.status === 'cancelled') return;
    const sells = event.status === 'on_sale' || event.status === 'scheduled';
    try {
      await change({ status: sells ? 'paused' : 'on_sale' }, sells ? 'Sales are paused.' : 'Sales are open.');
    } catch (error) {
      if (!app.failed(error)) tell(byId('manage-outcome'), error.message, false);
    }
  }

  /** Bookings in between do not matter, another change of the capacity does. */
  async function changeCapacity(wanted, shown) {
    await read();
    if (event.seatCapacity !== shown) {
      throw new ApiError(412, { detail: `Meanwhile the capacity became ${number(event.seatCapacity)}. Please look again.` });
    }
    await change({ seatCapacityDelta: wanted - shown }, `The capacity is ${number(wanted)}.`);
  }

  async function askCapacity() {
    const wanted = Number(byId('new-capacity').value);
    try {
      await read();
    } catch (error) {
      if (!app.failed(error)) tell(byId('manage-outcome'), error.message, false);
      return;
    }
    const shown = event.seatCapacity;
    const freeThen = wanted - stakes.sold - stakes.held;
    const isDone = await ask({
      title: `Change the capacity to ${number(wanted)}?`, yes: 'Change the capacity',
      words: [
        listOf([
          `Capacity now: ${number(event.seatCapacity)}`, `Sold: ${number(stakes.sold)}`,
          `Held: ${number(stakes.held)}`, `Waiting list: ${people(stakes.waiting)}`,
        ]),
        paragraph(freeThen < 0
          ? `That is ${seats(-freeThen)} fewer than are sold and held, so the server will refuse it.`
          : `${seats(freeThen)} will be free. Everybody who watches sees it at once.`),
      ],
      act: () => changeCapacity(wanted, shown),
    });
    if (isDone) delete byId('new-capacity').dataset.typed;
  }

  async function askCancel() {
    if (!event || event.status === 'cancelled') return;
    try {
      await read();
    } catch (error) {
      if (!app.failed(error)) tell(byId('manage-outcome'), error.message, false);
      return;
    }
    await ask({
      title: `Cancel ${event.name}?`, yes: 'Cancel the event', isHarmful: true,
      words: [
        paragraph('This is final. It ends, for good:'),
        listOf([
          `${count(stakes.bookings, 'booking', 'bookings')} with ${seats(stakes.sold)}`,
          `${count(stakes.holds, 'hold', 'holds')} with ${seats(stakes.held)}`,
          `the waiting list with ${people(stakes.waiting)}`,
        ]),
      ],
      proof: { label: `To confirm, type the event’s name: ${event.name}`, answer: event.name },
      act: () => change({ status: 'cancelled' }, 'The event is cancelled. Its bookings are being cancelled.'),
    });
  }

  byId('to-screen').href = `#/screen/${eventId}`;
  byId('toggle-sales').onclick = toggle;
  byId('cancel-event').onclick = askCancel;
  byId('new-capacity').oninput = (typed) => (typed.target.dataset.typed = 'yes');
  byId('capacity-form').onsubmit = (submitted) => {
    submitted.preventDefault();
    if (event && event.status !== 'cancelled') askCapacity();
  };

  return {
    title: app.nameOf(eventId), show, poll,
    close() {
      isOpen = false;
      bookings.close();
    },
  };
}

function sellsWords(status) {
  if (status === 'on_sale' || status === 'scheduled') return 'Pause sales';
  if (status === 'draft') return 'Publish';
  return status === 'closed' ? 'Open sales again' : 'Resume sales';
}
