// Tests of /client.js without a browser: node --test Tests/PageTests/
// Sockets, clock and page are scripted (world.mjs); no timer runs by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, textOf } from './load.mjs';
import { booking, facts, resumed, settle, snapshot, world } from './world.mjs';

const { connect } = await load('client.js');

/** A client that watches event 1, live at `seq` 5. */
async function liveAtFive(more) {
  const w = world(more);
  w.client = connect(w.options);
  w.event = w.client.event(1);
  w.calls = 0;
  w.unsubscribe = w.event.subscribe(() => (w.calls += 1));
  w.notices = [];
  w.states = [];
  w.event.addEventListener('notice', ({ detail }) => w.notices.push(detail));
  w.client.addEventListener('status', ({ detail }) => w.states.push(detail.state));
  await settle();
  w.socket().establish();
  w.socket().say(snapshot(5, 95));
  w.look = () => w.event.getSnapshot();
  /** The next attempt, when its time has come. */
  w.again = async () => {
    await w.clock.pass(20_000);
    return w.socket();
  };
  return w;
}

test('the surface: an event is a store whose functions need no this, always the same for a number', async () => {
  const w = world();
  const client = connect(w.options);
  const event = client.event(7);
  assert.equal(client.event(7), event);
  assert.equal(event.id, 7);
  const { subscribe, getSnapshot, getServerSnapshot } = event;
  assert.equal(getSnapshot().live, 'stale');
  assert.equal(getSnapshot().availableSeats, null);
  assert.equal(w.sockets.length, 0, 'nothing is connected before something is watched');
  subscribe(() => {});
  await settle();
  assert.equal(w.sockets.length, 1);
  assert.equal(getServerSnapshot().live, 'stale');
});

test('client.d.ts describes what is there', async () => {
  const types = await textOf('client.d.ts');
  const membersOf = (name) => {
    const body = types.match(`interface ${name} [^{]*\\{\n([^]*?)\n\\}`)[1];
    return [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:<?]/gm)].map(([, member]) => member);
  };
  const client = connect(world().options);
  const objects = { Client: client, LiveEvent: client.event(1), Snapshot: client.event(1).getSnapshot() };
  assert.deepEqual(membersOf('Client').length, 11);
  for (const [name, object] of Object.entries(objects)) {
    // Facts are not there before they were told.
    const expected = membersOf(name).filter((member) => name !== 'Snapshot' || !/^(name|.*At|maxPerBooking)$/.test(member));
    for (const member of expected) assert.ok(member in object, `${name}.${member}`);
  }
});

test('a snapshot is frozen, the same object until something changes, and another one then', async () => {
  const w = await liveAtFive();
  const before = w.look();
  assert.ok(Object.isFrozen(before));
  assert.equal(w.look(), before);
  assert.deepEqual(before, {
    eventId: 1, availableSeats: 95, seatCapacity: 100, ticketTypes: null, ...facts, seq: 5, epoch: 'e', live: 'live', staleSince: null,
  });
  const calls = w.calls;
  w.socket().say(booking(6, 94));
  assert.equal(w.calls, calls + 1);
  assert.notEqual(w.look(), before);
  assert.equal(before.availableSeats, 95);
  w.socket().say(booking(6, 40));
  assert.equal(w.calls, calls + 1, 'a notice that was heard before changes nothing');
  assert.deepEqual(w.notices.map(({ seq }) => seq), [6]);
});

test('where the server is, must be said outside of a browser, in one sentence when it is not', () => {
  assert.throws(() => connect({}), /connect\(\{ url \}\) needs the http address of a server/);
  assert.throws(() => connect({ url: 'ws://here' }), /needs the http address/);
});

test('the token travels as a subprotocol; without one there is an anonymous viewer; a path is kept', async () => {
  const w = world({ token: 'secret' });
  connect(w.options).open();
  await settle();
  assert.equal(w.socket().url, 'ws://seats.example/ws');
  assert.deepEqual(w.socket().protocols, ['seatcast.v1', 'bearer.secret']);
  const anonymous = world({ url: 'https://example.org/tickets' });
  connect(anonymous.options).open();
  await settle();
  assert.equal(anonymous.socket().url, 'wss://example.org/tickets/ws');
  assert.deepEqual(anonymous.socket().protocols, ['seatcast.v1']);
});

