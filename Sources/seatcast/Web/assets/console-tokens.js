// The console's service tokens: which there are, a new one, and revoking. A token is told once, when it is made.

import { ask, paragraph } from './console-dialogs.js';
import { announce, byId, copyOf, element, patchList } from './dom.js';
import { onSubmit } from './forms.js';
import { moment } from './words.js';

const DAY_MS = 86_400_000;

/** The fields as the API takes them; without days the server decides when it ends. */
export function tokenOf({ name, days }, scopes, now) {
  return { name, scopes, ...(days && { expiresAt: new Date(now + Number(days) * DAY_MS).toISOString() }) };
}

export function tokensView(app) {
  byId('page').replaceChildren(copyOf('tokens-view'));
  let tokens = [];
  let isOpen = true;

  function draw() {
    if (!isOpen) return;
    patchList(byId('tokens'), tokens, { key: ({ id }) => id, make: row, fallback: byId('view-title') });
    byId('no-tokens').hidden = tokens.length > 0;
  }

  function row(token) {
    const heading = element('th', 'auto', token.name);
    heading.scope = 'row';
    const button = element('button', 'quiet', 'Revoke…');
    button.type = 'button';
    button.dataset.test = 'token-revoke';
    button.setAttribute('aria-label', `Revoke ${token.name}`);
    button.onclick = () => revoke(token);
    return element('tr', '', heading, element('td', '', token.scopes.join(', ')),
      element('td', '', moment(token.createdAt)), element('td', '', moment(token.expiresAt)), element('td', '', button));
  }

  async function revoke({ id, name }) {
    const isDone = await ask({
      title: `Revoke ${name}?`, yes: 'Revoke', isHarmful: true,
      words: [paragraph('Whoever uses this token is refused at once. Another one has to be made and put in its place.')],
      act: () => app.api.send('DELETE', `/api/service-tokens/${id}`),
    });
    if (!isDone || !isOpen) return;
    announce(`${name} is revoked.`);
    await poll();
  }

  onSubmit(app, byId('token-form'), async (fields) => {
    const chosen = byId('token-form').querySelectorAll('[data-scope]:checked');
    const scopes = Array.from(chosen, (box) => box.dataset.scope);
    const made = await app.api.send('POST', '/api/service-tokens', { body: tokenOf(fields, scopes, app.now()) });
    byId('token-once').hidden = false;
    byId('token-text').value = made.token;
    byId('token-text').focus();
    byId('token-form').reset();
    await poll();
    return 'This is the only time that it is shown.';
  });
  byId('token-text').onfocus = () => byId('token-text').select();

  async function poll() {
    const answer = await app.api.send('GET', '/api/service-tokens');
    tokens = answer.items;
    draw();
  }

  return {
    title: 'Service tokens', show() {}, poll, everyMs: 10_000, close: () => (isOpen = false),
  };
}
