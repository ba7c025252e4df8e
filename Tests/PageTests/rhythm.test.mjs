// Tests of the console's rhythm.js: a clock that the test moves, and questions that the test answers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';
import { Clock, settle } from './world.mjs';

const { Rhythm } = await load('rhythm.js');

/** Questions are answered at once with `pause`, or, when that is undefined, by `answer`. */
function asked(pause) {
  const clock = new Clock();
  const w = { clock, at: [], most: 0, open: 0 };
  const ask = async () => {
    w.at.push(clock.time - 1_000_000);
    w.open += 1;
    w.most = Math.max(w.most, w.open);
    const given = pause === undefined ? await new Promise((resolve) => (w.answer = resolve)) : pause;
    w.open -= 1;
    return given;
  };
  w.rhythm = new Rhythm(ask, clock);
  return w;
}

test('it asks, rests for as long as the answer says, and asks again', async () => {
  const w = asked(1_000);
  w.rhythm.soon();
  await w.clock.pass(3_500);
  assert.deepEqual(w.at, [0, 1_000, 2_000, 3_000]);
});

test('an answer of never ends it, until somebody wants it again', async () => {
  const w = asked(null);
  w.rhythm.soon();
  await w.clock.pass(100_000);
  assert.deepEqual(w.at, [0]);
  w.rhythm.soon();
  await w.clock.pass(100_000);
  assert.equal(w.at.length, 2);
});

test('however often it is wanted, there are never two questions at once, and always a rest between them', async () => {
  const w = asked();
  for (let time = 0; time < 10_000; time += 10) {
    w.rhythm.soon();
    await w.clock.pass(10);
    if (time % 100 === 90) w.answer?.(1_000);
    await settle();
  }
  assert.equal(w.most, 1);
  const rests = w.at.slice(1).map((at, place) => at - w.at[place]);
  assert.ok(rests.length > 20 && rests.every((rest) => rest >= 250), String(rests));
});

test('what is wanted while a question is open is asked after it, once', async () => {
  const w = asked();
  w.rhythm.soon();
  await w.clock.pass(0);
  w.rhythm.soon();
  w.rhythm.soon();
  w.answer(60_000);
  await w.clock.pass(1_000);
  assert.equal(w.at.length, 2);
  w.answer(60_000);
  await w.clock.pass(59_000);
  assert.equal(w.at.length, 2);
});
