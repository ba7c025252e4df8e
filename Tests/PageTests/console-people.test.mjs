// Tests of the console's audit export without a browser: node --test Tests/PageTests/

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { auditAsCSV } = await load('console-people.js');
const { Api } = await load('api.js');

/** An API whose export has these pages, each of which links to the next. */
function apiOf(pages) {
  globalThis.fetch = async (path, { headers }) => {
    const page = Number(path.match(/cursor=(\d+)/)?.[1] ?? 0);
    assert.equal(headers.Authorization, 'Bearer t');
    if (page >= pages.length) return Response.json({ detail: 'No.' }, { status: 403 });
    const link = page + 1 < pages.length ? { Link: `</api/audit/export?format=csv&cursor=${page + 1}>; rel="next"` } : {};
    return new Response(`id,at\r\n${pages[page]}`, { headers: { 'Content-Type': 'text/csv', ...link } });
  };
  return new Api(() => 't', { hear() {} });
}

test('all pages of the audit log become one text with one heading', async () => {
  const { text, entries, isWhole } = await auditAsCSV(apiOf(['4,d\r\n3,"c, c"\r\n', '2,b\r\n', '1,a\r\n']));
  assert.equal(text, 'id,at\r\n4,d\r\n3,"c, c"\r\n2,b\r\n1,a\r\n');
  assert.deepEqual([entries, isWhole], [4, true]);
});

test('a very long log is cut, and that is told', async () => {
  const { entries, isWhole } = await auditAsCSV(apiOf(Array.from({ length: 101 }, (_, page) => `${page},x\r\n`)));
  assert.deepEqual([entries, isWhole], [100, false]);
});

test('a refusal of the export is an error in words', async () => {
  await assert.rejects(auditAsCSV(apiOf([])), { message: 'No.', status: 403 });
});
