// Tests of sale.js and of the sentences of api.js: states of a sale, quantities, changes, the server's clock.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { ServerClock, changeWords, quantityProblem, saleState, wantedSeats } = await load('sale.js');
const { ApiError } = await load('api.js');
const { duration, fieldName, minuteOf, seats } = await load('words.js');

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
  for (const status of ['paused', 'closed', 'cancelled', 'deleted', 'archived']) {
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
