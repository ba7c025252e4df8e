// Tests of what /client.js loads when it is used: event streams, one connection for all tabs, bookings; and of the sizes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { load, textOf } from './load.mjs';
import { booking, browser, memory, resumed, settle, snapshot, world } from './world.mjs';

const { connect } = await load('client.js');

/** Waits for promises that wait for streams. */
const rest = async () => {
  for (let turn = 0; turn < 20; turn += 1) await settle();
};

test('the client is small: 5 KB compressed, 8 KB with event streams and tab sharing', async () => {
  const [core, more, extra, element] = await Promise.all(
    ['client.js', 'client-more.js', 'client-extra.js', 'seat-count.js'].map(async (name) => gzipSync(await textOf(name), { level: 9 }).length),
  );
  assert.ok(core <= 5 * 1024, `client.js has ${core} bytes`);
  assert.ok(core + more <= 8 * 1024, `with client-more.js there are ${core + more}`);
  assert.ok(extra <= 2.5 * 1024, `client-extra.js has ${extra} bytes`);
  assert.ok(element <= 10 * 1024, `seat-count.js has ${element} bytes`);
});

// Event streams.

/** A server of event streams: requests to look at, each with `say`, `write` and `end`. */
function streamServer() {
  const requests = [];
  const fetch = (url, request = {}) =>
    new Promise((resolve, reject) => {
      const encoder = new TextEncoder();
      const entry = { url: String(url), headers: request.headers ?? {}, isAborted: false };
      const body = new ReadableStream({
        start(controller) {
          entry.write = (text) => controller.enqueue(encoder.encode(text));
          entry.end = () => controller.close();
        },
      });
      entry.open = () => resolve(new Response(body, { status: 200 }));
      entry.say = (message) => entry.write(`id: e.1\ndata: ${JSON.stringify(message)}\n\n`);
      entry.answer = (status, fields = {}) => resolve(Response.json({ detail: 'No.' }, { status, headers: fields }));
      entry.fail = () => reject(new TypeError('failed to fetch'));
      request.signal?.addEventListener('abort', () => (entry.isAborted = true));
      requests.push(entry);
    });
  return { requests, fetch, request: () => requests.at(-1) };
}

const greeting = (seq, availableSeats, more = {}) =>
  ({ ...snapshot(seq, availableSeats), type: 'connection_established', clientId: 'ws_1_b', ...more });

async function streaming(more) {
  const server = streamServer();
  const w = world({ WebSocket: undefined, fetch: server.fetch, ...more });
  w.client = connect(w.options);
  w.event = w.client.event(1);
  w.event.subscribe(() => {});
  await rest();
  return { ...w, server, look: () => w.event.getSnapshot() };
}

test('without WebSockets an event is streamed, cut anywhere, and resumed with seq and epoch', async () => {
  const w = await streaming({ token: 'secret' });
  assert.equal(w.server.request().url, 'http://seats.example/api/events/1/stream');
  assert.equal(w.server.request().headers.Authorization, 'Bearer secret');
  w.server.request().open();
  const text = `retry: 2000\n\nid: e.5\ndata: ${JSON.stringify(greeting(5, 95))}\n\n`;
  for (const piece of [text.slice(0, 30), text.slice(30, -1), text.slice(-1)]) {
    w.server.request().write(piece);
    await rest();
  }
  assert.deepEqual([w.look().availableSeats, w.look().live, w.client.state], [95, 'live', 'live']);
  assert.equal(w.server.requests.length, 1, 'the subscription is the stream that runs');
  w.server.request().say(booking(6, 94));
  await rest();
  w.server.request().end();
  await rest();
  assert.equal(w.look().live, 'stale');
  await w.clock.pass(20_000);
  await rest();
  assert.equal(w.server.request().url, 'http://seats.example/api/events/1/stream?since=6&epoch=e');
  w.server.request().open();
  w.server.request().say({ ...resumed(6), type: 'connection_established' });
  await rest();
  assert.equal(w.look().live, 'live');
});

test('event streams are tried when two WebSockets failed, by turns, and never where one has worked', async () => {
  const server = streamServer();
  const w = world({ fetch: server.fetch });
  const client = connect(w.options);
  client.event(1).subscribe(() => {});
  await rest();
  w.socket().end(1006);
  await w.clock.pass(20_000);
  w.socket().end(1006);
  await w.clock.pass(20_000);
  await rest();
  assert.deepEqual([w.sockets.length, server.requests.length], [2, 1]);
  server.request().fail();
  await rest();
  await w.clock.pass(20_000);
  await rest();
  assert.deepEqual([w.sockets.length, server.requests.length], [3, 1]);
  w.socket().establish();
  for (let failure = 0; failure < 5; failure += 1) {
    w.socket().end(1006);
    await w.clock.pass(20_000);
    await rest();
  }
  assert.deepEqual([w.sockets.length, server.requests.length], [8, 1]);
});

