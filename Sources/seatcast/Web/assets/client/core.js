// The client (client.d.ts); web_assets.c adds HERE, loadMore() and loadExtra().

const tell = (to, type, detail) => to.dispatchEvent(new CustomEvent(type, { detail }));

// What is known of one event; it never goes back within an epoch.
class Track {
  seq = -1;
  factsSeq = -1;
  heard = null;
  epoch = null;
  state = { availableSeats: null, seatCapacity: null, ticketTypes: null, status: null };

  learn(told) {
    const seq = told.toSeq ?? told.seq;
    const take = (names) => names.forEach((name) => name in told && (this.state[name] = told[name]));
    if (seq >= this.seq && 'availableSeats' in told) {
      this.seq = seq;
      take(['availableSeats', 'seatCapacity']);
      const known = (type) => this.state.ticketTypes?.find(({ id }) => id === type.id);
      if (told.types) this.state.ticketTypes = told.types.map((type) => ({ ...known(type), ...type }));
    }
    if (seq >= this.factsSeq && told.name) {
      this.factsSeq = seq;
      take(['status', 'name', 'startsAt', 'opensAt', 'closesAt', 'maxPerBooking']);
    }
  }

  subscription() {
    const { id: eventId, heard: since, epoch } = this;
    return { type: 'subscribe_event', eventId, ...(epoch && { since, epoch }) };
  }

  // What was missed for good; undefined: another tab's answer, too late a one here.
  subscribed({ epoch, seq, recovered, ...told }) {
    const { heard, id: eventId } = this;
    if (recovered && seq > heard) return;
    const isOther = this.epoch && this.epoch !== epoch;
    if (isOther) this.seq = this.factsSeq = this.heard = -1;
    this.epoch = epoch;
    this.heard = Math.max(this.heard, seq);
    this.learn({ seq, ...told });
    if (isOther) return { type: 'restarted', eventId, epoch };
    if (heard === null || seq <= heard) return null;
    return { type: 'skipped', eventId, fromSeq: heard + 1, toSeq: seq };
  }

  // At a gap the counts are true, but a notice before them is missing.
  notice(message) {
    const { seq, fromSeq = seq, toSeq = seq } = message;
    const heard = this.heard ?? fromSeq - 1;
    if (toSeq <= heard) return 'old';
    this.learn(message);
    if (fromSeq > heard + 1) return 'gap';
    this.heard = toSeq;
    return 'next';
  }
}

class LiveEvent extends EventTarget {
  #watch;
  #listeners = new Set();
  #sinks = new Set();
  #snapshot;
  #hold = null;

  constructor(entry, watch) {
    super();
    this.id = entry.track.id;
    this.#watch = watch;
    const first = (this.#snapshot = this.#look(entry));
    this.getSnapshot = () => this.#snapshot;
    this.getServerSnapshot = () => first;
    this.subscribe = (listener) => this.#use(this.#listeners, () => listener());
    entry.publish = (notice) => this.#publish(entry, notice);
    entry.end = () => this.#sinks.forEach((sink) => sink(null));
  }

  addEventListener(...listener) {
    super.addEventListener(...listener);
    this.#hold ??= this.#watch();
  }

  close() {
    this.#hold?.();
    this.#hold = null;
  }

  async *notices(options) {
    yield* (await loadExtra()).noticesOf(this.id, (sink) => this.#use(this.#sinks, sink), options);
  }

  #use(set, callback) {
    set.add(callback);
    const leave = this.#watch();
    return () => {
      set.delete(callback);
      leave();
    };
  }

  #look({ track: { seq, epoch, state }, live, staleSince }) {
    return Object.freeze({ eventId: this.id, ...state, seq, epoch, live, staleSince });
  }

  #publish(entry, notice) {
    const before = this.#snapshot;
    const now = this.#look(entry);
    const isNews = JSON.stringify(before) !== JSON.stringify(now);
    if (isNews) this.#snapshot = now;
    if (notice) {
      this.#sinks.forEach((sink) => sink(notice));
      tell(this, 'notice', notice);
    }
    if (before.live !== now.live) tell(this, 'status', now);
    if (!isNews) return;
    tell(this, 'change', now);
    this.#listeners.forEach((listener) => listener());
  }
}

