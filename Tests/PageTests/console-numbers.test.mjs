// What the console computes: percentiles from buckets, rates, the five minutes it keeps, and when a sale is sold out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const numbers = await load('console-numbers.js');
const bounds = [0.001, 0.01, 0.1];

test('a percentile lies within its bucket, and beyond the last bound it is not known', () => {
  assert.equal(numbers.percentile({ bounds, counts: [10, 0, 0, 0] }, 0.5), 0.0005);
  assert.equal(numbers.percentile({ bounds, counts: [50, 50, 0, 0] }, 0.5), 0.001);
  assert.ok(Math.abs(numbers.percentile({ bounds, counts: [50, 50, 0, 0] }, 0.99) - 0.00982) < 1e-9);
  assert.equal(numbers.percentile({ bounds, counts: [9, 0, 0, 1] }, 0.99), Infinity);
  assert.equal(numbers.percentile({ bounds, counts: [0, 0, 0, 0] }, 0.5), null);
});

test('what happened between two answers is the difference of their buckets', () => {
  const later = { bounds, counts: [5, 7, 1, 0], sum: 9, count: 13 };
  const earlier = { bounds, counts: [5, 2, 0, 0], sum: 4, count: 7 };
  assert.deepEqual(numbers.between(later, earlier), { bounds, counts: [0, 5, 1, 0], sum: 5, count: 6 });
  assert.deepEqual(numbers.between(later, undefined), later);
  assert.equal(numbers.mean({ sum: 5, count: 2 }), 2.5);
  assert.equal(numbers.mean({ sum: 0, count: 0 }), null);
});

function stats(bookings, startedAt = 'then') {
  const histogram = { bounds, counts: [bookings, 0, 0, 0], sum: bookings, count: bookings };
  const totals = { bookings, deliveries: 10 * bookings, conflations: 0, requests: bookings, refusals: 0 };
  return {
    startedAt, totals, rateLimited: { changes: 0 }, subscriptions: 3, connections: { open: 4, lagging: 1 },
    queues: { requests: 2, commands: 1 }, memory: { residentBytes: 5 },
    histograms: { commitToWire: histogram, commitToLastSubscriber: histogram, sync: histogram, batchSize: histogram },
  };
}

test('rates are per second of the time that really passed', () => {
  const history = new numbers.History();
  history.add(stats(100), 1_000);
  assert.deepEqual(history.points, []);
  history.add(stats(106), 3_000);
  const [point] = history.points;
  assert.deepEqual([point.bookings, point.deliveries, point.open, point.lagging, point.waiting], [3, 30, 4, 1, 3]);
  assert.equal(point.wireHalf, 0.0005);
  assert.equal(point.batch, 1);
});

test('percentiles without commits are none, not zero', () => {
  const history = new numbers.History();
  history.add(stats(5), 0);
  history.add(stats(5), 1_000);
  assert.equal(history.points[0].wireMost, null);
});

test('five minutes are kept, and a server that started anew begins them anew', () => {
  const history = new numbers.History();
  for (let second = 0; second <= 400; second += 1) history.add(stats(second), second * 1_000);
  assert.equal(history.points.length, 301);
  assert.equal(history.oldest.totals.bookings, 100);
  history.add(stats(0, 'now'), 401_000);
  assert.deepEqual(history.points, []);
  assert.equal(history.stats.totals.bookings, 0);
});

test('the line of a chart ends now, and where there was no value it has a gap', () => {
  const points = [{ at: 0, x: 5 }, { at: 150_000, x: null }, { at: 270_000, x: 10 }, { at: 300_000, x: 0 }];
  const path = numbers.linePath(points, 'x', { now: 300_000, span: 300_000, most: 10, width: 300, height: 50 });
  assert.equal(path, 'M0.0 25.0M270.0 0.0L300.0 50.0');
});

test('a chart shows a minute at first, then what there is, and five minutes in the end', () => {
  const since = (at) => numbers.chartSpan([{ at }], 400_000);
  assert.deepEqual([numbers.chartSpan([], 400_000), since(390_000), since(250_000), since(0)], [60_000, 60_000, 150_000, 300_000]);
});

test('scales end at a round number', () => {
  assert.deepEqual([0, 0.3, 1, 3, 7, 50, 51].map(numbers.roundUp), [1, 0.5, 1, 5, 10, 50, 100]);
});

/** `pace(t)`: seats taken until second `t`. */
const sale = (pace, until = 120) =>
  Array.from({ length: until + 1 }, (_, second) => ({ at: second * 1_000, taken: pace(second) }));

test('a steady sale is sold out when its pace says', () => {
  const seconds = numbers.soldOutIn(sale((t) => 2 * t), 480, 120_000);
  assert.ok(Math.abs(seconds - 240) < 1, String(seconds));
  assert.equal(numbers.soldOutWords(seconds), 'sold out in about 4 min');
});