test('Retry-After of a stream is waited for, and open() does not overrule it', async () => {
  const w = await streaming();
  w.server.request().answer(503, { 'Retry-After': '7' });
  await rest();
  assert.ok(w.clock.delays.at(-1) >= 7_000);
  w.client.open();
  await w.clock.pass(6_999);
  await rest();
  assert.equal(w.server.requests.length, 1);
  await w.clock.pass(1_000);
  await rest();
  assert.equal(w.server.requests.length, 2);
});

test('a stream that ends with its token asks for another; one of a deleted event is gone; 401 and 404 likewise', async () => {
  const asked = [];
  const w = await streaming({ token: ({ renew }) => (asked.push(renew), 't') });
  w.server.request().open();
  w.server.request().say(greeting(5, 95));
  await rest();
  w.server.request().write('event: end\ndata: token expired\n\n');
  await rest();
  await w.clock.pass(20_000);
  await rest();
  assert.deepEqual(asked, [false, true]);
  w.server.request().answer(401);
  await rest();
  assert.equal(w.client.state, 'denied');
  const missing = await streaming();
  missing.server.request().answer(404);
  await rest();
  assert.equal(missing.look().status, 'deleted');
  assert.equal(missing.client.state, 'live');
});

test('four streams run at once, a fifth event is refused; what nobody watches is let go', async () => {
  const w = await streaming();
  w.server.request().open();
  w.server.request().say(greeting(5, 95));
  await rest();
  const leaves = [2, 3, 4].map((id) => w.client.event(id).subscribe(() => {}));
  const fifth = w.client.event(5);
  fifth.subscribe(() => {});
  await rest();
  assert.equal(w.server.requests.length, 4);
  assert.equal(fifth.getSnapshot().live, 'offline');
  leaves[0]();
  await rest();
  assert.equal(w.server.requests[1].isAborted, true);
});

test('a stream on which nothing comes for long, not even a comment, is given up', async () => {
  const w = await streaming();
  w.server.request().open();
  w.server.request().say(greeting(5, 95));
  await rest();
  for (let minute = 0; minute < 2; minute += 1) {
    w.server.request().write(': \n\n');
    await rest();
    await w.clock.pass(60_000);
  }
  assert.equal(w.client.state, 'live');
  await w.clock.pass(61_000);
  assert.notEqual(w.client.state, 'live');
});

// One connection for all tabs.

let crowds = 0;

async function tabsOf(count, lockDelays = [], storages = []) {
  const shared = browser();
  // The copies of the script outlive a test.
  const share = `everybody ${(crowds += 1)}`;
  const tabs = [];
  for (let index = 0; index < count; index += 1) {
    const tab = shared.tab(lockDelays[index]);
    const w = world({ share, ...tab, ...(storages[index] && { storage: storages[index] }) });
    w.kill = () => (tab.die(), (w.isDead = true));
    Object.assign(w, { freeze: tab.freeze, thaw: tab.thaw });
    tabs.push(w);
    // Each tab has its own copy of the script.
    await load('client-more.js', index);
    const { connect: connectHere } = await load('client.js', index);
    w.open = () => {
      w.client = connectHere(w.options);
      w.event = w.client.event(1);
      w.event.subscribe(() => {});
    };
    w.look = () => w.event.getSnapshot();
    w.open();
    await rest();
  }
  return tabs;
}

async function passAll(tabs, milliseconds) {
  for (let passed = 0; passed < milliseconds; passed += 250) {
    for (const tab of tabs) if (!tab.isDead) await tab.clock.pass(250);
    await rest();
  }
}

test('tabs share one connection: what one is told all are told, the last to leave an event ends it', async () => {
  const [one, two] = await tabsOf(2);
  assert.deepEqual([one.sockets.length, two.sockets.length], [1, 0]);
  one.socket().establish();
  await rest();
  assert.deepEqual([one.client.state, two.client.state], ['live', 'live']);
  assert.equal(one.socket().asked('subscribe_event').length, 2);
  one.socket().say(snapshot(5, 95));
  await rest();
  assert.deepEqual([one.look().live, two.look().live], ['live', 'live'], 'a subscription is everybody’s');
  assert.deepEqual([one.look().availableSeats, two.look().availableSeats], [95, 95]);
  one.socket().say(snapshot(5, 95));
  await rest();
  one.socket().say(booking(6, 94));
  await rest();
  assert.deepEqual([one.look().availableSeats, two.look().availableSeats], [94, 94]);
  two.client.close();
  await rest();
  assert.equal(one.socket().asked('unsubscribe_event').length, 0);
  assert.equal(one.socket().isClosed, false);
});