class Client extends EventTarget {
  state = 'idle';
  reason = '';
  #options;
  #base;
  // stage: null, 'asked' or 'live'
  #entries = new Map();
  #link = null;
  #failures = 0;
  // Failures before one opened.
  #unopened = 0;
  #slot = null;
  #notBefore = 0;
  #timers = {};
  #heardAt = null;
  #isHidden = false;
  // null: the server does not know set_pace.
  #pace = 0;
  #ends = new AbortController();

  constructor(options) {
    super();
    this.#options = { ...surroundings(), ...options };
    this.#base = baseOf(options.url);
    this.#hook();
    for (const name of ['book', 'confirm', 'extend', 'cancel', 'unanswered']) {
      this[name] = async (...order) => {
        const answer = await (await loadExtra())[name](this.#base, this.#options, ...order);
        if (answer.eventId) this.learn(answer.eventId, answer);
        return answer;
      };
    }
  }

  event(id, { history, initial } = {}) {
    if (!this.#entries.has(id)) {
      const { at: staleSince = null, ...saved } = this.#recall()[id] ?? {};
      const track = Object.assign(new Track(), saved, { id });
      if (initial) track.learn(initial);
      const entry = { track, users: 0, stage: null, live: 'stale', staleSince };
      entry.event = new LiveEvent(entry, () => this.#watch(entry));
      this.#entries.set(id, entry);
    }
    const entry = this.#entries.get(id);
    if (history) this.#subscribe(Object.assign(entry, { history }));
    return entry.event;
  }

  learn(id, told) {
    this.event(id);
    const entry = this.#entries.get(id);
    entry.track.learn(told);
    entry.publish();
  }

  open() {
    if (this.#link || this.#options.now() < this.#notBefore) return;
    this.#cancel('retry');
    this.#connect();
  }

  close() {
    this.#save();
    this.#ends.abort();
    this.#drop();
    this.#become('closed');
    this.#entries.forEach((entry) => entry.end());
  }

  #watch(entry) {
    entry.users += 1;
    if (this.state === 'idle') this.open();
    else if (!entry.stage) this.#subscribe(entry);
    let held = 1;
    return () => {
      entry.users -= held;
      held = 0;
      queueMicrotask(() => entry.users || !entry.stage || this.#unsubscribe(entry));
    };
  }

  #subscribe(entry) {
    const { track, users } = entry;
    if (this.state !== 'live' || !users || entry.isAsking || track.state.status === 'deleted') return;
    if (track.epoch && entry.history) {
      track.heard = Math.max(0, track.heard - entry.history);
      entry.history = 0;
    }
    entry.stage ??= 'asked';
    entry.isAsking = true;
    this.#send(track.subscription());
  }

  #unsubscribe(entry) {
    this.#send({ type: 'unsubscribe_event', eventId: entry.track.id });
    entry.stage = entry.isAsking = null;
    this.#refresh(entry);
  }

  #subscribeAll() {
    this.#entries.forEach((entry) => this.#subscribe(entry));
  }

