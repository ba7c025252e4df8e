// What the page follows live: the client of client.js, for whoever is logged in and, where the server lets everybody
// watch, for people without an account; with a feed of past notices for each event. Bookings go through the client, too.
// Everything about connections (coming back, resuming, hidden tabs) is the client's, and so are the keys by which an
// order without an answer is made once.

import { ApiError } from './api.js';
// A booking is the wrong moment to load another file.
import './client-extra.js';
import { connect } from './client.js';

/** How many notices are kept for the feed, and how many past ones are asked for when an event is first looked at. */
const FEED_LENGTH = 40;
const HISTORY_LENGTH = 12;
/** The server allows 64 subscriptions on a connection, and 8 without an account. */
const MOST_SUBSCRIPTIONS = 60;
const MOST_ANONYMOUS = 8;

const FACTS = ['status', 'name', 'startsAt', 'opensAt', 'closesAt', 'maxPerBooking'];
const COUNTS = ['seq', 'availableSeats', 'seatCapacity', 'ticketTypes'];

const pick = (object, names) => Object.fromEntries(names.map((name) => [name, object[name] ?? null]));
const isEqual = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** One event: what is known of it, and its last notices, newest first. */
class Track {
  feed = [];
  hasHistory = false;
  /** How many watch it, where the server tells. */
  viewers = null;
  /** The facts now, those before their last change, and the `seq` from which on changes were seen. */
  #facts = null;
  #replaced = null;
  #since = null;

  constructor(event) {
    this.eventId = event.id;
    this.event = event;
  }

  /** Counts and facts in the names of the REST API; empty when nothing is known. */
  get state() {
    const snapshot = this.event.getSnapshot();
    if (snapshot.seq < 0) return {};
    return { ...pick(snapshot, COUNTS), ...(snapshot.status === null ? {} : pick(snapshot, FACTS)) };
  }