test('a connection token opens the connection instead of the token', async () => {
  const asked = [];
  const fetch = async (url, request) => {
    asked.push([url, request.method, request.headers.Authorization]);
    return Response.json({ token: 'once' }, { status: 201 });
  };
  const w = world({ token: 'secret', connectionTokens: true, fetch });
  connect(w.options).open();
  await settle();
  await settle();
  assert.deepEqual(asked, [['http://seats.example/api/connection-tokens', 'POST', 'Bearer secret']]);
  assert.equal(w.socket().url, 'ws://seats.example/ws?connect=once');
  assert.deepEqual(w.socket().protocols, ['seatcast.v1']);
});

test('events are subscribed while somebody watches, and a React that takes off and puts on changes nothing', async () => {
  const w = await liveAtFive();
  const other = w.client.event(2);
  const leave = other.subscribe(() => {});
  assert.deepEqual(w.socket().sent.at(-1), { type: 'subscribe_event', eventId: 2 });
  leave();
  const again = other.subscribe(() => {});
  leave();
  await settle();
  assert.equal(w.socket().asked('unsubscribe_event').length, 0);
  again();
  await settle();
  assert.deepEqual(w.socket().sent.at(-1), { type: 'unsubscribe_event', eventId: 2 });
  w.unsubscribe();
  w.event.close();
  await settle();
  assert.deepEqual(w.socket().sent.at(-1), { type: 'unsubscribe_event', eventId: 1 });
  w.socket().say(booking(6, 94));
  assert.equal(w.look().availableSeats, 95, 'what still comes is not taken');
});

// Resume and gaps.

test('after a lost connection it asks for exactly what it missed, and is stale until then', async () => {
  const w = await liveAtFive();
  w.socket().say(booking(6, 94));
  const heardAt = w.clock.time;
  await w.clock.pass(5_000);
  w.socket().end(1006);
  assert.equal(w.look().live, 'stale');
  assert.equal(w.look().staleSince, heardAt);
  assert.equal(w.client.state, 'reconnecting');
  const socket = await w.again();
  socket.establish();
  assert.equal(w.look().live, 'stale', 'the connection is there, the answer is not');
  assert.deepEqual(socket.sent, [{ type: 'subscribe_event', eventId: 1, since: 6, epoch: 'e' }]);
  socket.say(resumed(6));
  assert.equal(w.look().live, 'live');
  assert.equal(w.look().staleSince, null);
  socket.say(booking(7, 93));
  assert.deepEqual(w.notices.map(({ seq }) => seq), [6, 7]);
});

test('what is not to be had any more is told as skipped', async () => {
  const w = await liveAtFive();
  w.socket().end(1006);
  const socket = await w.again();
  socket.establish();
  socket.say(snapshot(700, 3, { recovered: false }));
  assert.deepEqual(w.notices, [{ type: 'skipped', eventId: 1, fromSeq: 6, toSeq: 700 }]);
  assert.equal(w.look().availableSeats, 3);
});

test('another epoch begins anew, also with a lower seq', async () => {
  const w = await liveAtFive();
  w.socket().end(1006);
  const socket = await w.again();
  socket.establish();
  socket.say(snapshot(1, 100, { epoch: 'f', recovered: false }));
  assert.deepEqual(w.notices, [{ type: 'restarted', eventId: 1, epoch: 'f' }]);
  assert.equal(w.look().availableSeats, 100);
  assert.equal(w.look().seq, 1);
});

test('a late answer turns nothing back, and nothing is told twice', async () => {
  const w = await liveAtFive();
  for (const seq of [6, 7, 8]) w.socket().say(booking(seq, 100 - seq));
  w.socket().say(snapshot(6, 94));
  assert.deepEqual([w.look().seq, w.look().availableSeats], [8, 92]);
  for (const seq of [7, 8, 9]) w.socket().say(booking(seq, 100 - seq));
  assert.deepEqual(w.notices.map(({ seq }) => seq), [6, 7, 8, 9]);
  assert.equal(w.socket().asked('subscribe_event').length, 1);
});

test('of two clients of a page the one that knows less does not overwrite what the other kept', async () => {
  const w = await liveAtFive();
  const storage = w.storage;
  const leave = (other) => other.window.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: false }));
  leave(w);
  const second = world({ storage });
  const idle = connect(second.options);
  const kept = () => connect(world({ storage }).options).event(1).getSnapshot().availableSeats;
  w.socket().say(booking(6, 94));
  leave(w);
  leave(second);
  assert.equal(kept(), 94, 'a client that never looked at the event');
  idle.event(1);
  w.socket().say(booking(7, 93));
  leave(w);
  leave(second);
  assert.equal(kept(), 93, 'a client that was never told of the change');
});

