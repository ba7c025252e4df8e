// Tests of sale.js and of the sentences of api.js: states of a sale, quantities, changes, the server's clock.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const {
  ServerClock, canExtend, changeWords, chooseType, eventOfType, nextMoment, quantityProblem, saleState, typesNow,
  wantedSeats,
} = await load('sale.js');
const { ApiError } = await load('api.js');
const { duration, fieldName, minuteOf, seats, timeLeft } = await load('words.js');

const opens = '2030-01-01T10:00:00.000Z';
const closes = '2030-01-01T12:00:00.000Z';
const at = (text) => Date.parse(text);
const event = (more = {}) =>
  ({ status: 'on_sale', opensAt: opens, closesAt: closes, availableSeats: 5, maxPerBooking: 4, ...more });

test('a sale goes from not open over open to ended by the clock alone', () => {
  const before = saleState(event(), at(opens) - 1);
  assert.deepEqual([before.kind, before.changesAt], ['not_open', at(opens)]);
  const open = saleState(event(), at(opens));
  assert.deepEqual([open.kind, open.reason, open.changesAt], ['on_sale', null, at(closes)]);
  const ended = saleState(event(), at(closes));
  assert.deepEqual([ended.kind, ended.changesAt], ['ended', null]);
});

test('the server\'s word for what the clock did and the clock itself give the same state', () => {
  const early = saleState(event({ status: 'scheduled' }), at(opens) - 1);
  assert.deepEqual([early.kind, early.changesAt], ['not_open', at(opens)]);
  assert.equal(saleState(event({ status: 'scheduled' }), at(opens)).kind, 'on_sale');
  const over = saleState(event({ status: 'closed' }), at(closes));
  assert.deepEqual([over.kind, over.label], ['ended', 'Sales ended']);
  assert.equal(saleState(event({ status: 'closed' }), at(closes) - 1).kind, 'closed');
});

test('the status comes before the window, and the window before the seats', () => {
  const early = at(opens) - 1;
  assert.equal(saleState(event({ status: 'cancelled' }), early).kind, 'cancelled');
  assert.equal(saleState(event({ availableSeats: 0 }), early).kind, 'not_open');
  assert.equal(saleState(event({ availableSeats: 0 }), at(opens)).kind, 'sold_out');
});

test('every status but on_sale has a reason, also one that this page does not know', () => {
  for (const status of ['draft', 'paused', 'closed', 'cancelled', 'deleted', 'archived']) {
    assert.match(saleState(event({ status }), at(opens)).reason, /^(Sales are|This event is) .*\.$/);
  }
});

test('only whole numbers of at least 1 are quantities', () => {
  assert.deepEqual(['1', ' 12 ', '+3'].map(wantedSeats), [1, 12, 3]);
  for (const text of ['', '0', '-1', '1.5', '1e3', 'x', '99999999']) assert.equal(wantedSeats(text), null, text);
});

test('a quantity is held against the limit and, while the count is current, against the seats', () => {
  const facts = event({ maxPerBooking: 9 });
  assert.equal(quantityProblem('5', facts, true), null);
  assert.equal(quantityProblem('99', facts, true), 'You can book at most 9 seats at once.');
  assert.equal(quantityProblem('6', facts, true), 'Only 5 seats are left.');
  assert.equal(quantityProblem('6', facts, false), null);
  assert.equal(quantityProblem('2', event({ availableSeats: 1 }), true), 'Only 1 seat is left.');
  assert.equal(quantityProblem('2', event({ maxPerBooking: 1 }), true), 'You can book at most 1 seat at once.');
});

test('a change is told by what is different', () => {
  const before = event({ name: 'A', startsAt: null });
  const words = (more) => changeWords(before, { ...before, ...more });
  assert.equal(words({ status: 'closed' }), 'Sales are closed');
  assert.equal(words({ status: 'paused' }), 'Sales are paused');
  assert.match(words({ status: 'scheduled' }), /^Sales open on /);
  assert.equal(changeWords(event({ status: 'closed' }), event()), 'Sales are open');
  assert.equal(words({ name: 'B' }), 'The event is now called “B”');
  assert.equal(words({ maxPerBooking: 1 }), 'At most 1 seat per booking');
  assert.match(words({ startsAt: opens }), /^Starts on /);
  assert.equal(words({ opensAt: null }), 'Sales no longer have an opening time');
  assert.match(words({ closesAt: opens }), /^Sales end on /);
  assert.equal(words({}), 'Event details changed');
  assert.equal(changeWords(null, before), 'Event details changed');
});

test('the better estimate of the server\'s clock stays, until the clocks contradict each other', () => {
  const clock = new ServerClock();
  assert.equal(clock.now(500), 500);
  clock.hear(10_000, 100, 300);
  assert.equal(Math.floor(clock.now(200)), 10_000);
  clock.hear(10_600, 150, 1_150, 1_000);
  assert.equal(Math.floor(clock.now(200)), 10_000);
  clock.hear(90_000, 150, 1_150, 1_000);
  assert.equal(Math.floor(clock.now(650)), 90_500);
  clock.hear(NaN, 1, 2);
  assert.equal(Math.floor(clock.now(650)), 90_500);
});

