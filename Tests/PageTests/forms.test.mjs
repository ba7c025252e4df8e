// Tests of forms.js, which the page and the console share: buttons and outcomes are stand-ins, requests are the test's.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { load } from './load.mjs';

const { attempt } = await load('forms.js');
const { ApiError } = await load('api.js');

globalThis.document = {
  activeElement: null,
  createElement: () => ({ append(text) { this.text = text; } }),
};

function control() {
  const attributes = new Map();
  return {
    getAttribute: (name) => attributes.get(name) ?? null,
    setAttribute: (name, value) => attributes.set(name, value),
    get isInactive() {
      return attributes.get('aria-disabled') === 'true';
    },
  };
}

/** Says what is told, and whether it is good. */
function outcome() {
  const made = { textContent: '', isGood: null };
  made.classList = { toggle: (name, isSet) => name === 'good' && (made.isGood = isSet) };
  made.replaceChildren = (...pieces) => (made.textContent = pieces.map((piece) => piece.text ?? piece).join(''));
  return made;
}

const app = { me: null, sessionEnded: () => assert.fail('nobody was logged in') };

test('a button is busy until the answer is there, and a second click does nothing', async () => {
  const [button, place] = [control(), outcome()];
  let answer;
  let count = 0;
  const act = () => ((count += 1), new Promise((resolve) => (answer = resolve)));
  const done = attempt(app, button, place, act);
  assert.deepEqual([button.ariaBusy, button.isInactive], ['true', true]);
  await attempt(app, button, place, act);
  assert.equal(count, 1);
  answer('It is done.');
  await done;
  assert.deepEqual([place.textContent, place.isGood, button.isInactive, button.ariaBusy], ['It is done.', true, false, 'false']);
});

test('a refusal is told in words, and the same can be tried again', async () => {
  const [button, place] = [control(), outcome()];
  await attempt(app, button, place, async () => { throw new ApiError(401, { type: 'urn:x:wrong-credentials', detail: 'Wrong.' }); });
  assert.deepEqual([place.textContent, place.isGood, button.isInactive], ['Wrong.', false, false]);
});

test('after too many tries the button rests for as long as the server says', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const [button, place] = [control(), outcome()];
  const done = attempt(app, button, place, async () => { throw new ApiError(429, {}, 30); });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(place.textContent, 'Too many requests. Please try again in 30 seconds.');
  mock.timers.tick(29_999);
  assert.equal(button.isInactive, true);
  mock.timers.tick(1);
  await done;
  assert.deepEqual([button.isInactive, place.textContent], [false, '']);
  mock.timers.reset();
});

test('a token that is refused ends the session of whoever was logged in', async () => {
  let ended = 0;
  const loggedIn = { me: { id: 1 }, sessionEnded: () => (ended += 1) };
  await attempt(loggedIn, control(), outcome(), async () => { throw new ApiError(401, { type: 'urn:x:invalid-token' }); });
  assert.equal(ended, 1);
});

test('the log-in of the console is a form like that of the page', async () => {
  const source = await (await import('node:fs/promises')).readFile(new URL('../../Sources/seatcast/Web/assets/console.js', import.meta.url), 'utf8');
  assert.match(source, /onSubmit\(app, byId\('login-form'\)/);
});