test('an undeclared skip is a gap: its count is shown, and it subscribes again, once', async () => {
  const w = await liveAtFive();
  w.socket().sent.length = 0;
  w.socket().say(booking(8, 92));
  w.socket().say(booking(9, 91));
  assert.equal(w.look().availableSeats, 91);
  assert.equal(w.look().live, 'live');
  assert.deepEqual(w.socket().sent, [{ type: 'subscribe_event', eventId: 1, since: 5, epoch: 'e' }]);
  w.socket().say(resumed(5));
  for (const seq of [6, 7, 8, 9]) w.socket().say(booking(seq, 100 - seq));
  assert.deepEqual(w.notices.map(({ seq }) => seq), [6, 7, 8, 9]);
  assert.equal(w.look().availableSeats, 91);
});

test('a declared skip is no gap', async () => {
  const w = await liveAtFive();
  w.socket().sent.length = 0;
  w.socket().say({ ...booking(9, 91), type: 'seat_update', fromSeq: 6, toSeq: 9 });
  w.socket().say(booking(10, 90));
  assert.deepEqual(w.socket().sent, []);
  assert.equal(w.look().seq, 10);
});

test('a reload resumes from what the session kept, with the old count as stale until then', async () => {
  const w = await liveAtFive();
  w.socket().say(booking(6, 94));
  w.window.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: false }));
  const next = world({ storage: w.storage });
  const client = connect(next.options);
  const event = client.event(1);
  assert.deepEqual([event.getSnapshot().availableSeats, event.getSnapshot().live], [94, 'stale']);
  assert.equal(event.getSnapshot().staleSince, w.clock.time);
  event.subscribe(() => {});
  await settle();
  next.socket().establish();
  assert.deepEqual(next.socket().sent, [{ type: 'subscribe_event', eventId: 1, since: 6, epoch: 'e' }]);
  next.socket().say(resumed(6));
  assert.equal(event.getSnapshot().live, 'live');
});

test('a session that may not store, or stored nonsense, begins with a snapshot', async () => {
  const refusing = { getItem: () => assert.fail('no'), setItem: () => assert.fail('no') };
  const nonsense = { getItem: () => '{"1":', setItem() {} };
  for (const storage of [refusing, nonsense]) {
    const w = await liveAtFive({ storage });
    assert.equal(w.look().availableSeats, 95);
    w.page.show(false);
    w.client.close();
  }
});

test('history is told first, once, and does not turn the count back', async () => {
  const w = world();
  const event = connect(w.options).event(1, { history: 12 });
  const seqs = [];
  event.addEventListener('notice', ({ detail }) => seqs.push(detail.seq));
  await settle();
  w.socket().establish();
  w.socket().say(snapshot(40, 60));
  assert.equal(w.socket().sent.at(-1).since, 28);
  w.socket().say(resumed(28));
  w.socket().say(booking(29, 71));
  assert.equal(event.getSnapshot().availableSeats, 60);
  assert.deepEqual(seqs, [29]);
  assert.equal(w.socket().asked('subscribe_event').length, 2);
});

// What REST told.

test('a REST answer is taken unless it is older, and a booking does not change the facts', async () => {
  const w = await liveAtFive();
  w.client.learn(1, { seq: 4, availableSeats: 96, seatCapacity: 100, ...facts, name: 'Old' });
  assert.deepEqual([w.look().availableSeats, w.look().name], [95, 'A']);
  w.client.learn(1, { seq: 6, availableSeats: 94, status: 'confirmed', bookingId: 'BK-1' });
  assert.deepEqual([w.look().availableSeats, w.look().status], [94, 'on_sale']);
  w.socket().say(booking(6, 94));
  assert.deepEqual(w.notices.map(({ seq }) => seq), [6], 'its notice is told all the same');
});

test('names of ticket types that REST told stay when notices tell what is free', async () => {
  const w = await liveAtFive();
  w.client.learn(1, { seq: 5, availableSeats: 95, types: [{ id: 1, name: 'Stalls', available: 60 }] });
  w.socket().say(booking(6, 94, { typeId: 1, types: [{ id: 1, available: 59 }] }));
  assert.deepEqual(w.look().ticketTypes, [{ id: 1, name: 'Stalls', available: 59 }]);
});

