// Loads a script of the page without a server and without a document: each module, and what it imports, becomes
// a data URL. Only scripts that touch no document when they are loaded can be had this way.

import { readFile } from 'node:fs/promises';

const assets = new URL('../../Sources/seatcast/Web/assets/', import.meta.url);

export const textOf = (name) => readFile(new URL(name, assets), 'utf8');

async function address(name) {
  let source = await textOf(name);
  for (const [statement, imported] of source.matchAll(/from '\.\/([\w.]+)'/g)) {
    source = source.replace(statement, `from '${await address(imported)}'`);
  }
  return `data:text/javascript;base64,${Buffer.from(source).toString('base64')}`;
}

export const load = async (name) => import(await address(name));
