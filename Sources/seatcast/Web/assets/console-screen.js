// The big-screen view of one sale, to be read from ten metres: the count, the pace, and when it may be sold out. Counts come
// live (client.js), and over REST in between, for what messages do not carry and for when there is no connection. It keeps
// the display awake where the browser lets it.

import { ApiError, inOrder } from './api.js';
import { connect } from './client.js';
import { KEPT_MS, perMinute, soldOutIn, soldOutWords } from './console-numbers.js';
import { announceCount, byId, copyOf, say } from './dom.js';
import { saleState } from './sale.js';
import { clockTime, number, seats } from './words.js';

const READ_EVERY_MS = 5_000;
/** A count that neither the connection nor a poll confirmed for so long is an old one. */
const FRESH_MS = 12_000;

function paceWords(pace) {
  if (pace === null) return '';
  const whole = Math.round(pace);
  return whole >= 0 ? `${number(whole)} a minute` : `${number(-whole)} a minute given back`;
}

/** Keeps the display awake until it is told not to; browsers let go of it whenever the page is hidden. */
class Awake {
  #lock = null;
  #isWanted = true;
  #again = () => this.#take();

  constructor() {
    document.addEventListener('visibilitychange', this.#again);
    this.#take();
  }

  end() {
    this.#isWanted = false;
    document.removeEventListener('visibilitychange', this.#again);
    this.#lock?.release();
  }

  async #take() {
    if (document.hidden || !navigator.wakeLock) return;
    try {
      this.#lock = await navigator.wakeLock.request('screen');
      if (!this.#isWanted) this.#lock.release();
    } catch {
      // Refused, as with an empty battery: the display may sleep.
    }
  }
}

export function screenView(app, eventId) {
  byId('page').replaceChildren(copyOf('screen-view'));
  document.body.classList.add('on-screen');
  const client = connect({ token: app.token() });
  const live = client.event(eventId);
  const awake = new Awake();
  let read = null;
  let readAt = 0;
  let samples = [];
  let isOpen = true;
  const asking = inOrder();

  /** What is newest: the live counts, or those of REST. */
  function event() {
    const snapshot = live.getSnapshot();
    if (!read || snapshot.seq < read.seq) return read;
    const { status, opensAt, closesAt, name } = snapshot.status === null ? read : snapshot;
    const { availableSeats, seatCapacity } = snapshot;
    return { ...read, status, opensAt, closesAt, name: name ?? read.name, availableSeats, seatCapacity };
  }

  function note() {
    const now = event();
    const at = Date.now();
    if (!now || !isFresh()) return;
    samples.push({ at, taken: now.seatCapacity - now.availableSeats });
    samples = samples.filter((sample) => sample.at > at - KEPT_MS);
  }

  const isFresh = () => live.getSnapshot().live === 'live' || Date.now() - readAt < FRESH_MS;

  function show() {
    const shown = event();
    if (!shown || !isOpen) return;
    const now = Date.now();
    const state = saleState(shown, app.now());
    const sells = state.kind === 'on_sale';
    const isSoldOut = state.kind === 'sold_out';
    byId('screen').dataset.sale = state.kind;
    byId('screen').classList.toggle('stale', !isFresh());
    say(byId('view-title'), shown.name);
    const words = isSoldOut ? 'Sold out' : number(shown.availableSeats);
    byId('screen-count').style.setProperty('--digits', Math.max(3, words.length));
    byId('screen-count').dataset.value = shown.availableSeats;
    say(byId('screen-count'), words);
    say(byId('screen-of'), isSoldOut ? seats(shown.seatCapacity) : `of ${seats(shown.seatCapacity)} free`);
    const share = shown.seatCapacity > 0 ? (100 * shown.availableSeats) / shown.seatCapacity : 0;
    byId('screen-bar').style.setProperty('--share', `${share}%`);
    say(byId('screen-state'), sells || isSoldOut ? '' : state.label);
    say(byId('screen-pace'), sells ? paceWords(perMinute(samples, now)) : '');
    say(byId('screen-end'), sells && isFresh() ? soldOutWords(soldOutIn(samples, shown.availableSeats, now)) : '');
    say(byId('screen-stale'), isFresh() ? '' : `Last known at ${clockTime(readAt)}`);
    announceCount(`${seats(shown.availableSeats)} free`);
  }

  async function poll() {
    const isNewest = asking();
    try {
      const answer = await app.api.event(eventId);
      if (!isNewest()) return;
      [read, readAt] = [answer, Date.now()];
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      if (!isOpen) return;
      close();
      app.missing('There is no such event, or it was deleted.');
      return;
    }
    if (!isOpen) return;
    app.learn([read]);
    document.title = `${read.name} · seatcast`;
    note();
    show();
  }

  function close() {
    isOpen = false;
    clearInterval(timer);
    awake.end();
    live.close();
    client.close();
    document.body.classList.remove('on-screen');
  }

  const timer = setInterval(() => {
    note();
    show();
  }, 1_000);
  live.addEventListener('change', () => {
    if (live.getSnapshot().live === 'live') readAt = Date.now();
    show();
  });
  client.open();
  byId('screen-back').href = `#/events/${eventId}`;
  byId('screen-full').hidden = !document.documentElement.requestFullscreen;
  byId('screen-full').onclick = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => byId('screen-full').remove());
  };

  return { title: app.nameOf(eventId), show, poll, close, everyMs: READ_EVERY_MS };
}