test('an update changes facts, and the server of a page may give the first snapshot', async () => {
  const w = await liveAtFive();
  w.socket().say({ ...booking(6, 95), type: 'event_updated', ...facts, status: 'paused' });
  assert.equal(w.look().status, 'paused');
  const rendered = connect(world().options).event(3, { initial: { seq: 9, availableSeats: 4, seatCapacity: 5, ...facts } });
  assert.equal(rendered.getServerSnapshot().availableSeats, 4);
  assert.equal(rendered.getServerSnapshot(), rendered.getSnapshot());
});

// Coming back.

test('attempts are spread over the whole of a doubling time, up to 15 seconds, and then it is offline', async () => {
  for (const [chance, expected] of [[0, [0, 0, 0, 0, 0, 0, 0]], [1, [400, 800, 1600, 3200, 6400, 12800, 15000]]]) {
    const w = await liveAtFive({ random: () => chance });
    const delays = [];
    for (const _ of expected) {
      w.socket().end(1006);
      delays.push(w.clock.delays.at(-1));
      await w.again();
    }
    assert.deepEqual(delays, expected);
    assert.equal(w.client.state, 'offline');
    assert.equal(w.look().live, 'offline');
    w.socket().establish();
    assert.equal(w.client.state, 'live');
  }
});

test('a draining server says when to come back, and open() does not overrule it', async () => {
  const w = await liveAtFive();
  w.socket().say({ type: 'server_draining', reconnectAfterMs: 12_340 });
  w.socket().end(1012);
  assert.equal(w.clock.delays.at(-1), 12_340);
  await w.clock.pass(12_000);
  w.client.open();
  await settle();
  assert.equal(w.sockets.length, 1);
  await w.clock.pass(340);
  assert.equal(w.sockets.length, 2);
  w.socket().end(1006);
  assert.ok(w.clock.delays.at(-1) < 1_000, 'the slot counts once');
});

test('open() tries at once instead of waiting', async () => {
  const w = await liveAtFive();
  w.socket().end(1006);
  w.client.open();
  await settle();
  assert.equal(w.sockets.length, 2);
  await w.clock.pass(5_000);
  assert.equal(w.sockets.length, 2, 'the waiting attempt is not made besides');
});

test('an overloaded server is given more time', async () => {
  const w = await liveAtFive();
  w.socket().end(1013);
  assert.equal(w.clock.delays.at(-1), 0.5 * 400 * 8);
});

test('online, a page that is shown again and one from the back-forward cache go on at once', async () => {
  const w = await liveAtFive();
  w.socket().end(1006);
  w.window.dispatchEvent(new Event('online'));
  await settle();
  assert.equal(w.sockets.length, 2);
  w.socket().establish();
  w.window.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true }));
  assert.equal(w.socket().isClosed, true, 'a page with a connection is not kept');
  assert.equal(w.look().live, 'stale');
  w.window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  await settle();
  assert.equal(w.sockets.length, 3);
  w.page.dispatchEvent(new Event('freeze'));
  assert.equal(w.socket().isClosed, true);
  w.page.show(true);
  await settle();
  assert.equal(w.sockets.length, 4);
});

test('without a network the state is offline at the first failure', async () => {
  const w = await liveAtFive({ navigator: { onLine: false } });
  w.socket().end(1006);
  assert.equal(w.client.state, 'offline');
});

test('a quiet connection is asked, and given up when it does not answer; a hidden page does not ask', async () => {
  const w = await liveAtFive();
  await w.clock.pass(30_000);
  assert.equal(w.socket().asked('ping').length, 1);
  w.socket().say({ type: 'pong' });
  await w.clock.pass(30_000);
  assert.equal(w.socket().asked('ping').length, 2);
  await w.clock.pass(9_999);
  assert.equal(w.client.state, 'live');
  const first = w.socket();
  await w.clock.pass(1);
  assert.equal(first.isClosed, true);
  assert.equal(w.client.state, 'reconnecting');
  const hidden = await liveAtFive();
  hidden.page.show(false);
  await hidden.clock.pass(120_000);
  assert.equal(hidden.socket().asked('ping').length, 0);
});

test('offline puts the connection in doubt: it is asked, and has three seconds', async () => {
  const w = await liveAtFive();
  w.window.dispatchEvent(new Event('offline'));
  assert.equal(w.socket().asked('ping').length, 1);
  await w.clock.pass(3_000);
  assert.equal(w.client.state, 'reconnecting');
});

