// Live counts: one WebSocket for many events, which comes back by itself and never shows an older count.
//
// `EventTrack` is what the page knows about one event (pure: no socket, no clock).
// `LiveConnection` keeps the socket, and after each reconnect asks for exactly what was missed.
// The messages are those of docs/WIRE_PROTOCOL.md; the tests are in Tests/PageTests/live.tests.js.

/** How many notices a track keeps for the feed. */
const FEED_LENGTH = 40;
/** How many past notices are asked for when an event is looked at for the first time. */
const HISTORY_LENGTH = 12;
/** The server allows 64 subscriptions on a connection. */
export const MOST_SUBSCRIPTIONS = 60;

const PING_EVERY_MS = 25_000;
const PONG_WITHIN_MS = 10_000;
const ASK_AGAIN_AFTER_MS = 2_000;
const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 15_000;
/** From this many failures in a row on, the state is called offline and not reconnecting. */
const FAILURES_UNTIL_OFFLINE = 5;

/** Those that mean something to this page; after any other the connection is simply made again. */
const CloseCode = { policy: 1008, overloaded: 1013, tokenExpired: 4001, eventNotFound: 4404 };

/** The pause before attempt number `attempt` (from 0): exponential, the upper half of it left to chance. */
export function backoff(attempt, random) {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return Math.round(ceiling / 2 + random() * (ceiling / 2));
}

export class EventTrack {
  /** The `seq` whose count is shown; -1: none yet. Never goes back within one epoch. */
  seq = -1;
  /** Everything up to this notice was heard; null before the first subscription. Behind `seq` in a resume. */
  heard = null;
  epoch = null;
  availableSeats = null;
  seatCapacity = null;
  /** Newest first. */
  feed = [];
  /** The `since` of the subscription that is not answered yet; null: it asked for no resume. */
  #asked = null;
  #historyAsked = false;

  constructor(eventId) {
    this.eventId = eventId;
  }

  /** Takes a count from anywhere (REST answer, snapshot, notice) unless it is older. True: it changed. */
  learn({ seq, availableSeats, seatCapacity }) {
    if (!Number.isInteger(seq) || seq < this.seq) return false;
    if (seq === this.seq && this.availableSeats !== null) return false;
    const before = [this.availableSeats, this.seatCapacity];
    this.seq = seq;
    this.availableSeats = availableSeats;
    this.seatCapacity = seatCapacity ?? this.seatCapacity;
    return before[0] !== this.availableSeats || before[1] !== this.seatCapacity;
  }

  /** The message that subscribes: from where it was left, from an earlier `seq`, or at the newest state. */
  subscription(backTo = this.heard) {
    const resumes = backTo !== null && this.epoch !== null;
    this.#asked = resumes ? backTo : null;
    const message = { type: 'subscribe_event', eventId: this.eventId };
    return resumes ? { ...message, since: backTo, epoch: this.epoch } : message;
  }

  /** The answer to a subscription: a snapshot, and whether exactly the missed notices follow. */
  subscribed(message) {
    if (message.epoch !== this.epoch) {
      this.seq = -1;
      this.feed = [];
      this.#historyAsked = false;
      this.epoch = message.epoch;
    }
    const followsUp = message.recovered === true && this.#asked !== null;
    this.heard = followsUp ? this.#asked : message.seq;
    this.#asked = null;
    this.learn(message);
  }

  /**
   * One notice. `order` is 'next', 'old' (heard before) or 'gap' (something before it is missing: its count
   * is true all the same, but the notice is not kept, because the resume will bring it again in its place).
   */
  notice(message) {
    const first = message.fromSeq ?? message.seq;
    const last = message.toSeq ?? message.seq;
    if (this.heard !== null && last <= this.heard) return { order: 'old', changed: false };
    const changed = this.learn({ ...message, seq: last });
    if (this.heard !== null && first > this.heard + 1) return { order: 'gap', changed };
    this.heard = last;
    this.#keep(message);
    return { order: 'next', changed };
  }

  /**
   * The subscription that brings the last notices once more, for a feed that should not begin empty.
   * Asked for once; null when it was, or when the feed has them already.
   */
  historySubscription() {
    if (this.#historyAsked || this.heard === null) return null;
    this.#historyAsked = true;
    if (this.feed.length >= Math.min(HISTORY_LENGTH, this.heard)) return null;
    return this.subscription(Math.max(0, this.heard - HISTORY_LENGTH));
  }

  #keep(message) {
    if (this.feed.some((kept) => kept.seq === message.seq)) return;
    this.feed = [message, ...this.feed].sort((a, b) => b.seq - a.seq).slice(0, FEED_LENGTH);
  }
}

