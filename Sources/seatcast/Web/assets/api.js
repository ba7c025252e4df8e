// The REST API as the page uses it: one function per call, and errors that can be read aloud.
// Nothing here touches the document; the token is kept by the caller.

/** An answer that is not a success: a problem document (RFC 9457), or no answer at all (`status` 0). */
export class ApiError extends Error {
  constructor(status, problem = {}, retryAfterSeconds = null) {
    super(sentence(status, problem));
    this.status = status;
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** True when the same request may be sent again: it came too early, or nobody knows whether it came. */
  get isPassing() {
    return this.status === 0 || this.status === 503;
  }
}

/** A problem document in words for the person who clicked. */
function sentence(status, problem) {
  if (status === 0) return 'The server cannot be reached at the moment.';
  if (typeof problem.available === 'number') return seatsLeft(problem.available);
  if (Array.isArray(problem.errors) && problem.errors.length > 0) {
    return problem.errors.map(fieldSentence).join(' ');
  }
  return problem.detail || problem.title || `The server answered with status ${status}.`;
}

function seatsLeft(available) {
  if (available <= 0) return 'Sold out: no seat is left.';
  return available === 1 ? 'Only 1 seat is left.' : `Only ${available} seats are left.`;
}

/** `{"pointer": "/seatCapacity", "detail": "must be positive"}` becomes "Seat capacity: must be positive." */
function fieldSentence(error) {
  const field = String(error.pointer ?? '').split('/').pop().replace(/([A-Z])/g, ' $1').toLowerCase().trim();
  const detail = String(error.detail ?? error.message ?? 'is not valid').replace(/\.$/, '');
  return field ? `${field[0].toUpperCase()}${field.slice(1)}: ${detail}.` : `${detail}.`;
}

/**
 * A key that stands for one click. `crypto.randomUUID` exists only in secure contexts, and a server in the
 * local network without TLS is none; `getRandomValues` is there always.
 */
export function idempotencyKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export class Api {
  #token;

  /** `token` is a function, so that a log-in or log-out counts from the next call on. */
  constructor(token) {
    this.#token = token;
  }

  login(email, password) {
    return this.#send('POST', '/api/auth/login', { body: { email, password } });
  }

  register(email, password, name) {
    return this.#send('POST', '/api/auth/register', { body: { email, password, name } });
  }

  me() {
    return this.#send('GET', '/api/auth/me');
  }

  /** One page of events; `cursor` is the `next` of the page before. */
  events(cursor = null) {
    return this.#send('GET', `/api/events?limit=50${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
  }

  event(id) {
    return this.#send('GET', `/api/events/${id}`);
  }

  createEvent(draft, key) {
    return this.#send('POST', '/api/events', { body: draft, key });
  }

  changeEvent(id, changes) {
    return this.#send('PATCH', `/api/events/${id}`, { body: changes });
  }

  /** The caller's bookings of one event; an admin sees everybody's. */
  bookings(eventId) {
    return this.#send('GET', `/api/bookings?eventId=${eventId}&limit=50`);
  }

  book(eventId, quantity, key) {
    return this.#send('POST', '/api/bookings', { body: { eventId, quantity }, key });
  }

  cancelBooking(bookingId) {
    return this.#send('DELETE', `/api/bookings/${encodeURIComponent(bookingId)}`);
  }

  async #send(method, path, { body, key } = {}) {
    const headers = { Accept: 'application/json' };
    const token = this.#token();
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (key) headers['Idempotency-Key'] = key;

    let response;
    let answer;
    try {
      const request = { method, headers, body: body && JSON.stringify(body), cache: 'no-store' };
      response = await fetch(path, request);
      const text = await response.text();
      answer = text ? JSON.parse(text) : null;
    } catch (error) {
      throw new ApiError(error instanceof SyntaxError ? response.status : 0);
    }
    if (response.ok) return answer;
    throw new ApiError(response.status, answer ?? {}, Number(response.headers.get('Retry-After')) || null);
  }
}