test('late words of a connection that was given up are not heard', async () => {
  const w = await liveAtFive();
  const old = w.socket();
  w.page.dispatchEvent(new Event('freeze'));
  old.say(booking(6, 94));
  old.end(4001, 'token expired');
  assert.equal(w.look().availableSeats, 95);
  assert.equal(w.client.state, 'reconnecting');
});

// Hidden pages.

test('a page that is hidden for 30 seconds asks for one message a second; shown again, for all', async () => {
  const w = await liveAtFive();
  w.page.show(false);
  await w.clock.pass(29_999);
  assert.equal(w.socket().asked('set_pace').length, 0);
  await w.clock.pass(1);
  assert.deepEqual(w.socket().asked('set_pace'), [{ type: 'set_pace', maxPerSecond: 1 }]);
  w.socket().sent.length = 0;
  w.page.show(true);
  assert.deepEqual(w.socket().sent, [
    { type: 'set_pace', maxPerSecond: 0 },
    { type: 'ping' },
  ]);
});

test('a page that is hidden for less asks only whether the connection stands', async () => {
  const w = await liveAtFive();
  w.page.show(false);
  await w.clock.pass(10_000);
  w.socket().sent.length = 0;
  w.page.show(true);
  assert.deepEqual(w.socket().sent, [{ type: 'ping' }]);
  await w.clock.pass(1_000_000);
  assert.equal(w.socket().asked('set_pace').length, 0);
});

test('a server that does not know set_pace is asked once per connection, and nothing comes of it', async () => {
  const w = await liveAtFive();
  w.page.show(false);
  await w.clock.pass(30_000);
  w.socket().say({ type: 'error', code: 'unknown_type', message: 'Unknown message type' });
  w.socket().sent.length = 0;
  w.page.show(true);
  w.socket().say({ type: 'pong' });
  w.page.show(false);
  await w.clock.pass(30_000);
  assert.deepEqual(w.socket().sent, [{ type: 'ping' }]);
  assert.equal(w.look().live, 'live');
});

test('a page that comes back while it is hidden asks for the pace again', async () => {
  const w = await liveAtFive();
  w.page.show(false);
  await w.clock.pass(30_000);
  w.socket().end(1006);
  const socket = await w.again();
  socket.establish();
  assert.deepEqual(socket.sent.at(-1), { type: 'set_pace', maxPerSecond: 1 });
});

// Tokens.

test('a token about to expire is renewed by the callback', async () => {
  const asked = [];
  const token = async (why) => (asked.push(why.renew), `t${asked.length}`);
  const w = await liveAtFive({ token });
  w.socket().say({ type: 'token_expiring', expiresAt: '2026-01-01T00:00:00.000Z' });
  await settle();
  assert.deepEqual(w.socket().sent.at(-1), { type: 'refresh_token', token: 't2' });
  assert.deepEqual(asked, [false, true]);
});

test('a callback that fails while the token is about to expire leaves the connection as it is', async () => {
  let isFirst = true;
  const token = async () => {
    if (!isFirst) throw new Error('no network');
    isFirst = false;
    return 't1';
  };
  const w = await liveAtFive({ token });
  w.socket().say({ type: 'token_expiring' });
  await settle();
  assert.equal(w.client.state, 'live');
  assert.equal(w.socket().asked('refresh_token').length, 0);
});

for (const [code, reason] of [[4001, 'token expired'], [4001, 'logged out'], [1008, 'Invalid authentication token']]) {
  test(`a token refused by ${code} ${reason} is renewed once, and then denied`, async () => {
    const asked = [];
    const w = await liveAtFive({ token: ({ renew }) => (asked.push(renew), `t${asked.length}`) });
    w.socket().end(code, reason);
    const socket = await w.again();
    assert.deepEqual(socket.protocols, ['seatcast.v1', 'bearer.t2']);
    assert.deepEqual(asked, [false, true]);
    socket.end(code, reason);
    assert.equal(w.client.state, 'denied');
    assert.equal(w.client.reason, reason);
    assert.equal(w.look().live, 'offline');
    await w.clock.pass(1_000_000);
    assert.equal(w.sockets.length, 2);
    w.client.open();
    await settle();
    assert.equal(w.sockets.length, 3, 'open() tries again');
  });
}

test('a token that is a text, or none, is denied at once', async () => {
  const w = await liveAtFive({ token: 'fixed' });
  w.socket().end(1008, 'Invalid authentication token');
  assert.equal(w.client.state, 'denied');
  const anonymous = world();
  const client = connect(anonymous.options);
  client.open();
  await settle();
  anonymous.socket().end(1008, 'Authentication token required');
  assert.deepEqual([client.state, client.reason], ['denied', 'Authentication token required']);
});

