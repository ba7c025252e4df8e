// Tests of the page's live.js without a browser: node --test Tests/PageTests/
// The socket, the clock and chance are scripted; no timer runs by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { EventTrack, LiveConnection, backoff } = await load('live.js');

const snapshot = (seq, availableSeats, more = {}) =>
  ({ type: 'subscribed', eventId: 1, epoch: 'e', seq, availableSeats, seatCapacity: 100, ...more });
const booking = (seq, availableSeats, more = {}) =>
  ({ type: 'booking_created', eventId: 1, seq, availableSeats, seatCapacity: 100, quantity: 1, ...more });

/** A track that stands at `seq` 5 with 95 seats. */
function trackAtFive() {
  const track = new EventTrack(1);
  track.subscription();
  track.subscribed(snapshot(5, 95));
  return track;
}

/** A connection whose sockets and timers the test moves by hand. */
function scripted() {
  const world = { sockets: [], timers: [], states: [], changes: [], gone: [], signedOut: [] };
  Object.assign(world, { missed: [], times: [], refused: 0, clock: 1_000 });
  const surroundings = {
    open(url, protocols) {
      const socket = { url, protocols, sent: [], closed: false };
      socket.send = (text) => socket.sent.push(JSON.parse(text));
      socket.close = () => (socket.closed = true);
      world.sockets.push(socket);
      return socket;
    },
    setTimer: (action, delay) => world.timers.push({ action, delay }) - 1,
    clearTimer: (timer) => world.timers[timer] && (world.timers[timer].action = () => {}),
    random: () => 0.5,
    isOnline: () => true,
    now: () => world.clock,
  };
  const handlers = {
    onState: (state) => world.states.push(state),
    onChange: (track, notice) => world.changes.push({ seq: track.seq, seats: track.availableSeats, notice }),
    onGone: (eventId) => world.gone.push(eventId),
    onSignedOut: (reason) => world.signedOut.push(reason),
    onRefused: () => (world.refused += 1),
    onFactsMissed: (eventId) => world.missed.push(eventId),
    onTime: (...times) => world.times.push(times),
  };
  world.live = new LiveConnection('ws://here/ws', handlers, surroundings);
  world.socket = () => world.sockets.at(-1);
  world.say = (message) => world.socket().onmessage({ data: JSON.stringify(message) });
  world.establish = () => world.say({ type: 'connection_established', clientId: 'ws_1_a' });
  world.close = (code, reason = '') => world.socket().onclose({ code, reason });
  world.lastTimer = () => world.timers.at(-1);
  return world;
}

/** A live connection that follows event 1 at `seq` 5. */
function liveAtFive() {
  const world = scripted();
  world.live.watch([1]);
  world.live.start('t');
  world.establish();
  world.say(snapshot(5, 95));
  return world;
}

test('a notice that follows is taken and stands in the feed', () => {
  const track = trackAtFive();
  assert.deepEqual(track.notice(booking(6, 94)), { order: 'next', changed: true });
  assert.equal(track.availableSeats, 94);
  assert.deepEqual(track.feed.map((notice) => notice.seq), [6]);
});

test('a notice that was heard before changes nothing', () => {
  const track = trackAtFive();
  assert.equal(track.notice(booking(5, 40)).order, 'old');
  assert.equal(track.availableSeats, 95);
  assert.deepEqual(track.feed, []);
});

test('an undeclared skip is a gap whose count is shown but whose notice waits for the resume', () => {
  const track = trackAtFive();
  assert.deepEqual(track.notice(booking(8, 92)), { order: 'gap', changed: true });
  assert.equal(track.availableSeats, 92);
  assert.equal(track.heard, 5);
  assert.deepEqual(track.feed, []);
});

test('a declared skip is no gap', () => {
  const track = trackAtFive();
  const update = { ...booking(9, 91), type: 'seat_update', fromSeq: 6, toSeq: 9 };
  assert.equal(track.notice(update).order, 'next');
  assert.equal(track.heard, 9);
});