test('a tab that gets its own lock late is not taken for one that is gone', async () => {
  let grant;
  const [one, two] = await tabsOf(2, [null, new Promise((resolve) => (grant = resolve))]);
  one.socket().establish();
  await rest();
  assert.equal(two.look().live, 'stale');
  grant();
  for (let turn = 0; turn < 3; turn += 1) await rest();
  assert.equal(one.socket().asked('subscribe_event').length, 2);
  for (let answer = 0; answer < 2; answer += 1) one.socket().say(snapshot(5, 95));
  await rest();
  assert.deepEqual([one.look().live, two.look().live], ['live', 'live']);
});

test('when the tab with the connection ends, another takes over and resumes', async () => {
  const tabs = await tabsOf(3);
  const [one, two, three] = tabs;
  one.socket().establish();
  await rest();
  for (let answer = 0; answer < 3; answer += 1) one.socket().say(snapshot(5, 95));
  await rest();
  one.kill();
  await passAll(tabs, 2_000);
  assert.deepEqual([two.sockets.length, three.sockets.length], [1, 0]);
  two.socket().establish();
  await passAll(tabs, 1_000);
  assert.deepEqual(two.socket().asked('subscribe_event')[0], { type: 'subscribe_event', eventId: 1, since: 5, epoch: 'e' });
  for (let answer = 0; answer < 2; answer += 1) two.socket().say(resumed(5));
  two.socket().say(booking(6, 94));
  await rest();
  assert.deepEqual([two.look().availableSeats, three.look().availableSeats], [94, 94]);
  assert.deepEqual([two.look().live, three.look().live], ['live', 'live']);
});

test('a tab that is frozen steps down; one that froze without a word loses its lock', async () => {
  const tabs = await tabsOf(2);
  const [one, two] = tabs;
  one.socket().establish();
  await rest();
  one.page.dispatchEvent(new Event('freeze'));
  await rest();
  assert.equal(one.socket().isClosed, true);
  await passAll([two], 2_000);
  assert.equal(two.sockets.length, 1);
  two.socket().establish();
  two.socket().say(snapshot(5, 95));
  await rest();
  assert.equal(two.look().live, 'live');
  // Now the second is the leader; it freezes, and the first comes back.
  two.freeze();
  one.page.show(true);
  await passAll([one], 5_000);
  assert.equal(one.sockets.length, 2);
  one.socket().establish();
  await rest();
  one.socket().say(snapshot(5, 95));
  one.socket().say(booking(6, 94));
  await rest();
  // What the second had not read yet when it froze, it reads now.
  two.thaw();
  two.socket().say(snapshot(4, 96));
  two.socket().end(1006);
  await rest();
  assert.deepEqual([one.look().availableSeats, one.look().seq, one.look().live], [94, 6, 'live']);
});

/** What a tab keeps that was told of event 1 up to `seq`. */
function keptAt(seq) {
  const storage = memory();
  const track = { seq, factsSeq: seq, heard: seq, epoch: 'e', state: { availableSeats: 100 - seq } };
  storage.setItem('http://seats.example/', JSON.stringify({ 1: track }));
  return storage;
}

test('an answer that goes on behind what a tab knows is not its own: it asks again', async () => {
  const [one, two] = await tabsOf(2, [], [keptAt(7), keptAt(3)]);
  one.socket().establish();
  await rest();
  assert.deepEqual(one.socket().asked('subscribe_event').map(({ since }) => since), [3, 7]);
  // The second subscription replaced the first before that was answered.
  one.socket().say(resumed(7));
  await rest();
  assert.deepEqual([one.look().live, two.look().live], ['live', 'stale']);
  assert.equal(one.socket().asked('subscribe_event').at(-1).since, 3);
  one.socket().say(resumed(3));
  for (const seq of [4, 5, 6, 7, 8]) one.socket().say(booking(seq, 100 - seq));
  await rest();
  assert.deepEqual([one.look().live, two.look().live], ['live', 'live']);
  assert.deepEqual([one.look().availableSeats, two.look().availableSeats], [92, 92]);
});

