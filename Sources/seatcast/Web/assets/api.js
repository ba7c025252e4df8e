// The REST API as the page uses it: one function per call, and errors that can be read aloud. The token is kept
// by the caller, and each answer also tells the server's time. Nothing here touches the document.

import { seatsLeft } from './sale.js';
import { duration, fieldName } from './words.js';

/** The `Date` field of an answer is cut to whole seconds. */
const DATE_RESOLUTION_MS = 1000;

/** An answer that is not a success: a problem document (RFC 9457), or no answer at all (`status` 0). */
export class ApiError extends Error {
  constructor(status, problem = {}, retryAfterSeconds = null) {
    super(sentence(status, problem, retryAfterSeconds));
    this.status = status;
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** What the client (client.js) is rejected with, as an error of this page; anything else as it is. */
  static of(error) {
    if (error?.name !== 'SeatcastError') return error;
    return new ApiError(error.status, error.problem ?? {}, error.retryAfterMs ? error.retryAfterMs / 1000 : null);
  }

  /** True when the same request may be sent again: it came too early, or its answer got lost. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status === 503;
  }

  /** True when the token is not accepted; a wrong password is also a 401, but says nothing about a token. */
  get isSignedOut() {
    return this.status === 401 && !/:wrong-credentials$/.test(this.problem.type ?? '');
  }
}

/**
 * For what is tried again anyway: a refusal or a lost answer is passed over, a fault of the page is not.
 * Used as `promise.catch(passOver)`.
 */
export function passOver(error) {
  if (!(error instanceof ApiError)) throw error;
}

/**
 * Tells answers that came out of order: of two requests that are under way at once, the older one's answer may come last.
 * Call it when asking; what it returns says, when the answer is there, whether no later one was taken.
 */
export function inOrder() {
  let [asked, taken] = [0, 0];
  return () => {
    const number = ++asked;
    return () => {
      if (number < taken) return false;
      taken = number;
      return true;
    };
  };
}

/** A problem document in words for the person who clicked. */
function sentence(status, problem, retryAfterSeconds) {
  if (status === 0) return 'The server cannot be reached at the moment.';
  if (status === 429) return `Too many requests. Please try again in ${duration(retryAfterSeconds ?? 1)}.`;
  if (typeof problem.available === 'number') return seatsLeft(problem.available);
  if (Array.isArray(problem.errors) && problem.errors.length > 0) return fieldSentences(problem.errors);
  if (/:invalid-token$/.test(problem.type ?? '')) return 'Your session has ended. Please log in again.';
  return problem.detail || problem.title || `The server answered with status ${status}.`;
}

/** `{"pointer": "/seatCapacity", "detail": "must be positive"}` becomes "Seat capacity: must be positive." */
function fieldSentences(errors) {
  const sentences = errors.map((error) => {
    const field = fieldName(String(error.pointer ?? '').split('/').pop());
    const detail = String(error.detail ?? error.message ?? 'is not valid').replace(/\.$/, '');
    return field ? `${field}: ${detail}.` : `${detail}.`;
  });
  if (sentences.length > 1) sentences.unshift(`${sentences.length} fields are invalid.`);
  return sentences.join(' ');
}

/** Seconds to wait (RFC 9110, section 10.2.3: a number or a date), null when the answer does not say. */
function retryAfter(field) {
  if (field === null) return null;
  const seconds = /^\d+$/.test(field.trim()) ? Number(field) : (Date.parse(field) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

export class Api {
  #token;
  #clock;

  /** `token` is a function, so that a log-in or log-out counts from the next call on. */
  constructor(token, clock) {
    this.#token = token;
    this.#clock = clock;
  }

  login(email, password) {
    return this.send('POST', '/api/auth/login', { body: { email, password } });
  }

  register(email, password, name) {
    return this.send('POST', '/api/auth/register', { body: { email, password, name } });
  }

  me() {
    return this.send('GET', '/api/auth/me');
  }

  /** One page of events; `cursor` is the `next` of the page before. */
  events(cursor = null) {
    return this.send('GET', `/api/events?limit=50${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
  }

  event(id) {
    return this.send('GET', `/api/events/${id}`);
  }

  createEvent(draft) {
    return this.send('POST', '/api/events', { body: draft });
  }

  changeEvent(id, changes) {
    return this.send('PATCH', `/api/events/${id}`, { body: changes });
  }

  /** The caller's bookings of one event; an admin sees everybody's. */
  bookings(eventId) {
    return this.send('GET', `/api/bookings?eventId=${eventId}&limit=50`);
  }

  /** `action`: confirm or extend, of a hold. */
  changeHold(bookingId, action) {
    return this.send('POST', `/api/bookings/${encodeURIComponent(bookingId)}/${action}`);
  }

  /** The caller's place in the waiting list, null when there is none. */
  async place(eventId) {
    try {
      return await this.send('GET', `/api/events/${eventId}/waitlist`);
    } catch (error) {
      if (error.status === 404) return null;
      throw error;
    }
  }

  joinWaitlist(eventId, order) {
    return this.send('POST', `/api/events/${eventId}/waitlist`, { body: order });
  }

  leaveWaitlist(eventId) {
    return this.send('DELETE', `/api/events/${eventId}/waitlist`);
  }

  cancelBooking(bookingId) {
    return this.send('DELETE', `/api/bookings/${encodeURIComponent(bookingId)}`);
  }

  /** One request, and its answer from JSON; null for an empty one. */
  async send(method, path, { body } = {}) {
    const { response, text } = await this.#ask(method, path, body);
    const answer = this.#read(response, text);
    if (response.ok) return answer;
    throw this.#refusal(response, answer);
  }

  /** One page of a text, and the path of the next one (`Link`, RFC 8288); `next` null: it was the last. */
  async text(path) {
    const { response, text } = await this.#ask('GET', path);
    if (!response.ok) throw this.#refusal(response, this.#read(response, text));
    const next = response.headers.get('Link')?.match(/<([^>]*)>; *rel="?next"?/)?.[1] ?? null;
    return { text, next };
  }

  async #ask(method, path, body) {
    const headers = { Accept: 'application/json, text/csv' };
    const token = this.#token();
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const sentAt = Date.now();
    try {
      const request = { method, headers, body: body && JSON.stringify(body), cache: 'no-store' };
      const response = await fetch(path, request);
      const date = Date.parse(response.headers.get('Date') ?? '');
      this.#clock.hear(date, sentAt, Date.now(), DATE_RESOLUTION_MS);
      return { response, text: await response.text() };
    } catch {
      throw new ApiError(0);
    }
  }

  #read(response, text) {
    try {
      return text ? JSON.parse(text) : null;
    } catch {
      throw new ApiError(response.status);
    }
  }

  #refusal(response, answer) {
    return new ApiError(response.status, answer ?? {}, retryAfter(response.headers.get('Retry-After')));
  }
}