test('an older REST answer does not replace a newer count', () => {
  const track = trackAtFive();
  track.notice(booking(6, 94));
  assert.equal(track.learn({ seq: 4, availableSeats: 96, seatCapacity: 100 }), false);
  assert.equal(track.availableSeats, 94);
});

test('a recovered resume goes on from what was heard, though the snapshot is newer', () => {
  const track = trackAtFive();
  assert.deepEqual(track.subscription(), { type: 'subscribe_event', eventId: 1, since: 5, epoch: 'e' });
  track.subscribed(snapshot(7, 93, { recovered: true }));
  assert.equal(track.availableSeats, 93);
  assert.deepEqual(track.notice(booking(6, 94)), { order: 'next', changed: false });
  assert.equal(track.notice(booking(7, 93)).order, 'next');
  assert.equal(track.availableSeats, 93);
  assert.deepEqual(track.feed.map((notice) => notice.seq), [7, 6]);
});

test('a resume that was not recovered stands at the snapshot', () => {
  const track = trackAtFive();
  track.subscription();
  track.subscribed(snapshot(700, 3, { recovered: false }));
  assert.equal(track.heard, 700);
  assert.equal(track.notice(booking(701, 2)).order, 'next');
});

test('another epoch begins anew, also with a lower seq', () => {
  const track = trackAtFive();
  track.notice(booking(6, 94));
  track.subscription();
  track.subscribed(snapshot(1, 100, { epoch: 'f', recovered: false }));
  assert.equal(track.seq, 1);
  assert.equal(track.availableSeats, 100);
  assert.deepEqual(track.feed, []);
});

test('history is asked for once and does not turn the count back', () => {
  const track = new EventTrack(1);
  track.subscription();
  track.subscribed(snapshot(40, 60));
  assert.equal(track.historySubscription().since, 28);
  assert.equal(track.historySubscription(), null);
  track.subscribed(snapshot(40, 60, { recovered: true }));
  assert.deepEqual(track.notice(booking(29, 71)), { order: 'next', changed: false });
  assert.equal(track.availableSeats, 60);
});

test('the pause between attempts doubles, stays under 15 seconds and keeps at least half of it', () => {
  assert.equal(backoff(0, () => 0), 200);
  assert.equal(backoff(0, () => 1), 400);
  assert.equal(backoff(3, () => 1), 3200);
  assert.equal(backoff(40, () => 1), 15000);
  assert.equal(backoff(40, () => 0), 7500);
});

test('the token travels as a subprotocol and not in the address', () => {
  const world = scripted();
  world.live.start('secret');
  assert.equal(world.socket().url, 'ws://here/ws');
  assert.deepEqual(world.socket().protocols, ['seatcast.v1', 'bearer.secret']);
});

test('after a lost connection the page asks for exactly what it missed', () => {
  const world = liveAtFive();
  world.say(booking(6, 94));
  world.close(1006);
  assert.equal(world.live.state, 'reconnecting');
  world.lastTimer().action();
  world.establish();
  assert.deepEqual(world.socket().sent, [{ type: 'subscribe_event', eventId: 1, since: 6, epoch: 'e' }]);
  assert.equal(world.live.state, 'live');
});

test('a gap makes it subscribe again, once', () => {
  const world = liveAtFive();
  world.socket().sent.length = 0;
  world.say(booking(8, 92));
  world.say(booking(9, 91));
  assert.deepEqual(world.socket().sent, [
    { type: 'unsubscribe_event', eventId: 1 },
    { type: 'subscribe_event', eventId: 1, since: 5, epoch: 'e' },
  ]);
});

test('a draining server says when to come back', () => {
  const world = liveAtFive();
  world.say({ type: 'server_draining', reconnectAfterMs: 1234 });
  world.close(1012);
  assert.equal(world.lastTimer().delay, 1234);
});

test('an overloaded server is given more time', () => {
  const world = liveAtFive();
  world.close(1013);
  assert.equal(world.lastTimer().delay, backoff(3, () => 0.5));
});

