// Tests of the page's watching.js without a browser: node --test Tests/PageTests/
// The client below it is real; its sockets, clock and page are scripted (world.mjs).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';
import { booking, facts, resumed, settle, snapshot, world } from './world.mjs';

const { Watching } = await load('watching.js');

/** Somebody who is logged in and follows event 1 live at `seq` 5. */
async function liveAtFive({ history = null, seq = 5, isPublic = false, ...more } = {}) {
  const w = world(more);
  Object.assign(w, { states: [], changes: [], gone: [], signedOut: [], missed: [], times: [], told: [] });
  w.live = new Watching(
    {
      onState: (state) => w.states.push(state),
      onChange: (track, notice) => w.changes.push({ ...track.state, notice: notice?.seq }),
      onGone: (eventId) => w.gone.push(eventId),
      onSignedOut: (reason) => w.signedOut.push(reason),
      onFactsMissed: (eventId) => w.missed.push(eventId),
      onTime: (time) => w.times.push(time),
      onTold: (message) => w.told.push(message.type),
    },
    { isPublic, options: w.options },
  );
  w.live.watch([1], { history });
  w.live.start('t');
  await settle();
  w.socket().establish();
  w.socket().say(snapshot(seq, 100 - seq));
  w.track = () => w.live.track(1);
  return w;
}

const updated = (seq, more = {}) => ({ ...booking(seq, 100 - seq), type: 'event_updated', ...facts, ...more });

test('whoever logs in is live with the token, and off again after the log-out', async () => {
  const w = await liveAtFive();
  assert.deepEqual(w.socket().protocols, ['seatcast.v1', 'bearer.t']);
  assert.equal(w.live.state, 'live');
  assert.equal(w.live.isFresh(1), true);
  assert.deepEqual(w.times, [Date.parse('2026-01-01T00:00:00.000Z')]);
  w.live.stop();
  assert.equal(w.live.state, 'off');
  assert.deepEqual(w.track().state, {});
  assert.equal(w.live.isFresh(1), false);
  assert.equal(w.states.at(-1), 'off');
});

test('how many watch is kept of the event that is followed, the newest number', async () => {
  const w = await liveAtFive();
  assert.equal(w.track().viewers, null);
  const before = w.changes.length;
  for (const viewers of [3, 12]) w.socket().say({ type: 'viewers', eventId: 1, viewers });
  w.socket().say({ type: 'viewers', eventId: 9, viewers: 5 });
  assert.equal(w.track().viewers, 12);
  assert.equal(w.changes.length, before + 2);
});

test('what is followed is subscribed, and nothing else', async () => {
  const w = await liveAtFive();
  w.socket().sent.length = 0;
  w.live.watch([2]);
  await settle();
  const told = w.socket().sent.map(({ type, eventId }) => [type, eventId]);
  assert.deepEqual(told.sort(), [['subscribe_event', 2], ['unsubscribe_event', 1]]);
  w.live.watch([1, 2]);
  assert.equal(w.socket().sent.at(-1).eventId, 1);
});

test('a notice changes the state and stands in the feed', async () => {
  const w = await liveAtFive();
  w.socket().say(booking(6, 94));
  assert.equal(w.track().state.availableSeats, 94);
  assert.deepEqual(w.track().feed.map(({ seq }) => seq), [6]);
  assert.deepEqual(w.changes.at(-1).seq, 6);
});

test('the event that is looked at has a past, also when it was followed before; asked for once', async () => {
  const w = await liveAtFive({ seq: 40 });
  w.socket().sent.length = 0;
  w.live.watch([1], { history: 1 });
  assert.deepEqual(w.socket().sent, [{ type: 'subscribe_event', eventId: 1, since: 28, epoch: 'e' }]);
  w.socket().say(resumed(28));
  for (let seq = 29; seq <= 40; seq += 1) w.socket().say(booking(seq, 100 - seq));
  assert.equal(w.track().feed.length, 12);
  assert.equal(w.track().state.availableSeats, 60);
  w.live.watch([1], { history: 1 });
  assert.equal(w.socket().sent.length, 1);
});

test('an update keeps the facts before it, also when REST told it first; a past one has none', async () => {
  const w = await liveAtFive();
  w.socket().say(updated(6, { status: 'paused' }));
  assert.equal(w.track().feed[0].before.status, 'on_sale');
  w.live.learn(1, { ...facts, seq: 7, availableSeats: 93, seatCapacity: 100, status: 'closed' });
  w.socket().say(updated(7, { status: 'closed' }));
  assert.equal(w.track().feed[0].before.status, 'paused');
  const past = await liveAtFive({ seq: 40, history: 1 });
  past.socket().say(resumed(28));
  past.socket().say(updated(29, { status: 'paused' }));
  assert.equal(past.track().feed[0].before, null);
  assert.equal(past.track().state.status, 'on_sale');
});

test('what notices do not carry is read again', async () => {
  const w = await liveAtFive();
  w.socket().say(booking(6, 94));
  assert.deepEqual(w.missed, []);
  w.socket().say(updated(7));
  assert.deepEqual(w.missed, [1]);
  w.socket().end(1006);
  await w.clock.pass(20_000);
  w.socket().establish();
  w.socket().say(snapshot(400, 3, { recovered: false }));
  assert.deepEqual(w.missed, [1, 1]);
  assert.deepEqual(w.track().feed.map(({ seq }) => seq), [7, 6], 'a skip has no line in the feed');
});