test('a callback that cannot get a token is asked again later', async () => {
  let failures = 2;
  const token = async () => {
    if (failures-- > 0) throw new Error('no network');
    return 'late';
  };
  const w = world({ token });
  const client = connect(w.options);
  client.open();
  await settle();
  assert.equal(w.sockets.length, 0);
  assert.equal(client.state, 'reconnecting');
  await w.clock.pass(20_000);
  assert.deepEqual(w.socket().protocols, ['seatcast.v1', 'bearer.late']);
});

test('a violation of a policy is no reason to ask for a token, but to wait longer', async () => {
  const w = await liveAtFive({ token: () => assert.ok(true) ?? 't' });
  w.socket().end(1008, 'Too many connections');
  assert.equal(w.client.state, 'reconnecting');
  assert.equal(w.clock.delays.at(-1), 0.5 * 400 * 8);
});

// Refusals of events.

test('an event that is deleted, or never was, is gone for good; the others stay', async () => {
  const w = await liveAtFive();
  const other = w.client.event(2);
  other.subscribe(() => {});
  w.socket().say({ type: 'error', code: 'event_not_found', eventId: 2 });
  assert.equal(other.getSnapshot().status, 'deleted');
  w.socket().say({ ...booking(6, 95), type: 'event_updated', ...facts, status: 'deleted' });
  assert.equal(w.look().status, 'deleted');
  assert.equal(w.notices.length, 1);
  w.socket().end(4404, 'event not found');
  const socket = await w.again();
  socket.establish();
  assert.deepEqual(socket.sent, []);
});

test('an event that could not be opened just now is asked for again; one that is refused, with the next connection', async () => {
  const w = world();
  const client = connect(w.options);
  const [one, two] = [client.event(1), client.event(2)];
  one.subscribe(() => {});
  two.subscribe(() => {});
  await settle();
  w.socket().establish();
  w.socket().say({ type: 'error', code: 'unavailable', eventId: 1 });
  w.socket().say({ type: 'error', code: 'too_many_subscriptions', eventId: 2 });
  assert.deepEqual([one.getSnapshot().live, two.getSnapshot().live], ['stale', 'offline']);
  w.socket().sent.length = 0;
  await w.clock.pass(2_000);
  assert.deepEqual(w.socket().sent, [{ type: 'subscribe_event', eventId: 1 }]);
  w.socket().end(1006);
  await w.clock.pass(20_000);
  w.socket().establish();
  assert.equal(w.socket().sent.length, 2);
});

test('messages that are no notices are passed on', async () => {
  const w = await liveAtFive();
  const told = [];
  w.client.addEventListener('message', ({ detail }) => told.push(detail.type));
  w.socket().say({ type: 'waitlist_offer', eventId: 1, bookingId: 'BK-1' });
  w.socket().say({ type: 'pong' });
  w.socket().say(booking(6, 94));
  assert.deepEqual(told, ['waitlist_offer', 'pong']);
});

// Iteration.

test('notices can be iterated, until the client is closed', async () => {
  const w = await liveAtFive();
  const seen = [];
  const reading = (async () => {
    for await (const notice of w.event.notices()) seen.push(notice.seq);
  })();
  await settle();
  await settle();
  w.socket().say(booking(6, 94));
  w.socket().say(booking(7, 93));
  await settle();
  assert.deepEqual(seen, [6, 7]);
  w.client.close();
  await reading;
  assert.equal(w.client.state, 'closed');
  assert.equal(w.socket().isClosed, true);
});

test('a reader that is too slow is told what it skipped, and leaving ends the watching', async () => {
  const w = world();
  const event = connect(w.options).event(1);
  const iterator = event.notices({ buffer: 2 });
  const first = iterator.next();
  await settle();
  await settle();
  w.socket().establish();
  w.socket().say(snapshot(0, 100));
  for (const seq of [1, 2, 3, 4, 5]) w.socket().say(booking(seq, 100 - seq));
  assert.deepEqual((await first).value, { type: 'skipped', eventId: 1, fromSeq: 1, toSeq: 4 });
  assert.equal((await iterator.next()).value.seq, 5);
  await iterator.return();
  await settle();
  assert.deepEqual(w.socket().sent.at(-1), { type: 'unsubscribe_event', eventId: 1 });
});