  #refresh(entry, notice) {
    const isLive = this.state === 'live' && entry.stage === 'live';
    const isOffline = /offline|denied|closed/.test(this.state) || entry.isRefused;
    if (isLive || entry.live === 'live') entry.staleSince = isLive ? null : this.#heardAt;
    entry.live = isLive ? 'live' : isOffline ? 'offline' : 'stale';
    entry.publish(notice);
  }

  #connect() {
    this.#become(this.#without);
    const on = {
      message: (message) => this.#receive(message),
      close: (...why) => this.#lost(...why),
      first: () => [...this.#entries.values()].flatMap(({ users, track }) => (users ? track.subscription() : [])),
    };
    const options = { ...this.#options, streams: !this.#options.WebSocket || this.#unopened === 2 };
    const dial = (to, open = openLink) => linkTo(open, this.#base, { ...options, dial }, to);
    const shared = options.share && options.navigator?.locks && loadMore().then((more) => more.openShared);
    this.#link = shared ? dial(on, shared) : dial(on);
  }

  #drop(isStepDown) {
    this.#cancel('retry', 'life');
    const link = this.#link;
    this.#link = null;
    this.#entries.forEach((entry) => (entry.stage = entry.isAsking = entry.isRefused = null));
    link?.close(isStepDown);
  }

  #lost(code, reason = '', retryAfterMs = 0) {
    const { random, now, token } = this.#options;
    if (this.state !== 'live') this.#unopened = this.#unopened === 2 ? 1 : this.#unopened + 1;
    this.#drop();
    this.reason = reason;
    if (code === 4001 || (code === 1008 && /token/i.test(reason))) {
      if (!token?.call || this.#options.renew) return this.#become('denied');
      this.#options.renew = true;
    }
    const patience = this.#failures + (code === 1008 || code === 1013 ? 3 : 0);
    const chance = random() * Math.min(15_000, 400 * 2 ** patience);
    const slot = this.#slot ?? retryAfterMs;
    this.#notBefore = now() + slot;
    this.#later('retry', slot + (this.#slot === null ? chance : 0), () => this.#connect());
    this.#slot = null;
    this.#failures += 1;
    this.#become(this.#without);
  }

  #pause() {
    this.#save();
    if (!this.#link) return;
    this.#drop(true);
    this.#become('reconnecting');
  }

  get #without() {
    if (this.#failures > 4 || this.#options.navigator?.onLine === false) return 'offline';
    return this.#failures ? 'reconnecting' : 'connecting';
  }

  #become(state) {
    this.state = state;
    this.#entries.forEach((entry) => this.#refresh(entry));
    tell(this, 'status', { state, reason: this.reason });
  }

  #later(name, delay, action) {
    this.#cancel(name);
    const { setTimeout } = this.#options;
    this.#timers[name] = setTimeout(action, delay);
  }

  #cancel(...names) {
    const { clearTimeout } = this.#options;
    names.forEach((name) => clearTimeout(this.#timers[name]));
  }

  #ping(within) {
    this.#later('life', within, () => this.#lost(1006, 'no answer'));
    this.#send({ type: 'ping' });
  }

  #send(message) {
    this.#link?.send(message);
  }

  #setPace(maxPerSecond) {
    if (this.state !== 'live' || this.#pace === null || this.#pace === maxPerSecond) return;
    this.#pace = maxPerSecond;
    this.#send({ type: 'set_pace', maxPerSecond });
  }

  #receive(message) {
    this.#heardAt = this.#options.now();
    // The server would ping a little later.
    this.#later('life', 30_000, () => this.#options.document?.hidden || this.#ping(10_000));
    const { type, eventId } = message;
    const entry = this.#entries.get(eventId);
    if (/^booking|^seat_u|^event_u/.test(type)) return entry?.stage && this.#noticed(entry, message);
    if (type === 'connection_established') this.#established(message);
    if (type === 'subscribed' && entry?.stage) this.#subscribed(entry, message);
    if (type === 'error') this.#refused(entry, message);
    if (type === 'token_expiring') {
      const refresh = (token) => this.#send({ type: 'refresh_token', token });
      tokenOf({ ...this.#options, renew: true }).then(refresh, () => {});
    }
    if (type === 'server_draining') this.#slot = message.reconnectAfterMs;
    tell(this, 'message', message);
  }

  #established({ clientId }) {
    // A WebSocket: no more event streams.
    if (clientId) this.#unopened = -Infinity;
    this.#failures = this.#pace = 0;
    this.reason = '';
    this.#options.renew = false;
    this.#become('live');
    this.#subscribeAll();
    if (this.#isHidden) this.#setPace(1);
  }

  #subscribed(entry, message) {
    const { track, history } = entry;
    const missed = track.subscribed(message);
    entry.isAsking = false;
    if (missed === undefined) return this.#subscribe(entry);
    entry.stage = 'live';
    this.#refresh(entry, missed);
    if (history && track.heard) this.#subscribe(entry);
  }

  #noticed(entry, message) {
    const order = entry.track.notice(message);
    if (order === 'old') return;
    if (order === 'gap') this.#subscribe(entry);
    this.#refresh(entry, order === 'next' ? message : null);
    if (message.status === 'deleted') this.#gone(entry);
  }

  #refused(entry, { code, eventId }) {
    if (code === 'unknown_type') this.#pace = null;
    if (!entry?.isAsking) return;
    entry.stage = entry.isAsking = null;
    if (code === 'event_not_found') return this.#gone(entry);
    if (code !== 'unavailable') entry.isRefused = true;
    else this.#later(eventId, 1000 + 2000 * this.#options.random(), () => this.#subscribe(entry));
    this.#refresh(entry);
  }

  #gone(entry) {
    entry.track.state.status = 'deleted';
    entry.stage = null;
    this.#refresh(entry);
    entry.end();
  }

  #hook() {
    const { window, document } = this.#options;
    const { signal } = this.#ends;
    const listen = (target, type, action) => target?.addEventListener(type, action, { signal });
    const goOn = () => /ing|offline/.test(this.state) && this.open();
    const check = () => (this.state === 'live' ? this.#ping(3_000) : goOn());
    const seen = () => {
      this.#cancel('hidden');
      if (document.hidden) {
        this.#save();
        return this.#later('hidden', 30_000, () => this.#setPace((this.#isHidden = 1)));
      }
      this.#isHidden = false;
      this.#setPace(0);
      check();
    };
    listen(document, 'visibilitychange', seen);
    listen(document, 'freeze', () => this.#pause());
    listen(window, 'online', check);
    listen(window, 'offline', check);
    listen(window, 'pagehide', ({ persisted }) => (persisted ? this.#pause() : this.#save()));
    listen(window, 'pageshow', ({ persisted }) => persisted && goOn());
  }

  #recall() {
    try {
      return JSON.parse(storageOf(this.#options).getItem(this.#base)) ?? {};
    } catch {
      return {};
    }
  }

  #save() {
    const kept = this.#recall();
    this.#entries.forEach(({ track, live, staleSince }, id) => {
      const isOlder = kept[id]?.epoch === track.epoch && track.seq < kept[id].seq;
      if (track.epoch && !isOlder) kept[id] = { ...track, at: live === 'live' ? this.#heardAt : staleSince };
    });
    try {
      storageOf(this.#options).setItem(this.#base, JSON.stringify(kept));
    } catch {}
  }
}

function baseOf(url) {
  const place = url ? url.replace(/\/?$/, '/') : HERE;
  if (!/^http/.test(place)) throw new TypeError('connect({ url }) needs the http address of a server');
  return new URL('.', place).href;
}

function surroundings() {
  const { WebSocket, window, document, navigator, setTimeout, clearTimeout } = globalThis;
  return { WebSocket, window, document, navigator, setTimeout, clearTimeout, random: Math.random, now: Date.now };
}

// Can be closed before it is open; silent afterwards.
function linkTo(opens, base, options, { first, message, close }) {
  let link;
  let isClosed = false;
  const only = (action) => (...told) => isClosed || action(...told);
  const on = {
    first,
    open: (opened) => (isClosed ? opened.close() : (link = opened)),
    message: only(message),
    close: only(close),
    fail: ({ code = 1006, message, retryAfterMs }) => on.close(code, message, retryAfterMs),
  };
  Promise.resolve(opens).then((open) => open(base, options, on)).catch(on.fail);
  const end = (isStepDown) => {
    isClosed = true;
    link?.close(isStepDown);
  };
  return { send: (message) => link?.send(message), close: end };
}

async function openLink(base, options, on) {
  if (options.streams) return (await loadMore()).openStreams(base, options, on);
  const query = options.connectionTokens ? await (await loadExtra()).connectQuery(base, options) : '';
  const token = query ? '' : await tokenOf(options);
  const protocols = ['seatcast.v1', ...(token ? [`bearer.${token}`] : [])];
  const socket = new options.WebSocket(`${base.replace('http', 'ws')}ws${query}`, protocols);
  socket.onmessage = ({ data }) => on.message(JSON.parse(data));
  socket.onclose = socket.onerror = ({ code = 1006, reason }) => on.close(code, reason);
  on.open({ send: (message) => socket.send(JSON.stringify(message)), close: () => socket.close(1000) });
}

const connect = (options = {}) => new Client(options);