/**
 * States: 'off' (no token) · 'connecting' · 'live' · 'reconnecting' · 'offline' (reconnecting for long).
 * `handlers`: onState(state), onChange(track, notice or null), onGone(eventId), onSignedOut(reason), and
 * onNotLetIn() after an attempt that never became a connection: a browser does not tell a script why.
 * `surroundings` are the browser's own unless a test brings others.
 */
export class LiveConnection {
  #url;
  #handlers;
  #browser;
  #token = null;
  #socket = null;
  #tracks = new Map();
  #wanted = new Set();
  /** The event whose feed should show what happened before. */
  #historyWanted = null;
  /** Subscriptions on this socket: event id to 'asked' or 'subscribed'. */
  #subscriptions = new Map();
  #failures = 0;
  #drainDelay = null;
  #retryTimer = null;
  #pingTimer = null;
  state = 'off';

  constructor(url, handlers, surroundings = {}) {
    this.#url = url;
    this.#handlers = handlers;
    this.#browser = {
      open: (address, protocols) => new WebSocket(address, protocols),
      setTimer: (action, delay) => setTimeout(action, delay),
      clearTimer: (timer) => clearTimeout(timer),
      random: Math.random,
      isOnline: () => navigator.onLine !== false,
      ...surroundings,
    };
  }

  /** What is known about an event; empty when nothing is known yet. */
  track(eventId) {
    if (!this.#tracks.has(eventId)) this.#tracks.set(eventId, new EventTrack(eventId));
    return this.#tracks.get(eventId);
  }

  /** Brings in a count that a REST answer told. */
  learn(eventId, facts) {
    const track = this.track(eventId);
    if (track.learn(facts)) this.#handlers.onChange(track, null);
  }

  start(token) {
    if (this.#token === token) return;
    this.stop();
    this.#token = token;
    this.#connect();
  }

  /** Closes for good (signed out). What is known stays known. */
  stop() {
    this.#token = null;
    this.#failures = 0;
    this.#drop(1000);
    this.#become('off');
  }

  /** Makes these, and no others, the events that are followed; `history`: the one with a past to show. */
  watch(eventIds, { history = null } = {}) {
    this.#wanted = new Set(eventIds.slice(0, MOST_SUBSCRIPTIONS));
    this.#historyWanted = history;
    if (this.state !== 'live') return;
    for (const eventId of [...this.#subscriptions.keys()]) {
      if (!this.#wanted.has(eventId)) this.#unsubscribe(eventId);
    }
    for (const eventId of this.#wanted) {
      if (!this.#subscriptions.has(eventId)) this.#subscribe(eventId);
    }
    if (this.#subscriptions.get(history) === 'subscribed') this.#fillHistory(this.track(history));
  }

  /** Tries at once instead of waiting (the network is back, the page is looked at again, a click). */
  retryNow() {
    if (this.#token && !this.#socket) this.#connect();
  }

  // The socket.

  #connect() {
    this.#cancelTimers();
    this.#become(this.#stateWithoutConnection);
    const socket = this.#browser.open(this.#url, ['seatcast.v1', `bearer.${this.#token}`]);
    this.#socket = socket;
    const onlyIfCurrent = (action) => (event) => socket === this.#socket && action(event);
    socket.onmessage = onlyIfCurrent(({ data }) => this.#receive(data));
    socket.onclose = onlyIfCurrent(({ code, reason }) => this.#closed(code, reason));
  }

  /** Forgets the socket; its late events find themselves not current. */
  #drop(code) {
    this.#cancelTimers();
    this.#subscriptions.clear();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(code);
  }

  #closed(code, reason) {
    const wasLive = this.state === 'live';
    const unanswered = [...this.#subscriptions].filter(([, stage]) => stage === 'asked');
    this.#drop();
    if (code === CloseCode.policy || code === CloseCode.tokenExpired) {
      this.stop();
      this.#handlers.onSignedOut(reason);
      return;
    }
    if (code === CloseCode.eventNotFound) unanswered.forEach(([eventId]) => this.#forget(eventId));
    this.#waitForRetry(code);
    if (!wasLive) this.#handlers.onNotLetIn();
  }

  #waitForRetry(code) {
    const patience = code === CloseCode.overloaded ? this.#failures + 3 : this.#failures;
    const delay = this.#drainDelay ?? backoff(patience, this.#browser.random);
    this.#drainDelay = null;
    this.#failures += 1;
    this.#retryTimer = this.#browser.setTimer(() => this.#connect(), delay);
    this.#become(this.#stateWithoutConnection);
  }

  get #stateWithoutConnection() {
    if (!this.#browser.isOnline() || this.#failures >= FAILURES_UNTIL_OFFLINE) return 'offline';
    return this.#failures === 0 ? 'connecting' : 'reconnecting';
  }

  /** A half-open connection says nothing for ever; so it is asked, and given up when it does not answer. */
  #expectLife() {
    this.#browser.clearTimer(this.#pingTimer);
    this.#pingTimer = this.#browser.setTimer(() => {
      this.#send({ type: 'ping' });
      this.#pingTimer = this.#browser.setTimer(() => {
        this.#drop();
        this.#waitForRetry();
      }, PONG_WITHIN_MS);
    }, PING_EVERY_MS);
  }

  #cancelTimers() {
    this.#browser.clearTimer(this.#retryTimer);
    this.#browser.clearTimer(this.#pingTimer);
  }

  #send(message) {
    this.#socket?.send(JSON.stringify(message));
  }

  #become(state) {
    this.state = state;
    this.#handlers.onState(state);
  }

  // Messages.

  #receive(data) {
    this.#expectLife();
    const message = JSON.parse(data);
    switch (message.type) {
      case 'connection_established':
        return this.#established();
      case 'subscribed':
        return this.#subscribed(message);
      case 'booking_created':
      case 'booking_cancelled':
      case 'seat_update':
        return this.#noticed(message);
      case 'error':
        return this.#refused(message);
      case 'server_draining':
        this.#drainDelay = message.reconnectAfterMs;
    }
  }

  #established() {
    this.#failures = 0;
    this.#become('live');
    for (const eventId of this.#wanted) this.#subscribe(eventId);
  }

  #subscribed(message) {
    if (!this.#subscriptions.has(message.eventId)) return;
    this.#subscriptions.set(message.eventId, 'subscribed');
    const track = this.track(message.eventId);
    track.subscribed(message);
    this.#handlers.onChange(track, null);
    // With a resume the missed notices are on their way; asking for the past now would bring them twice.
    if (message.eventId === this.#historyWanted && message.recovered !== true) this.#fillHistory(track);
  }

  #noticed(message) {
    const track = this.track(message.eventId);
    const { order, changed } = track.notice(message);
    const isSettled = this.#subscriptions.get(message.eventId) === 'subscribed';
    if (order === 'gap' && isSettled) this.#resubscribe(track);
    if (order === 'next' || changed) this.#handlers.onChange(track, order === 'next' ? message : null);
  }

  #refused({ eventId, code }) {
    if (this.#subscriptions.get(eventId) !== 'asked') return;
    this.#subscriptions.delete(eventId);
    if (/not[-_]?found|unknown/.test(code ?? '')) return this.#forget(eventId);
    // The server could not open the event just now: ask again for whatever is wanted and missing.
    const askAgain = () => this.watch([...this.#wanted], { history: this.#historyWanted });
    this.#browser.setTimer(askAgain, ASK_AGAIN_AFTER_MS);
  }

  #forget(eventId) {
    this.#wanted.delete(eventId);
    this.#tracks.delete(eventId);
    this.#handlers.onGone(eventId);
  }

  #subscribe(eventId) {
    this.#subscriptions.set(eventId, 'asked');
    this.#send(this.track(eventId).subscription());
  }

  #unsubscribe(eventId) {
    this.#subscriptions.delete(eventId);
    this.#send({ type: 'unsubscribe_event', eventId });
  }

  #resubscribe(track, subscription = track.subscription()) {
    this.#unsubscribe(track.eventId);
    this.#subscriptions.set(track.eventId, 'asked');
    this.#send(subscription);
  }

  #fillHistory(track) {
    const subscription = track.historySubscription();
    if (subscription) this.#resubscribe(track, subscription);
  }
}
