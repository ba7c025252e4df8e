// Whether seats of an event can be bought, and why not, from its facts and the server's time. Pure: the caller
// brings the time. The order of the checks is the server's (status, window, seats): both give the same reason.

import { moment, number, seats } from './words.js';

/** What the states of an event are called: on its badge, and in a sentence beside the inactive button. */
const byStatus = {
  draft: { kind: 'draft', label: 'Draft', reason: 'This event is a draft: only administrators see it.' },
  paused: { kind: 'paused', label: 'Sales paused', reason: 'Sales are paused.' },
  closed: { kind: 'closed', label: 'Sales closed', reason: 'Sales are closed.' },
  cancelled: { kind: 'cancelled', label: 'Cancelled', reason: 'This event is cancelled.' },
  deleted: { kind: 'deleted', label: 'No longer available', reason: 'This event is no longer available.' },
};

const unknown = { kind: 'other', label: 'Not on sale', reason: 'This event is not on sale.' };

/** Seats count as the last ones when at most this share of the capacity, and at most so many, are left. */
const LAST_SHARE = 0.1;
const MOST_LAST = 20;
/** The end of the sales is counted down for so long. */
const ENDING_MS = 24 * 60 * 60 * 1000;

/**
 * The state of the sale at `now` (milliseconds, the server's time). `reason` is null while seats can be booked;
 * `changesAt` is the moment at which time alone changes the state, null when it does not.
 */
export function saleState({ status, opensAt, closesAt, availableSeats, seatCapacity }, now) {
  const opens = timeOf(opensAt);
  const closes = timeOf(closesAt);
  if (status === 'closed' && closes !== null && now >= closes) return ended(closesAt);
  // The server announces that sales begin and end; until its word comes, our clock is as good.
  if (status !== 'on_sale' && status !== 'scheduled') {
    return { ...(byStatus[status] ?? unknown), changesAt: null };
  }
  if (opens !== null && now < opens) {
    const [label, reason] = [`On sale from ${moment(opensAt)}`, `Sales open on ${moment(opensAt)}.`];
    return { kind: 'not_open', label, reason, changesAt: opens };
  }
  if (closes !== null && now >= closes) return ended(closesAt);
  if (availableSeats <= 0) {
    return { kind: 'sold_out', label: 'Sold out', reason: 'Sold out: no seats are left.', changesAt: closes };
  }
  const isLast = availableSeats <= Math.min(MOST_LAST, seatCapacity * LAST_SHARE);
  const label = isLast ? `Last ${seats(availableSeats)}` : 'On sale';
  return { kind: 'on_sale', label, isLast, reason: null, changesAt: closes };
}

/** What the clock will do next, for a countdown: `{ words, leftMs }`, null when nothing is near. */
export function nextMoment({ kind, changesAt }, now) {
  if (changesAt === null) return null;
  const leftMs = changesAt - now;
  if (kind === 'not_open') return { words: 'Sales open in', leftMs };
  return leftMs <= ENDING_MS ? { words: 'Sales end in', leftMs } : null;
}

/** The ticket types of an event with the counts that were told last; `told`: `[{ id, available }]` or null. */
export function typesNow(types, told) {
  return (types ?? []).map((type) => ({
    ...type, available: told?.find(({ id }) => id === type.id)?.available ?? type.available,
  }));
}

/** The event as whoever wants this type sees it: of limits and windows the tighter ones count. */
export function eventOfType(event, type) {
  if (!type) return event;
  const [first, last] = [(a, b) => timeOf(a) < timeOf(b), (a, b) => timeOf(a) > timeOf(b)];
  const tighter = (one, other, wins) => (one && other ? (wins(one, other) ? one : other) : one || other || null);
  return {
    ...event,
    availableSeats: type.available,
    seatCapacity: type.capacity ?? event.seatCapacity,
    opensAt: tighter(event.opensAt, type.opensAt, last),
    closesAt: tighter(event.closesAt, type.closesAt, first),
    maxPerBooking: tighter(event.maxPerBooking, type.maxPerBooking, (a, b) => a < b),
  };
}

