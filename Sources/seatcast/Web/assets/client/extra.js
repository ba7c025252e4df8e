// Bookings that are made once, also when an answer is lost; iteration; connection tokens. Part of client-extra.js.

/** Sends until there is an answer, at most four times; the server sees the repetitions by their key. */
async function order(base, options, path, { headers, body, onRetry, passing = [0, 408, 429, 503] } = {}) {
  const { setTimeout, random } = options;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const answer = await ask(base, options, path, { method: 'POST', headers, body });
      return await answer.json().catch(() => {
        throw new SeatcastError(0);
      });
    } catch (error) {
      const mayRenew = error.status === 401 && options.token?.call && !options.renew;
      const passes = passing.includes(error.status) && error.retryAfterMs < 10_000;
      if (attempt > 2 || !(mayRenew || passes)) throw error;
      options = { ...options, renew: mayRenew };
      if (passes) onRetry?.(error);
      const wait = error.retryAfterMs + random() * 400 * 2 ** attempt;
      if (passes) await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

const inMemory = new Map();

/** The server remembers a key for 24 hours. */
const KEPT_MS = 23 * 3_600_000;

/** The keys of orders that were not answered, by their bodies; they outlive a reload. */
function keysOf(base, options) {
  const place = `${base} orders`;
  const stored = () => {
    try {
      return JSON.parse(storageOf(options).getItem(place)) ?? {};
    } catch {
      return inMemory.get(place) ?? {};
    }
  };
  const isKept = ([, kept]) => kept && options.now() - kept.at < KEPT_MS;
  const read = () => Object.fromEntries(Object.entries(stored()).filter(isKept));
  const write = (keys) => {
    inMemory.set(place, keys);
    try {
      storageOf(options).setItem(place, JSON.stringify(keys));
    } catch {
      // The keys last as long as the page then.
    }
  };
  return { read, write };
}

/** `crypto.randomUUID` is there in secure contexts only. */
const newKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('-');

async function book(base, options, eventId, { quantity = 1, hold = false, ticketType, onRetry } = {}) {
  const body = JSON.stringify({ eventId, quantity, hold, typeId: ticketType });
  const { read, write } = keysOf(base, options);
  const { key, at } = read()[body] ?? { key: newKey(), at: options.now() };
  write({ ...read(), [body]: { key, at } });
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
  const isAnswered = (status) => status > 0 && status < 500 && ![401, 408, 429].includes(status);
  const forget = () => write({ ...read(), [body]: undefined });
  try {
    const booking = await order(base, options, 'api/bookings', { headers, body, onRetry });
    forget();
    return booking;
  } catch (error) {
    if (isAnswered(error.status)) forget();
    throw error;
  }
}

const unanswered = async (base, options) =>
  Object.keys(keysOf(base, options).read()).map((body) => {
    const { typeId: ticketType, ...rest } = JSON.parse(body);
    return ticketType ? { ...rest, ticketType } : rest;
  });

const changing = (action, how) => (base, options, id) =>
  order(base, options, `api/bookings/${encodeURIComponent(id)}/${action}`, how);
const [confirm, cancel] = [changing('confirm'), changing('cancel')];
// A hold is extended once, so a lost answer is not asked for again.
const extend = changing('extend', { passing: [429, 503] });

async function connectQuery(base, options) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await ask(base, options, 'api/connection-tokens', { method: 'POST', headers, body: '{}' });
  return `?connect=${(await answer.json()).token}`;
}

/** When more than `buffer` notices wait, the oldest become one that says which are skipped. */
async function* noticesOf(eventId, use, { buffer = 256 } = {}) {
  const queue = [];
  let wake;
  const leave = use((notice) => {
    queue.push(notice);
    if (notice && queue.length > buffer) {
      const [one, two] = queue.splice(0, 2);
      const [fromSeq, toSeq] = [one.fromSeq ?? one.seq, two.toSeq ?? two.seq];
      queue.unshift({ type: 'skipped', eventId, fromSeq, toSeq });
    }
    wake?.();
  });
  try {
    for (;;) {
      while (!queue.length) await new Promise((resolve) => (wake = resolve));
      const notice = queue.shift();
      if (!notice) return;
      yield notice;
    }
  } finally {
    leave();
  }
}

export { book, confirm, extend, cancel, unanswered, noticesOf, connectQuery };