test('a refused token signs out and makes no further attempt', () => {
  const world = liveAtFive();
  const timers = world.timers.length;
  world.close(1008, 'Invalid authentication token');
  assert.deepEqual(world.signedOut, ['Invalid authentication token']);
  assert.equal(world.live.state, 'off');
  assert.equal(world.timers.length, timers);
});

test('an attempt that never became a connection is told, a lost connection is not', () => {
  const world = liveAtFive();
  world.close(1006);
  assert.equal(world.refused, 0);
  world.lastTimer().action();
  world.close(1006);
  assert.equal(world.refused, 1);
});

test('an event that does not exist is forgotten, the others stay', () => {
  const world = scripted();
  world.live.watch([1, 2]);
  world.live.start('t');
  world.establish();
  world.say(snapshot(5, 95));
  world.close(4404, 'event not found');
  assert.deepEqual(world.gone, [2]);
  world.lastTimer().action();
  world.establish();
  assert.deepEqual(world.socket().sent.map((message) => message.eventId), [1]);
});

test('after many failures the state is offline, and a click tries at once', () => {
  const world = liveAtFive();
  for (let failure = 0; failure < 5; failure += 1) {
    world.close(1006);
    if (failure < 4) world.lastTimer().action();
  }
  assert.equal(world.live.state, 'offline');
  const attempts = world.sockets.length;
  world.live.retryNow();
  assert.equal(world.sockets.length, attempts + 1);
});

const facts = { status: 'on_sale', name: 'A', startsAt: null, opensAt: null, closesAt: null, maxPerBooking: 10 };
const event = (seq, availableSeats, more = {}) => ({ seq, availableSeats, seatCapacity: 100, ...facts, ...more });
const updated = (seq, availableSeats, more = {}) =>
  ({ type: 'event_updated', eventId: 1, ...event(seq, availableSeats, more) });

test('an update changes the facts and the count, and the feed keeps the facts before it', () => {
  const track = trackAtFive();
  track.learnEvent(event(5, 95));
  assert.deepEqual(track.notice(updated(6, 95, { status: 'closed' })), { order: 'next', changed: true });
  assert.equal(track.state.status, 'closed');
  assert.equal(track.feed[0].before.status, 'on_sale');
});

test('an older event does not replace newer facts, and an older update is kept without them', () => {
  const track = trackAtFive();
  track.learnEvent(event(9, 91, { status: 'cancelled' }));
  assert.equal(track.learnEvent(event(5, 95)), false);
  assert.equal(track.notice(updated(6, 95)).changed, false);
  assert.equal(track.state.status, 'cancelled');
  assert.equal(track.feed[0].before, null);
});

test('the notice of a change that REST told first still has the facts before it', () => {
  const track = trackAtFive();
  track.learnEvent(event(5, 95));
  track.learnEvent(event(6, 95, { status: 'closed' }));
  track.notice(updated(6, 95, { status: 'closed' }));
  assert.equal(track.feed[0].before.status, 'on_sale');
});

test('a booking does not change the facts', () => {
  const track = trackAtFive();
  track.learnEvent(event(5, 95));
  track.learn({ seq: 6, availableSeats: 94, status: 'confirmed' });
  assert.equal(track.state.status, 'on_sale');
  assert.equal(track.state.availableSeats, 94);
});

test('a removed event is forgotten and told', () => {
  const world = liveAtFive();
  world.say(updated(6, 95, { status: 'deleted' }));
  assert.deepEqual(world.gone, [1]);
  world.close(4404);
  world.lastTimer().action();
  world.establish();
  assert.deepEqual(world.socket().sent, []);
});

test('a close 4404 of a connection with one event is about that event', () => {
  const world = liveAtFive();
  world.close(4404);
  assert.deepEqual(world.gone, [1]);
});

test('what stands for several notices makes the page read the event again', () => {
  const world = liveAtFive();
  world.live.learnEvent(1, event(5, 95));
  world.missed.length = 0;
  world.say({ ...booking(9, 91), type: 'seat_update', fromSeq: 6, toSeq: 9 });
  assert.deepEqual(world.missed, [1]);
});

