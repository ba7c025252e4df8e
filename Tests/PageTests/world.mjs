// What the client's tests give it instead of a browser: sockets that the test speaks for, a clock that the test moves, a
// page that the test hides, and tabs with locks and channels in common.

/** Lets everything go on that waits for promises only. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

export class Clock {
  time = 1_000_000;
  #timers = new Map();
  #last = 0;

  setTimeout = (action, delay = 0) => {
    this.#timers.set(++this.#last, { action, at: this.time + delay, delay });
    return this.#last;
  };
  clearTimeout = (timer) => this.#timers.delete(timer);
  now = () => this.time;

  /** The delays that are waited for now. */
  get delays() {
    return [...this.#timers.values()].map(({ delay }) => delay);
  }

  /** Moves on, and runs what becomes due in its order. */
  async pass(milliseconds) {
    const end = this.time + milliseconds;
    for (;;) {
      await settle();
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.time = due[1].at;
      due[1].action();
    }
    this.time = end;
    await settle();
  }
}

export class Page extends EventTarget {
  hidden = false;
  show(isShown) {
    this.hidden = !isShown;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

export function memory() {
  const map = new Map();
  return { map, getItem: (key) => map.get(key) ?? null, setItem: (key, value) => void map.set(key, value) };
}

/** The sockets that a client opens, newest last; each has `sent`, and the test speaks by `say` and `end`. */
export function socketsOf() {
  const sockets = [];
  class Socket {
    sent = [];
    isClosed = false;
    constructor(url, protocols) {
      Object.assign(this, { url, protocols });
      sockets.push(this);
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    close() {
      this.isClosed = true;
    }
    say(message) {
      this.onmessage({ data: JSON.stringify(message) });
    }
    end(code, reason = '') {
      this.onclose({ code, reason });
    }
    establish() {
      this.say({ type: 'connection_established', clientId: 'ws_1_a', timestamp: '2026-01-01T00:00:00.000Z' });
    }
    asked(type) {
      return this.sent.filter((message) => message.type === type);
    }
  }
  return { sockets, Socket };
}

/** One tab's surroundings; `network` is shared by tabs that know of each other. */
export function world(more = {}) {
  const { sockets, Socket } = socketsOf();
  const clock = new Clock();
  const page = new Page();
  const window = new EventTarget();
  const storage = memory();
  const options = {
    url: 'http://seats.example/',
    WebSocket: Socket,
    document: page,
    window,
    navigator: { onLine: true },
    storage,
    random: () => 0.5,
    now: clock.now,
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    ...more,
  };
  return { sockets, clock, page, window, storage, options, socket: () => sockets.at(-1) };
}

/**
 * Web Locks and BroadcastChannels of one browser; `tab()` makes the view of one tab, which can `die`. A tab's requests for
 * locks reach the browser when `lockDelay` is over: browsers do not keep the order of locks and messages.
 */
export function browser() {
  const held = new Map();
  const waiting = [];
  const channels = new Set();

  function grantNext() {
    for (const entry of [...waiting]) {
      if (held.has(entry.name) || !waiting.includes(entry)) continue;
      waiting.splice(waiting.indexOf(entry), 1);
      grant(entry);
    }
  }

  function grant(entry) {
    held.set(entry.name, entry);
    const release = () => {
      if (held.get(entry.name) === entry) held.delete(entry.name);
      grantNext();
    };
    entry.release = release;
    Promise.resolve(entry.action()).then(
      (value) => (release(), entry.resolve(value)),
      (error) => (release(), entry.reject(error)),
    );
  }

  function tab(lockDelay = null) {
    const own = new Set();
    const missed = [];
    let isFrozen = false;
    const tell = (action) => (isFrozen ? missed.push(action) : action());
    const request = (name, given, action = given) =>
      new Promise((resolve, reject) => {
        const entry = { name, action, resolve, reject, own, tell };
        if (given?.steal) {
          const stolen = held.get(name);
          stolen?.tell(() => stolen.reject(new Error('stolen')));
          held.delete(name);
          return grant(entry);
        }
        const ask = () => (waiting.push(entry), queueMicrotask(grantNext));
        if (lockDelay) lockDelay.then(ask);
        else ask();
      });
    class BroadcastChannel {
      constructor(name) {
        this.name = name;
        channels.add(this);
        own.add(this);
      }
      postMessage(data) {
        if (isFrozen) return;
        for (const other of channels) {
          if (other === this || other.name !== this.name) continue;
          const copy = structuredClone(data);
          queueMicrotask(() => channels.has(other) && !other.isDeaf && other.onmessage({ data: copy }));
        }
      }
    }
    return {
      navigator: { onLine: true, locks: { request } },
      BroadcastChannel,
      die() {
        own.forEach((channel) => channels.delete(channel));
        for (const entry of [...waiting]) if (entry.own === own) waiting.splice(waiting.indexOf(entry), 1);
        for (const entry of [...held.values()]) if (entry.own === own) entry.release();
      },
      /** Hears and says nothing any more, and keeps its locks. */
      freeze() {
        isFrozen = true;
        own.forEach((channel) => (channel.isDeaf = true));
      },
      thaw() {
        isFrozen = false;
        own.forEach((channel) => (channel.isDeaf = false));
        queueMicrotask(() => missed.splice(0).forEach((action) => action()));
      },
    };
  }

  return { tab, held };
}

export const snapshot = (seq, availableSeats, more = {}) =>
  ({ type: 'subscribed', eventId: 1, epoch: 'e', seq, availableSeats, seatCapacity: 100, ...facts, ...more });
export const resumed = (seq, more = {}) => ({ type: 'subscribed', eventId: 1, epoch: 'e', seq, recovered: true, ...more });
export const booking = (seq, availableSeats, more = {}) =>
  ({ type: 'booking_created', eventId: 1, seq, availableSeats, seatCapacity: 100, quantity: 1, ...more });
export const facts = { status: 'on_sale', name: 'A', startsAt: null, opensAt: null, closesAt: null, maxPerBooking: 10 };
