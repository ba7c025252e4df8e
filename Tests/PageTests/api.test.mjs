// Tests of the page's api.js without a browser: node --test Tests/PageTests/

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { ApiError, inOrder } = await load('api.js');

test('of two answers that come out of order the older one is not taken', () => {
  const asking = inOrder();
  const [first, second, third] = [asking(), asking(), asking()];
  assert.equal(second(), true);
  assert.equal(first(), false);
  assert.equal(third(), true);
  assert.equal(asking()(), true);
});

test('an error of the client is told in the words of the page', () => {
  const told = (status, problem, retryAfterMs = 0) => ApiError.of({ name: 'SeatcastError', status, problem, retryAfterMs });
  assert.ok(told(0, null) instanceof ApiError);
  assert.equal(told(0, null).message, 'The server cannot be reached at the moment.');
  assert.equal(told(409, { available: 1 }).message, 'Only 1 seat is left.');
  const busy = told(429, {}, 5_000);
  assert.deepEqual([busy.isPassing, busy.retryAfterSeconds], [true, 5]);
  assert.equal(told(401, { type: 'urn:x:invalid-token' }).isSignedOut, true);
  const fault = new TypeError('a fault of the page');
  assert.equal(ApiError.of(fault), fault);
});
