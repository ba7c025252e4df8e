// Loads a script as it is served, without a server and without a document: web_assets.c says of which files it is made,
// and each module, with what it imports, becomes a data URL. Only for scripts that touch no document when they are loaded.

import { readFile } from 'node:fs/promises';

const web = new URL('../../Sources/seatcast/Web/', import.meta.url);
const table = await readFile(new URL('web_assets.c', web), 'utf8');

/** The text that is served at `/name`. */
export async function textOf(name) {
  const [, array] = table.match(`\\("/${name}", [^,]+, (\\w+)\\)`);
  const [, pieces] = table.match(`${array}\\[\\] = \\{([^}]*)\\}`);
  const files = [...pieces.matchAll(/#embed "(.*)"/g)].map(([, file]) => readFile(new URL(file, web), 'utf8'));
  return (await Promise.all(files)).join('');
}

async function address(name, copy) {
  let source = `${await textOf(name)}// ${copy}`;
  for (const [statement, before, imported] of source.matchAll(/(from |import |import\()'\.\/([\w.-]+)'/g)) {
    source = source.replace(statement, `${before}'${await address(imported, copy)}'`);
  }
  return `data:text/javascript;base64,${Buffer.from(source).toString('base64')}`;
}

/** `copy`: another one makes other modules of the same text, as in another tab. */
export const load = async (name, copy = 0) => import(await address(name, copy));