/** The type with this number, or else the first that sells, or else the first; null where there are none. */
export function chooseType(event, typeId, now) {
  const types = event.types ?? [];
  const sells = (type) => saleState(eventOfType(event, type), now).reason === null;
  return types.find(({ id }) => id === typeId) ?? types.find(sells) ?? types[0] ?? null;
}

/** Whether a hold can still be extended: once, where the event offers it. */
export function canExtend({ createdAt, expiresAt }, { holdSeconds, holdExtensionSeconds }) {
  const lasts = Date.parse(expiresAt) - Date.parse(createdAt);
  return holdExtensionSeconds > 0 && lasts <= holdSeconds * 1000 + 1_500;
}

function ended(closesAt) {
  return { kind: 'ended', label: 'Sales ended', reason: `Sales ended on ${moment(closesAt)}.`, changesAt: null };
}

function timeOf(text) {
  const time = text ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? null : time;
}

/** The number of seats in a field, or null when it holds no whole number of at least 1. */
export function wantedSeats(text) {
  const trimmed = String(text).trim();
  return /^\+?\d{1,7}$/.test(trimmed) && Number(trimmed) > 0 ? Number(trimmed) : null;
}

/**
 * Why this quantity cannot be booked, null when it can. `availableSeats` counts only while it is known to be
 * current: an old count must not keep anybody from asking the server.
 */
export function quantityProblem(text, { maxPerBooking, availableSeats }, isCurrent) {
  const wanted = wantedSeats(text);
  if (wanted === null) return 'Enter a whole number of seats, 1 or more.';
  if (maxPerBooking > 0 && wanted > maxPerBooking) {
    return `You can book at most ${seats(maxPerBooking)} at once.`;
  }
  if (isCurrent && wanted > availableSeats) return seatsLeft(availableSeats);
  return null;
}

export function seatsLeft(available) {
  if (available <= 0) return 'Sold out: no seats are left.';
  return available === 1 ? 'Only 1 seat is left.' : `Only ${number(available)} seats are left.`;
}

/** An `event_updated` in words, by comparison with the facts before it (null: not known). */
export function changeWords(before, after) {
  if (before === null) return 'Event details changed';
  if (before.status !== after.status) return statusWords(after);
  if (before.name !== after.name) return `The event is now called “${after.name}”`;
  if (before.startsAt !== after.startsAt) {
    return after.startsAt ? `Starts on ${moment(after.startsAt)}` : 'The start is to be announced';
  }
  if (before.opensAt !== after.opensAt) {
    return after.opensAt ? `Sales open on ${moment(after.opensAt)}` : 'Sales no longer have an opening time';
  }
  if (before.closesAt !== after.closesAt) {
    return after.closesAt ? `Sales end on ${moment(after.closesAt)}` : 'Sales no longer have an end';
  }
  if (before.maxPerBooking !== after.maxPerBooking) return `At most ${seats(after.maxPerBooking)} per booking`;
  return 'Event details changed';
}

function statusWords({ status, opensAt }) {
  if (status === 'on_sale') return 'Sales are open';
  if (status === 'scheduled') return opensAt ? `Sales open on ${moment(opensAt)}` : 'Sales have not begun';
  return (byStatus[status] ?? unknown).reason.replace(/\.$/, '');
}

/**
 * The server's clock, estimated from its answers. Of two estimates the one with the smaller error counts,
 * unless they contradict each other: then one of the clocks was set, and the later estimate is the true one.
 */
export class ServerClock {
  #offset = 0;
  #error = Infinity;

  /** The server said `serverTime` (known to `resolution` ms) between `sentAt` and `receivedAt` of our clock. */
  hear(serverTime, sentAt, receivedAt, resolution = 1) {
    if (!Number.isFinite(serverTime) || receivedAt < sentAt) return;
    const error = (receivedAt - sentAt + resolution) / 2;
    const offset = serverTime + resolution / 2 - (sentAt + receivedAt) / 2;
    if (error > this.#error && Math.abs(offset - this.#offset) <= error + this.#error) return;
    this.#offset = offset;
    this.#error = error;
  }

  now(ourTime = Date.now()) {
    return ourTime + this.#offset;
  }
}