test('waits and counts have their plural forms', () => {
  assert.deepEqual([0.2, 1, 34, 180, 7200].map(duration),
    ['1 second', '1 second', '34 seconds', '3 minutes', '2 hours']);
  assert.deepEqual([0, 1, 2].map(seats), ['0 seats', '1 seat', '2 seats']);
  assert.equal(fieldName('maxPerBooking'), 'Max per booking');
});

test('a time of the day before has its date', () => {
  const now = at(closes);
  assert.ok(minuteOf(now - 25 * 3_600_000, now).length > minuteOf(now - 60_000, now).length);
});

test('refusals are plain sentences', () => {
  const words = (status, problem, wait) => new ApiError(status, problem, wait).message;
  assert.equal(words(0), 'The server cannot be reached at the moment.');
  assert.equal(words(429, {}, 34), 'Too many requests. Please try again in 34 seconds.');
  assert.equal(words(429, {}, null), 'Too many requests. Please try again in 1 second.');
  assert.equal(words(409, { available: 1 }), 'Only 1 seat is left.');
  assert.equal(words(401, { type: 'urn:seatcast:problem:invalid-token', detail: 'exp' }),
    'Your session has ended. Please log in again.');
  const errors = [{ pointer: '/name', detail: 'is missing' }, { pointer: '/seatCapacity', detail: 'must be 1.' }];
  assert.equal(words(422, { errors }), '2 fields are invalid. Name: is missing. Seat capacity: must be 1.');
  assert.equal(words(422, { errors: errors.slice(1) }), 'Seat capacity: must be 1.');
});

test('a wrong password is no reason to log out, a refused token is', () => {
  const isSignedOut = (type) => new ApiError(401, { type: `urn:seatcast:problem:${type}` }).isSignedOut;
  assert.equal(isSignedOut('wrong-credentials'), false);
  assert.equal(isSignedOut('invalid-token'), true);
});

test('the last seats are few, and few of all', () => {
  const label = (availableSeats, seatCapacity) => saleState(event({ availableSeats, seatCapacity }), at(opens)).label;
  assert.deepEqual([label(6, 60), label(7, 60)], ['Last 6 seats', 'On sale']);
  assert.deepEqual([label(1, 10), label(1, 9)], ['Last 1 seat', 'On sale']);
  assert.deepEqual([label(20, 5000), label(21, 5000)], ['Last 20 seats', 'On sale']);
});

test('the opening is counted down, and the end on the last day', () => {
  const next = (now, more) => nextMoment(saleState(event(more), now), now);
  assert.deepEqual(next(at(opens) - 90_000), { words: 'Sales open in', leftMs: 90_000 });
  assert.deepEqual(next(at(closes) - 5_000), { words: 'Sales end in', leftMs: 5_000 });
  assert.equal(next(at(opens), { closesAt: '2030-02-01T00:00:00.000Z' }), null);
  assert.equal(next(at(closes)), null);
});

test('what is left of a countdown is rounded up', () => {
  const left = [0, 8_100, 580_001, 3_723_000, 2 * 86_400_000 + 3_723_000].map(timeLeft);
  assert.deepEqual(left, ['0:00', '0:09', '9:41', '1:02:03', '2 days 01:02:03']);
});

const types = [
  { id: 1, name: 'Stalls', capacity: 40, available: 0, maxPerBooking: null, opensAt: null, closesAt: null },
  { id: 2, name: 'Balcony', capacity: null, available: 3, maxPerBooking: 2, opensAt: null, closesAt: opens },
];

test('ticket types have the counts that were told last, and limits and windows the tighter of two', () => {
  const told = typesNow(types, [{ id: 1, available: 7 }, { id: 9, available: 1 }]);
  assert.deepEqual(told.map(({ available }) => available), [7, 3]);
  assert.deepEqual(typesNow(undefined, null), []);
  const facts = eventOfType(event({ seatCapacity: 50 }), types[1]);
  assert.deepEqual(
    [facts.availableSeats, facts.seatCapacity, facts.maxPerBooking, facts.opensAt, facts.closesAt],
    [3, 50, 2, opens, opens]);
  const later = { ...types[0], opensAt: closes, maxPerBooking: 9 };
  assert.deepEqual([eventOfType(event(), later).opensAt, eventOfType(event(), later).maxPerBooking], [closes, 4]);
});

test('the type that was chosen stays, and otherwise the first that sells is taken', () => {
  const facts = event({ types: [types[0], { ...types[1], closesAt: null }] });
  assert.equal(chooseType(facts, null, at(opens)).id, 2);
  assert.equal(chooseType(facts, 1, at(opens)).id, 1);
  assert.equal(chooseType(facts, 9, at(opens)).id, 2);
  assert.equal(chooseType(event({ types: [] }), null, at(opens)), null);
  assert.equal(chooseType(event({ types: [types[0]] }), null, at(opens)).id, 1);
});

test('a hold is extended once, where that is offered', () => {
  const hold = (seconds) => ({ createdAt: opens, expiresAt: new Date(at(opens) + seconds * 1000).toISOString() });
  assert.equal(canExtend(hold(600), { holdSeconds: 600, holdExtensionSeconds: 300 }), true);
  assert.equal(canExtend(hold(900), { holdSeconds: 600, holdExtensionSeconds: 300 }), false);
  assert.equal(canExtend(hold(600), { holdSeconds: 600, holdExtensionSeconds: 0 }), false);
});