test('a connection that is lost is lost for all tabs, and one of them makes the next', async () => {
  const tabs = await tabsOf(2);
  const [one, two] = tabs;
  one.socket().establish();
  await rest();
  one.socket().say({ type: 'server_draining', reconnectAfterMs: 1_000 });
  one.socket().end(1012);
  await rest();
  assert.deepEqual([one.client.state, two.client.state], ['reconnecting', 'reconnecting']);
  await passAll(tabs, 1_500);
  assert.deepEqual([one.sockets.length, two.sockets.length], [2, 0]);
  one.socket().establish();
  await rest();
  assert.deepEqual([one.client.state, two.client.state], ['live', 'live']);
});

test('the pace is slow only when every tab is hidden', async () => {
  const tabs = await tabsOf(2);
  const [one, two] = tabs;
  one.socket().establish();
  await rest();
  one.page.show(false);
  await passAll(tabs, 30_000);
  assert.ok(!one.socket().asked('set_pace').some(({ maxPerSecond }) => maxPerSecond === 1));
  two.page.show(false);
  await passAll(tabs, 30_000);
  assert.equal(one.socket().asked('set_pace').at(-1).maxPerSecond, 1);
  two.page.show(true);
  await rest();
  assert.equal(one.socket().asked('set_pace').at(-1).maxPerSecond, 0);
});

test('a tab that comes while all others are hidden is told everything, and when it has gone the pace is slow again', async () => {
  const tabs = await tabsOf(3);
  const [one, two, three] = tabs;
  one.socket().establish();
  await rest();
  three.client.close();
  await rest();
  for (const { page } of [one, two]) page.show(false);
  await passAll(tabs, 30_000);
  assert.deepEqual(one.socket().asked('set_pace').map(({ maxPerSecond }) => maxPerSecond), [1]);
  three.open();
  await rest();
  assert.equal(one.socket().asked('set_pace').at(-1).maxPerSecond, 0);
  three.client.close();
  await rest();
  assert.deepEqual(one.socket().asked('set_pace').map(({ maxPerSecond }) => maxPerSecond), [1, 0, 1]);
});

test('where there are no locks each tab has its own connection', async () => {
  const w = world({ share: 'everybody' });
  connect(w.options).open();
  await rest();
  assert.equal(w.sockets.length, 1);
});

// Bookings.

/** Answers requests by the given functions, one after the other; the last one again and again. */
function answering(...answers) {
  const requests = [];
  const fetch = async (url, { method, headers, body }) => {
    requests.push({ url, method, headers, body: body && JSON.parse(body), key: headers['Idempotency-Key'] });
    return answers[Math.min(requests.length, answers.length) - 1]();
  };
  return { requests, fetch };
}

const booked = () => Response.json({ bookingId: 'BK-1', eventId: 1, availableSeats: 94, seq: 6 }, { status: 201 });
const lost = () => Promise.reject(new TypeError('failed to fetch'));
const problem = (status, type, fields = {}) => () =>
  Response.json({ type: `urn:seatcast:problem:${type}`, title: 'No', detail: 'Not now.' }, { status, headers: fields });

/** Runs the clock until the promise is settled. */
async function outcome(w, promise) {
  const settled = promise.then((value) => ({ value }), (error) => ({ error }));
  let result = null;
  settled.then((given) => (result = given));
  for (let turn = 0; turn < 50 && !result; turn += 1) await w.clock.pass(1_000);
  return result;
}

test('a booking has a key, tells the store, and leaves nothing behind', async () => {
  const server = answering(booked);
  const w = world({ token: 'secret', fetch: server.fetch });
  const client = connect(w.options);
  const { value } = await outcome(w, client.book(1, { quantity: 2, ticketType: 3 }));
  assert.equal(value.bookingId, 'BK-1');
  assert.deepEqual(server.requests[0].body, { eventId: 1, quantity: 2, hold: false, typeId: 3 });
  assert.equal(server.requests[0].headers.Authorization, 'Bearer secret');
  assert.match(server.requests[0].key, /^[\w-]{20,}$/);
  assert.equal(client.event(1).getSnapshot().availableSeats, 94);
  assert.deepEqual(await client.unanswered(), []);
  await outcome(w, client.book(1, { quantity: 2, ticketType: 3 }));
  assert.notEqual(server.requests[1].key, server.requests[0].key, 'another order has another key');
});

test('a lost answer is asked for again with the same key, four times in all', async () => {
  const cut = () => new Response('{"bookingId":', { status: 201 });
  const server = answering(lost, cut, problem(503, 'overloaded', { 'Retry-After': '1' }), booked);
  const w = world({ fetch: server.fetch });
  const { value } = await outcome(w, connect(w.options).book(1));
  assert.equal(value.bookingId, 'BK-1');
  assert.equal(server.requests.length, 4);
  assert.equal(new Set(server.requests.map(({ key }) => key)).size, 1);
});

