// How much the page of an event loads, and that it loads all of it at once: node --test Tests/PageTests/

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { textOf } from './load.mjs';

const MOST_BYTES = 50_000;

const html = await textOf('');
const named = (pattern) => [...html.matchAll(pattern)].map(([, name]) => name);
const preloaded = named(/rel="modulepreload" href="\/([\w.-]+)"/g);
const others = named(/(?:rel="stylesheet"|rel="icon"|<script type="module") (?:href|src)="\/([\w.-]+)"/g);

/** The modules that a module imports at once, and those that these import. */
async function imported(name, found = new Set()) {
  for (const [, other] of (await textOf(name)).matchAll(/^(?:import|export|\}) ?(?:[^'\n]*from )?'\.\/([\w.-]+)'/gm)) {
    if (found.has(other)) continue;
    found.add(other);
    await imported(other, found);
  }
  return found;
}

test('every module that the page imports is preloaded, and no other', async () => {
  const modules = [...(await imported('app.js'))].sort();
  assert.ok(modules.length > 10);
  assert.deepEqual([...preloaded].sort(), modules);
});

test('the page of an event weighs less than 50 KB', async () => {
  assert.deepEqual(others.sort(), ['app.js', 'favicon.svg', 'style.css']);
  const texts = await Promise.all(['', ...others, ...preloaded].map(textOf));
  const bytes = texts.reduce((sum, text) => sum + gzipSync(text).length, 0);
  assert.ok(bytes < MOST_BYTES, `${bytes} bytes compressed`);
});