  /** To be called after each change. */
  changed(snapshot) {
    if (snapshot.status === null) return;
    const facts = pick(snapshot, FACTS);
    this.#since ??= snapshot.seq;
    if (isEqual(facts, this.#facts)) return;
    [this.#replaced, this.#facts] = [this.#facts, facts];
  }

  /** Keeps a notice. An `event_updated` gets the facts `before` it, null when they were not known. */
  keep(notice) {
    if (notice.type === 'restarted') this.feed = [];
    // What the client says of missed notices has no counts.
    if (notice.availableSeats === undefined || this.feed.some(({ seq }) => seq === notice.seq)) return;
    const kept = notice.type === 'event_updated' ? { ...notice, before: this.#before(notice) } : notice;
    this.feed = [kept, ...this.feed].sort((a, b) => b.seq - a.seq).slice(0, FEED_LENGTH);
  }

  #before(notice) {
    if (this.#since === null || notice.seq <= this.#since) return null;
    // REST may have told the change first.
    return isEqual(pick(notice, FACTS), this.#facts) ? this.#replaced : this.#facts;
  }
}

/** What a user's client keeps for the life of the tab: orders without an answer are nobody else's. */
const storageOf = (user) => ({
  getItem: (key) => sessionStorage.getItem(`${key} ${user}`),
  setItem: (key, text) => sessionStorage.setItem(`${key} ${user}`, text),
});

/**
 * States: those of the client, and 'off' while nobody is logged in and the server wants it. `handlers`: onState(state),
 * onChange(track, notice or null), onGone(eventId), onSignedOut(reason), onFactsMissed(eventId) when the event should be
 * read again, and onTime(server's time, sent, received), onTold(message) for what is told to this user alone.
 * `isPublic`: whether the server lets everybody watch; `options`: of the client.
 */
export class Watching {
  #handlers;
  #options;
  #client = null;
  #token = null;
  #tracks = new Map();
  #wanted = new Set();
  #history = null;
  #askedAt = 0;
  #isPublic;

  constructor(handlers, { isPublic = false, options = {} } = {}) {
    this.#handlers = handlers;
    this.#isPublic = isPublic;
    this.#options = options;
  }

  get state() {
    return this.#client?.state ?? 'off';
  }

  /** How many events can be followed at once. */
  get most() {
    return this.#token ? MOST_SUBSCRIPTIONS : MOST_ANONYMOUS;
  }

  /** `token` null: nobody is logged in; otherwise it is that of `user`, a number or text. */
  start(token, user) {
    if (this.#client && this.#token === token) return;
    this.stop();
    if (!token && !this.#isPublic) return;
    this.#token = token;
    this.#client = connect({ ...(token && { token, storage: storageOf(user) }), ...this.#options });
    this.#client.addEventListener('status', ({ detail }) => this.#became(detail));
    this.#client.addEventListener('message', ({ detail }) => this.#received(detail));
    this.watch([...this.#wanted], { history: this.#history });
    this.#client.open();
  }

  stop() {
    const client = this.#client;
    this.#client = this.#token = null;
    this.#tracks = new Map();
    client?.close();
    this.#handlers.onState('off');
  }

  /** Makes these, and no others, the events that are followed; `history`: the one with a past to show. */
  watch(eventIds, { history = null } = {}) {
    const wanted = new Set(eventIds.slice(0, this.most));
    const left = [...this.#wanted].filter((id) => !wanted.has(id));
    [this.#wanted, this.#history] = [wanted, history];
    const client = this.#client;
    if (!client) return;
    left.forEach((id) => this.#tracks.get(id)?.event.close());
    const begin = () => client === this.#client && this.#wanted.forEach((id) => this.#follow(id));
    // The client unsubscribes in a microtask: before others are subscribed, so that there are never too many.
    if (left.length > 0) queueMicrotask(begin);
    else begin();
  }

  isWanted(eventId) {
    return this.#client !== null && this.#wanted.has(eventId);
  }

  /** What is known about an event; its state is empty when nothing is. */
  track(eventId) {
    const known = this.#tracks.get(eventId);
    if (known || !this.#client) return known ?? { eventId, state: {}, feed: [] };
    const track = new Track(this.#client.event(eventId));
    this.#tracks.set(eventId, track);
    track.onNotice = ({ detail }) => this.#noticed(track, detail);
    track.onChange = ({ detail }) => this.#changed(track, detail);
    return track;
  }

  /** Brings in what a REST answer told: an event, or the counts of a booking. */
  learn(eventId, told) {
    this.track(eventId);
    this.#client?.learn(eventId, told);
  }

  /** True while each change of this event is sent to this page. */
  isFresh(eventId) {
    return this.#snapshot(eventId)?.live === 'live';
  }

  /** When the count of this event was last known to be current, by this computer's clock; null: never. */
  confirmedAt(eventId) {
    return this.isFresh(eventId) ? Date.now() : (this.#snapshot(eventId)?.staleSince ?? null);
  }

  /** Tries at once instead of waiting. */
  retryNow() {
    this.#client?.open();
  }

  /**
   * Books, or holds: once, also when its answer is lost and the same order is given again, before or after a reload.
   * `onRetry(error)`: no answer came, or one that asks to wait, and it is asked again. Rejected with an ApiError.
   */
  async book(eventId, order, onRetry) {
    try {
      const again = (error) => onRetry(ApiError.of(error));
      return await this.#client.book(eventId, { ...order, onRetry: again });
    } catch (error) {
      throw ApiError.of(error);
    }
  }

  /** The orders for this event that were given and never answered. */
  async unanswered(eventId) {
    const orders = (await this.#client?.unanswered()) ?? [];
    return orders.filter((order) => order.eventId === eventId);
  }

  #snapshot(eventId) {
    return this.#tracks.get(eventId)?.event.getSnapshot();
  }

  #follow(eventId) {
    const track = this.track(eventId);
    track.event.addEventListener('notice', track.onNotice);
    track.event.addEventListener('change', track.onChange);
    if (eventId !== this.#history || track.hasHistory) return;
    track.hasHistory = true;
    this.#client.event(eventId, { history: HISTORY_LENGTH });
  }

  #changed(track, snapshot) {
    if (snapshot.status === 'deleted') {
      if (!this.#wanted.delete(track.eventId)) return;
      track.event.close();
      return this.#handlers.onGone(track.eventId);
    }
    track.changed(snapshot);
    this.#handlers.onChange(track, null);
  }

  #noticed(track, notice) {
    track.keep(notice);
    this.#handlers.onChange(track, notice);
    // A notice carries most facts of an event, not its venue and description.
    if (['event_updated', 'skipped', 'restarted'].includes(notice.type)) this.#handlers.onFactsMissed(track.eventId);
  }

  #counted({ eventId, viewers }) {
    const track = this.#tracks.get(eventId);
    if (!track) return;
    track.viewers = viewers;
    this.#handlers.onChange(track, null);
  }

  #became({ state, reason }) {
    this.#askedAt = Date.now();
    if (!this.#client || this.#client.state !== state) return;
    if (state === 'denied' && !this.#token) {
      // The server's configuration has changed since the page was loaded.
      this.#isPublic = false;
      return this.stop();
    }
    if (state === 'denied') return this.#handlers.onSignedOut(reason);
    if (state !== 'closed') this.#handlers.onState(state);
  }

  #received(message) {
    const { type, timestamp } = message;
    if (/^waitlist_/.test(type)) this.#handlers.onTold?.(message);
    if (type === 'viewers') this.#counted(message);
    if (type === 'connection_established' && timestamp) {
      this.#handlers.onTime(Date.parse(timestamp), this.#askedAt, Date.now());
    }
  }
}