test('an order without an answer keeps its key over a reload, and is listed until it is answered', async () => {
  const away = answering(lost);
  const w = world({ fetch: away.fetch });
  const { error } = await outcome(w, connect(w.options).book(1, { quantity: 2, ticketType: 3 }));
  assert.deepEqual([error.name, error.status, away.requests.length], ['SeatcastError', 0, 4]);
  const back = answering(booked);
  const next = world({ fetch: back.fetch, storage: w.storage });
  const client = connect(next.options);
  const [order] = await client.unanswered();
  assert.deepEqual(order, { eventId: 1, quantity: 2, hold: false, ticketType: 3 });
  await outcome(next, client.book(order.eventId, order));
  assert.equal(back.requests[0].key, away.requests[0].key);
  assert.deepEqual(await client.unanswered(), []);
});

test('a key that the server may have forgotten is not used again', async () => {
  const server = answering(lost, lost, lost, lost, booked);
  const w = world({ fetch: server.fetch });
  const client = connect(w.options);
  await outcome(w, client.book(1));
  await w.clock.pass(24 * 3_600_000);
  await outcome(w, client.book(1));
  assert.notEqual(server.requests[4].key, server.requests[0].key);
});

test('a refusal is an answer: it is told at once, with its type, and its key is dropped', async () => {
  const server = answering(problem(409, 'sold-out'));
  const w = world({ fetch: server.fetch });
  const client = connect(w.options);
  const { error } = await outcome(w, client.book(1));
  assert.deepEqual([error.status, error.type, error.message], [409, 'sold-out', 'Not now.']);
  assert.equal(server.requests.length, 1);
  assert.deepEqual(await client.unanswered(), []);
});

test('a long Retry-After is left to the caller, and the order stays open', async () => {
  const server = answering(problem(429, 'rate-limited', { 'Retry-After': '60' }));
  const w = world({ fetch: server.fetch });
  const client = connect(w.options);
  const { error } = await outcome(w, client.book(1));
  assert.deepEqual([error.status, error.retryAfterMs, server.requests.length], [429, 60_000, 1]);
  assert.equal((await client.unanswered()).length, 1);
});

test('a refused token is renewed once by the callback', async () => {
  const server = answering(problem(401, 'invalid-token'), booked);
  const w = world({ fetch: server.fetch, token: ({ renew }) => (renew ? 'new' : 'old') });
  const { value } = await outcome(w, connect(w.options).book(1));
  assert.equal(value.bookingId, 'BK-1');
  assert.deepEqual(server.requests.map(({ headers }) => headers.Authorization), ['Bearer old', 'Bearer new']);
  const always = answering(problem(401, 'invalid-token'));
  const again = world({ fetch: always.fetch, token: () => 'old' });
  const { error } = await outcome(again, connect(again.options).book(1));
  assert.deepEqual([error.status, always.requests.length], [401, 2]);
});

test('holds are confirmed and cancelled by their number, and asked for again when the answer is lost', async () => {
  const server = answering(lost, () => Response.json({ bookingId: 'BK-1', eventId: 1, status: 'confirmed' }));
  const w = world({ fetch: server.fetch });
  const client = connect(w.options);
  const { value } = await outcome(w, client.confirm('BK-1'));
  assert.equal(value.status, 'confirmed');
  assert.equal(server.requests[1].url, 'http://seats.example/api/bookings/BK-1/confirm');
  await outcome(w, client.cancel('BK-1'));
  assert.equal(server.requests[2].url, 'http://seats.example/api/bookings/BK-1/cancel');
});

test('an extension whose answer is lost is not asked for again, because there is one only', async () => {
  const server = answering(lost, problem(503, 'overloaded', { 'Retry-After': '1' }), () => Response.json({ bookingId: 'BK-1' }));
  const w = world({ fetch: server.fetch });
  const client = connect(w.options);
  const { error } = await outcome(w, client.extend('BK-1'));
  assert.deepEqual([error.status, server.requests.length], [0, 1]);
  const { value } = await outcome(w, client.extend('BK-1'));
  assert.deepEqual([value.bookingId, server.requests.length], ['BK-1', 3]);
});

test('where nothing may be stored, keys last as long as the page', async () => {
  const storage = { getItem: () => assert.fail('no'), setItem: () => assert.fail('no') };
  const server = answering(lost, lost, lost, lost, booked);
  const w = world({ fetch: server.fetch, storage, url: 'http://elsewhere.example' });
  const client = connect(w.options);
  await outcome(w, client.book(1));
  await outcome(w, client.book(1));
  assert.equal(server.requests[4].key, server.requests[0].key);
});