test('one burst does not make the pace', () => {
  const seconds = numbers.soldOutIn(sale((t) => t + (t > 70 && t < 80 ? 40 : 0)), 120, 120_000);
  assert.ok(Math.abs(seconds - 120) < 20, String(seconds));
});

test('nothing is said when it cannot be known', () => {
  const of = (pace, until, available = 100) => numbers.soldOutIn(sale(pace, until), available, until * 1_000);
  assert.equal(of((t) => t, 10), null, 'too short');
  assert.equal(of((t) => Math.floor(t / 40), 120), null, 'too few');
  assert.equal(of((t) => Math.min(t, 30), 120), null, 'stopped');
  assert.equal(of((t) => (t > 110 ? 20 * (t - 110) : 0), 120), null, 'just begun');
  assert.equal(of((t) => 100 - t, 90), null, 'seats come back');
  assert.equal(of((t) => t, 120, 1_000_000), null, 'too far');
  assert.equal(of((t) => t, 120, 0), null, 'sold out');
  assert.equal(numbers.soldOutIn([], 5, 0), null);
  assert.equal(numbers.soldOutWords(null), '');
});

test('the pace is that of the last minute, and unknown before there is a quarter of one', () => {
  assert.equal(numbers.perMinute(sale((t) => (t < 100 ? t : 100 + 2 * (t - 100)), 160), 160_000), 120);
  assert.equal(numbers.perMinute(sale((t) => -t, 60), 60_000), -60);
  assert.equal(numbers.perMinute(sale((t) => t, 10), 10_000), null);
  assert.equal(numbers.perMinute([], 0), null);
});

const node = (name, changes = {}) => ({
  name, state: 'alive', version: '0.3', seenAt: '2026-01-31T20:00:00Z', connections: 1200, subscriptions: 7,
  bookingsPerSecond: 40, lagMilliseconds: 12, bus: 'connected', leads: false, clockOffsetMilliseconds: 0,
  signingKey: 'k', ...changes,
});

test('a node is told with what is wrong with it', () => {
  const cluster = {
    node: 'b', time: '2026-01-31T20:02:05Z', nodes: [
      node('a', { leads: true, clockOffsetMilliseconds: 250 }), node('b', { bus: null }),
      node('c', { state: 'dead' }), node('d', { signingKey: 'other' }),
    ],
  };
  const rows = numbers.nodeRows(cluster);
  assert.deepEqual(rows[0], {
    isAlarming: false, cells: ['a', 'leads', '0.3', '1,200', '7', '40', '12 ms', 'connected', '+250 ms'],
  });
  assert.deepEqual([rows[1].cells[0], rows[1].cells[7]], ['b (this one)', '–']);
  assert.deepEqual(rows.map(({ isAlarming }) => isAlarming), [false, false, true, true]);
  assert.deepEqual(rows.map(({ cells }) => cells[1]),
    ['leads', 'works', 'not seen for 2 min', 'works, with another secret']);
});

test('what stands in the way of the nodes is told, the worst first', () => {
  const well = { store: { available: true }, bus: 'connected', leader: 'a', listAgeMilliseconds: 900 };
  assert.equal(numbers.nodesProblem(well), '');
  assert.match(numbers.nodesProblem({ ...well, bus: 'disconnected' }), /^The bus is down/);
  assert.equal(numbers.nodesProblem({ ...well, bus: null }), '');
  assert.match(numbers.nodesProblem({ ...well, leader: null, bus: 'disconnected' }), /^No node leads/);
  assert.match(numbers.nodesProblem({ ...well, listAgeMilliseconds: 9_000 }), /list is old/);
  assert.match(numbers.nodesProblem({ ...well, store: { available: false }, leader: null }), /does not take/);
});

test('numbers are told with the digits that help', () => {
  assert.deepEqual([0, 0.04, 2.25, 12.6].map(numbers.rateWords), ['0', '0', '2.3', '13']);
  const times = [null, 0.00042, 0.0123, 1.5, Infinity].map(numbers.timeWords);
  assert.deepEqual(times, ['–', '0.42 ms', '12 ms', '1.5 s', 'over 10 s']);
  assert.deepEqual([40, 125, 4_000, 100_000].map(numbers.uptimeWords), ['40 s', '2 min', '1 h 6 min', '1 d 3 h']);
  assert.deepEqual([1 << 20, 3 * 2 ** 30].map(numbers.bytesWords), ['1 MiB', '3 GiB']);
  assert.deepEqual([30, 6_000].map(numbers.soldOutWords), ['sold out in less than a minute', 'sold out in about 2 h']);
});