test('an event that is deleted is gone', async () => {
  const w = await liveAtFive();
  w.socket().say(updated(6, { status: 'deleted' }));
  assert.deepEqual(w.gone, [1]);
});

test('a refused token signs out, once', async () => {
  const w = await liveAtFive();
  w.socket().end(4001, 'token expired');
  assert.deepEqual(w.signedOut, ['token expired']);
});

test('a count is known as of the last message when the connection is lost', async () => {
  const w = await liveAtFive();
  const heardAt = w.clock.time;
  w.clock.time += 5_000;
  w.socket().end(1006);
  assert.equal(w.live.isFresh(1), false);
  assert.equal(w.live.confirmedAt(1), heardAt);
  assert.equal(w.live.state, 'reconnecting');
  w.live.retryNow();
  await settle();
  assert.equal(w.sockets.length, 2);
});

test('another user begins anew', async () => {
  const w = await liveAtFive();
  w.socket().say(booking(6, 94));
  w.live.start('other');
  await settle();
  assert.deepEqual(w.socket().protocols, ['seatcast.v1', 'bearer.other']);
  assert.deepEqual(w.track().feed, []);
});

test('where only those who are logged in may watch, nobody else opens a connection', async () => {
  const w = await liveAtFive();
  w.live.stop();
  const count = w.sockets.length;
  w.live.start(null);
  await settle();
  assert.equal(w.sockets.length, count);
  assert.equal(w.live.state, 'off');
});

test('where everybody may watch, the page does without a log-in; a server that changed its mind is not asked twice', async () => {
  const w = await liveAtFive({ isPublic: true });
  w.live.stop();
  w.live.start(null);
  await settle();
  assert.deepEqual(w.socket().protocols, ['seatcast.v1']);
  w.socket().establish();
  assert.equal(w.live.state, 'live');
  assert.equal(w.live.most, 8);
  w.socket().end(1008, 'Authentication token required');
  assert.equal(w.live.state, 'off');
  assert.deepEqual(w.signedOut, []);
  const count = w.sockets.length;
  w.live.start(null);
  await settle();
  assert.equal(w.sockets.length, count);
  w.live.start('t');
  await settle();
  assert.equal(w.sockets.length, count + 1);
});

test('counts of ticket types are told, and so are the messages of the waiting list', async () => {
  const w = await liveAtFive();
  w.socket().say({ ...booking(6, 94), types: [{ id: 1, available: 4 }] });
  assert.deepEqual(w.track().state.ticketTypes, [{ id: 1, available: 4 }]);
  w.socket().say({ type: 'waitlist_position', eventId: 1, position: 2, quantity: 1 });
  w.socket().say({ type: 'pong' });
  assert.deepEqual(w.told, ['waitlist_position']);
});

/** Answers bookings, the first ones not at all; what was asked is in `orders`. */
function seller(lostAnswers) {
  const orders = [];
  const fetch = async (url, { headers, body }) => {
    orders.push({ key: headers['Idempotency-Key'], ...JSON.parse(body) });
    if (orders.length <= lostAnswers) throw new TypeError('failed to fetch');
    return Response.json({ bookingId: 'BK-1', eventId: 1, seq: 6, availableSeats: 94 }, { status: 201 });
  };
  return { orders, fetch };
}

/** Runs the clock until the promise is settled. */
async function outcome(w, promise) {
  let result = null;
  promise.then((value) => (result = { value }), (error) => (result = { error }));
  for (let turn = 0; turn < 20 && !result; turn += 1) await w.clock.pass(1_000);
  return result;
}

test('a booking whose answer is lost is asked for again, also after a reload, and made once', async () => {
  const first = seller(4);
  const w = await liveAtFive({ fetch: first.fetch });
  const told = [];
  const order = { quantity: 2, hold: false, ticketType: undefined };
  const { error } = await outcome(w, w.live.book(1, order, (why) => told.push(why.message)));
  assert.equal(error.name, 'Error');
  assert.deepEqual([error.status, error.isPassing, told.length], [0, true, 3]);
  assert.equal(told[0], 'The server cannot be reached at the moment.');
  const second = seller(0);
  const reloaded = await liveAtFive({ fetch: second.fetch, storage: w.storage });
  assert.deepEqual(await reloaded.live.unanswered(2), []);
  const [left] = await reloaded.live.unanswered(1);
  assert.deepEqual([left.quantity, left.hold], [2, false]);
  const { value } = await outcome(reloaded, reloaded.live.book(1, order));
  assert.equal(value.bookingId, 'BK-1');
  assert.deepEqual([...new Set([...first.orders, ...second.orders].map(({ key }) => key))].length, 1);
  assert.equal(reloaded.track().state.availableSeats, 94, 'the count is the one that the answer told');
  assert.deepEqual(await reloaded.live.unanswered(1), []);
});

test('what a user left unanswered is not told to the next one in the same tab', async () => {
  const map = new Map();
  globalThis.sessionStorage = { getItem: (key) => map.get(key) ?? null, setItem: (key, text) => map.set(key, text) };
  const w = await liveAtFive({ fetch: seller(9).fetch, storage: undefined });
  delete w.options.storage;
  w.live.start('alice', 1);
  await outcome(w, w.live.book(1, { quantity: 3 }, () => {}));
  assert.equal((await w.live.unanswered(1)).length, 1);
  w.live.start('bob', 2);
  assert.deepEqual(await w.live.unanswered(1), []);
  w.live.start('alice again', 1);
  assert.equal((await w.live.unanswered(1)).length, 1);
  delete globalThis.sessionStorage;
});
