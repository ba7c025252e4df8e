// Live counts: one WebSocket for many events, which comes back by itself and never shows an older count.
//
// `EventTrack` is what the page knows about one event (pure: no socket, no clock).
// `LiveConnection` keeps the socket, and after each reconnect asks for exactly what was missed.
// The messages are those of docs/WIRE_PROTOCOL.md; the tests are in Tests/PageTests/live.test.mjs.

/** How many notices a track keeps for the feed. */
const FEED_LENGTH = 40;
/** How many past notices are asked for when an event is looked at for the first time. */
const HISTORY_LENGTH = 12;
/** The server allows 64 subscriptions on a connection. */
export const MOST_SUBSCRIPTIONS = 60;

const PING_EVERY_MS = 25_000;
const PONG_WITHIN_MS = 10_000;
/** The same when there is a reason to doubt the connection: the network went away, the page was asleep. */
const PONG_IN_DOUBT_WITHIN_MS = 3_000;
const ASK_AGAIN_AFTER_MS = 2_000;
const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 15_000;
/** From this many failures in a row on, the state is called offline and not reconnecting. */
const FAILURES_UNTIL_OFFLINE = 5;

/** The facts of an event that `event_updated` and snapshots carry beside the counts. */
const FACTS = ['status', 'name', 'startsAt', 'opensAt', 'closesAt', 'maxPerBooking'];

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
  /** Status, name, times and limit; null until they were told. */
  facts = null;
  /** The `seq` at which `facts` were true. */
  #factsSeq = -1;
  /** The facts before those, for the notice of a change that a REST answer told first. */
  #replaced = null;
  /** Newest first; an `event_updated` has the facts `before` it, null when they were not known. */
  feed = [];
  /** The `since` of the subscription that is not answered yet; null: it asked for no resume. */
  #asked = null;
  #historyAsked = false;

  constructor(eventId) {
    this.eventId = eventId;
  }

  /** What is known, in the names of the REST API; empty when nothing is. */
  get state() {
    const { seq, availableSeats, seatCapacity, facts } = this;
    return seq < 0 ? {} : { ...facts, seq, availableSeats, seatCapacity };
  }

  /** Takes a whole event (REST answer or `event_updated`) unless it is older. True: something changed. */
  learnEvent(event) {
    const counted = this.learn(event);
    if (!Number.isInteger(event.seq) || event.seq < this.#factsSeq) return counted;
    const facts = Object.fromEntries(FACTS.map((name) => [name, event[name] ?? null]));
    const changed = JSON.stringify(facts) !== JSON.stringify(this.facts);
    if (event.seq > this.#factsSeq) this.#replaced = this.facts;
    this.facts = facts;
    this.#factsSeq = event.seq;
    return counted || changed;
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

  /**
   * The answer to a subscription: a snapshot, and whether exactly the missed notices follow. True: the facts
   * may have changed unseen, and the missed notices will not tell.
   */
  subscribed(message) {
    if (message.epoch !== this.epoch) {
      // Before the first epoch was told, what REST told is of the same database.
      if (this.epoch !== null) this.seq = this.#factsSeq = -1;
      this.feed = [];
      this.#historyAsked = false;
      this.epoch = message.epoch;
    }
    const followsUp = message.recovered === true && this.#asked !== null;
    this.heard = followsUp ? this.#asked : message.seq;
    this.#asked = null;
    this.#learnMessage(message);
    return !followsUp && message.seq > this.#factsSeq;
  }

  /** True when the history asked for reaches back to where `facts` were true. */
  get historyTellsFacts() {
    return this.heard - HISTORY_LENGTH <= this.#factsSeq;
  }

  /**
   * One notice. `order` is 'next', 'old' (heard before) or 'gap' (something before it is missing: its count
   * is true all the same, but the notice is not kept, because the resume will bring it again in its place).
   */
  notice(message) {
    const first = message.fromSeq ?? message.seq;
    const last = message.toSeq ?? message.seq;
    if (this.heard !== null && last <= this.heard) return { order: 'old', changed: false };
    const before = this.#factsBefore(last);
    const changed = this.#learnMessage({ ...message, seq: last });
    if (this.heard !== null && first > this.heard + 1) return { order: 'gap', changed };
    this.heard = last;
    this.#keep(message.type === 'event_updated' ? { ...message, before } : message);
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

  #learnMessage(message) {
    return message.status === undefined ? this.learn(message) : this.learnEvent(message);
  }

  #factsBefore(seq) {
    if (seq > this.#factsSeq) return this.facts;
    return seq === this.#factsSeq ? this.#replaced : null;
  }

  #keep(message) {
    if (this.feed.some((kept) => kept.seq === message.seq)) return;
    this.feed = [message, ...this.feed].sort((a, b) => b.seq - a.seq).slice(0, FEED_LENGTH);
  }
}

/**
 * States: 'off' (no token) · 'connecting' · 'live' · 'reconnecting' · 'offline' (reconnecting for long).
 * `handlers`: onState(state), onChange(track, notice or null), onGone(eventId), onSignedOut(reason),
 * onFactsMissed(eventId) when the event should be read again, onTime(server's time, sent, received), and
 * onRefused() after an attempt that never became a connection: a browser does not tell a script why.
 * `surroundings` are the browser's own unless a test brings others.
 */
export class LiveConnection {
  #url;
  #handlers;
  #browser;
  #token = null;
  #socket = null;
  #tracks = new Map();
  /** When the events of the last connection were last known to be current. */
  #confirmed = new Map();
  #wanted = new Set();
  /** The event whose feed should show what happened before. */
  #historyWanted = null;
  /** Subscriptions on this socket: event id to 'asked' or 'subscribed'. */
  #subscriptions = new Map();
  #failures = 0;
  #drainDelay = null;
  #retryTimer = null;
  #pingTimer = null;
  /** When the question was sent whose answer tells the server's time. */
  #askedTimeAt = 0;
  /** No attempt before this moment: the server named a waiting time. */
  #notBefore = 0;
  state = 'off';
  /** When the server was last heard, by this computer's clock. */
  heardAt = null;

  constructor(url, handlers, surroundings = {}) {
    this.#url = url;
    this.#handlers = handlers;
    this.#browser = {
      open: (address, protocols) => new WebSocket(address, protocols),
      setTimer: (action, delay) => setTimeout(action, delay),
      clearTimer: (timer) => clearTimeout(timer),
      random: Math.random,
      isOnline: () => navigator.onLine !== false,
      now: () => Date.now(),
      ...surroundings,
    };
  }

  /** What is known about an event; empty when nothing is known yet. */
  track(eventId) {
    if (!this.#tracks.has(eventId)) this.#tracks.set(eventId, new EventTrack(eventId));
    return this.#tracks.get(eventId);
  }

  /** Brings in the counts that the answer to a booking told. */
  learn(eventId, counts) {
    const track = this.track(eventId);
    if (track.learn(counts)) this.#handlers.onChange(track, null);
  }

  /** Brings in an event that a REST answer told. */
  learnEvent(eventId, event) {
    const track = this.track(eventId);
    if (track.learnEvent(event)) this.#handlers.onChange(track, null);
  }

  /** When the count of this event was last known to be current, by this computer's clock; null: never. */
  confirmedAt(eventId) {
    return this.isFresh(eventId) ? this.heardAt : (this.#confirmed.get(eventId) ?? null);
  }

  /** True while each change of this event is sent to this page. */
  isFresh(eventId) {
    return this.state === 'live' && this.#subscriptions.get(eventId) === 'subscribed';
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
    if (this.#token && !this.#socket && this.#browser.now() >= this.#notBefore) this.#connect();
  }

  /** Makes no attempt for so long, because the server asked for it (`Retry-After`). */
  holdOff(milliseconds) {
    this.#notBefore = this.#browser.now() + milliseconds;
    if (!this.#token || this.#socket) return;
    this.#browser.clearTimer(this.#retryTimer);
    this.#retryTimer = this.#browser.setTimer(() => this.#connect(), milliseconds);
  }

  /** Asks whether the connection still stands, and gives it up when no answer comes soon. */
  probe() {
    if (this.state === 'live') this.#ping(PONG_IN_DOUBT_WITHIN_MS);
  }

  // The socket.

  #connect() {
    this.#cancelTimers();
    this.#become(this.#stateWithoutConnection);
    this.#askedTimeAt = this.#browser.now();
    const socket = this.#browser.open(this.#url, ['seatcast.v1', `bearer.${this.#token}`]);
    this.#socket = socket;
    const onlyIfCurrent = (action) => (event) => socket === this.#socket && action(event);
    socket.onmessage = onlyIfCurrent(({ data }) => this.#receive(data));
    socket.onclose = onlyIfCurrent(({ code, reason }) => this.#closed(code, reason));
  }

  /** Forgets the socket; its late events find themselves not current. */
  #drop(code) {
    this.#cancelTimers();
    for (const eventId of [...this.#subscriptions.keys()]) this.#endSubscription(eventId);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(code);
  }

  #closed(code, reason) {
    const wasLive = this.state === 'live';
    const meant = this.#meantByNotFound();
    this.#drop();
    if (code === CloseCode.tokenExpired || (code === CloseCode.policy && /token/i.test(reason))) {
      this.stop();
      this.#handlers.onSignedOut(reason);
      return;
    }
    if (code === CloseCode.eventNotFound) meant.forEach((eventId) => this.#forget(eventId));
    this.#waitForRetry(code);
    if (!wasLive) this.#handlers.onRefused();
  }

  /** Which events a close 4404 is about: those not answered yet, or the only one that there is. */
  #meantByNotFound() {
    const stages = [...this.#subscriptions];
    const unanswered = stages.filter(([, stage]) => stage === 'asked');
    const meant = unanswered.length > 0 || stages.length > 1 ? unanswered : stages;
    return meant.map(([eventId]) => eventId);
  }

  #waitForRetry(code) {
    const isTooMuch = code === CloseCode.overloaded || code === CloseCode.policy;
    const patience = isTooMuch ? this.#failures + 3 : this.#failures;
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
    this.#pingTimer = this.#browser.setTimer(() => this.#ping(PONG_WITHIN_MS), PING_EVERY_MS);
  }

  #ping(answerWithin) {
    this.#browser.clearTimer(this.#pingTimer);
    this.#askedTimeAt = this.#browser.now();
    this.#send({ type: 'ping' });
    this.#pingTimer = this.#browser.setTimer(() => {
      this.#drop();
      this.#waitForRetry();
    }, answerWithin);
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
    this.heardAt = this.#browser.now();
    const message = JSON.parse(data);
    switch (message.type) {
      case 'connection_established':
        this.#toldTime(message);
        return this.#established();
      case 'pong':
        return this.#toldTime(message);
      case 'subscribed':
        return this.#subscribed(message);
      case 'booking_created':
      case 'booking_cancelled':
      case 'seat_update':
      case 'event_updated':
        return this.#noticed(message);
      case 'error':
        return this.#refused(message);
      case 'server_draining':
        this.#drainDelay = message.reconnectAfterMs;
    }
  }

  #toldTime({ timestamp }) {
    this.#handlers.onTime(Date.parse(timestamp), this.#askedTimeAt, this.heardAt);
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
    const mayHaveMissed = track.subscribed(message);
    this.#handlers.onChange(track, null);
    // With a resume the missed notices are on their way; asking for the past now would bring them twice.
    const fills = message.eventId === this.#historyWanted && message.recovered !== true;
    const isTold = fills && this.#fillHistory(track) && track.historyTellsFacts;
    if (mayHaveMissed && !isTold) this.#handlers.onFactsMissed(track.eventId);
  }

  #noticed(message) {
    const track = this.track(message.eventId);
    const { order, changed } = track.notice(message);
    const isSettled = this.#subscriptions.get(message.eventId) === 'subscribed';
    if (order === 'gap' && isSettled) this.#resubscribe(track);
    if (order === 'next' || changed) this.#handlers.onChange(track, order === 'next' ? message : null);
    if (order === 'old') return;
    if (message.status === 'deleted') return this.#forget(message.eventId);
    // An update carries most facts of an event, not its venue and description; several notices in one that
    // carry none may hide an update.
    const mayHide = message.fromSeq !== undefined && message.status === undefined;
    if (mayHide || message.type === 'event_updated') this.#handlers.onFactsMissed(message.eventId);
  }

  #refused({ eventId, code }) {
    if (this.#subscriptions.get(eventId) !== 'asked') return;
    this.#subscriptions.delete(eventId);
    if (code === 'event_not_found') return this.#forget(eventId);
    // The server could not open the event just now: ask again for whatever is wanted and missing.
    const askAgain = () => this.watch([...this.#wanted], { history: this.#historyWanted });
    this.#browser.setTimer(askAgain, ASK_AGAIN_AFTER_MS);
  }

  #forget(eventId) {
    this.#wanted.delete(eventId);
    this.#subscriptions.delete(eventId);
    this.#tracks.delete(eventId);
    this.#handlers.onGone(eventId);
  }

  #subscribe(eventId) {
    this.#subscriptions.set(eventId, 'asked');
    this.#send(this.track(eventId).subscription());
  }

  #endSubscription(eventId) {
    if (this.#subscriptions.get(eventId) === 'subscribed') this.#confirmed.set(eventId, this.heardAt);
    this.#subscriptions.delete(eventId);
  }

  #unsubscribe(eventId) {
    this.#endSubscription(eventId);
    this.#send({ type: 'unsubscribe_event', eventId });
  }

  #resubscribe(track, subscription = track.subscription()) {
    this.#unsubscribe(track.eventId);
    this.#subscriptions.set(track.eventId, 'asked');
    this.#send(subscription);
  }

  /** True when the last notices are on their way. */
  #fillHistory(track) {
    const subscription = track.historySubscription();
    if (subscription) this.#resubscribe(track, subscription);
    return subscription !== null;
  }
}