test('a snapshot, or what stands for several notices, may carry the facts: then nothing is read again', () => {
  const world = liveAtFive();
  world.live.learnEvent(1, event(5, 95));
  world.missed.length = 0;
  world.say({ ...updated(9, 91, { status: 'closed' }), type: 'seat_update', fromSeq: 6, toSeq: 9 });
  assert.equal(world.live.track(1).state.status, 'closed');
  world.close(1006);
  world.lastTimer().action();
  world.establish();
  world.say(snapshot(40, 60, { ...facts, status: 'cancelled', recovered: false }));
  assert.equal(world.live.track(1).state.status, 'cancelled');
  assert.deepEqual(world.missed, []);
});

test('an update makes the page read what it does not carry', () => {
  const world = liveAtFive();
  world.live.learnEvent(1, event(5, 95));
  world.missed.length = 0;
  world.say(updated(6, 95, { name: 'B' }));
  assert.deepEqual(world.missed, [1]);
  world.say(booking(7, 94));
  assert.deepEqual(world.missed, [1]);
});

test('a resume that failed makes the page read the event again', () => {
  const world = liveAtFive();
  world.live.learnEvent(1, event(5, 95));
  world.missed.length = 0;
  world.close(1006);
  world.lastTimer().action();
  world.establish();
  world.say(snapshot(40, 60, { recovered: false }));
  assert.deepEqual(world.missed, [1]);
});

test('an event is fresh while it is subscribed, and after that known as of the last message', () => {
  const world = liveAtFive();
  assert.equal(world.live.isFresh(1), true);
  world.clock = 2_000;
  world.say(booking(6, 94));
  world.clock = 9_000;
  world.close(1006);
  assert.equal(world.live.isFresh(1), false);
  assert.equal(world.live.confirmedAt(1), 2_000);
  world.lastTimer().action();
  world.establish();
  assert.equal(world.live.isFresh(1), false);
  world.say(snapshot(6, 94, { recovered: true }));
  assert.equal(world.live.isFresh(1), true);
});

test('the server tells its time when the connection is made and with each pong', () => {
  const world = scripted();
  world.live.start('t');
  world.clock = 1_200;
  world.say({ type: 'connection_established', timestamp: '1970-01-01T00:00:05.000Z' });
  assert.deepEqual(world.times, [[5_000, 1_000, 1_200]]);
});

test('a violation of a policy is no reason to sign out, but to wait longer', () => {
  const world = liveAtFive();
  world.close(1008, 'Too many requests');
  assert.deepEqual(world.signedOut, []);
  assert.equal(world.lastTimer().delay, backoff(3, () => 0.5));
});

test('no attempt is made before the time that the server asked for', () => {
  const world = liveAtFive();
  world.close(1006);
  world.live.holdOff(30_000);
  assert.equal(world.lastTimer().delay, 30_000);
  const attempts = world.sockets.length;
  world.live.retryNow();
  assert.equal(world.sockets.length, attempts);
  world.clock += 30_000;
  world.live.retryNow();
  assert.equal(world.sockets.length, attempts + 1);
});

test('a doubtful connection is asked, and given up soon when it does not answer', () => {
  const world = liveAtFive();
  world.live.probe();
  assert.deepEqual(world.socket().sent.at(-1), { type: 'ping' });
  assert.equal(world.lastTimer().delay, 3_000);
  world.lastTimer().action();
  assert.equal(world.live.state, 'reconnecting');
});

test('late words of a socket that was given up are not heard', () => {
  const world = liveAtFive();
  const old = world.socket();
  world.live.stop();
  old.onmessage({ data: JSON.stringify(booking(6, 94)) });
  assert.equal(world.live.track(1).availableSeats, 95);
});

test('a connection that answers no ping is given up', () => {
  const world = liveAtFive();
  const first = world.socket();
  world.lastTimer().action();
  assert.deepEqual(first.sent.at(-1), { type: 'ping' });
  world.lastTimer().action();
  assert.equal(first.closed, true);
  assert.equal(world.live.state, 'reconnecting');
});
