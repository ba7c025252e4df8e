// The console: who is logged in, which view is shown, and the server's numbers, asked for each second while somebody
// looks and seldom while nobody does. Administrators only; others are told so. The views are in console-*.js.

import { Api, ApiError } from './api.js';
import { eventView, eventsView } from './console-events.js';
import { makeView } from './console-make.js';
import { History } from './console-numbers.js';
import { auditView, peopleView } from './console-people.js';
import { screenView } from './console-screen.js';
import { serverView } from './console-server.js';
import { tokensView } from './console-tokens.js';
import { announce, byId, copyOf, focusOn, say, tell } from './dom.js';
import { onSubmit } from './forms.js';
import { Rhythm } from './rhythm.js';
import { ServerClock } from './sale.js';
import { Session, opensElsewhere } from './session.js';

const STATS_EVERY_MS = 1_000;
const STATS_HIDDEN_EVERY_MS = 15_000;
const POLL_EVERY_MS = 4_000;
const LONGEST_PAUSE_MS = 30_000;
const NOT_ADMIN = 'This account is not an administrator of this server.';
const SESSION_ENDED = 'Your session has ended. Please log in again.';
const NO_STATS = 'This address does not tell the server’s numbers: it has an admin listener (--admin-listen) that does. '
  + 'Open the console there.';

const clock = new ServerClock();
const session = new Session({ onLent: begin, onEnded: () => end('You logged out in another tab.') });
const names = new Map();

const app = {
  me: null,
  view: null,
  history: new History(),
  statsProblem: '',
  api: new Api(() => session.current?.token, clock),
  now: () => clock.now(),
  token: () => session.current?.token,
  /** Events that an answer told become known by name. */
  learn: (events) => events.forEach(({ id, name }) => names.set(id, name)),
  nameOf: (eventId) => names.get(eventId) ?? `Event ${eventId}`,
  subscribersOf: (eventId) => app.history.stats?.events.find((event) => event.eventId === eventId)?.subscribers ?? 0,
  missing,
  failed,
  sessionEnded: () => end(SESSION_ENDED),
};

// Who is logged in.

function begin(answer) {
  session.begin(answer);
  enter();
}

function end(reason = '', options = {}) {
  session.end(options);
  enter(reason);
  announce(reason || 'Logged out.');
}

function enter(reason = '') {
  const user = session.current?.user ?? null;
  app.me = user?.role === 'admin' ? user : null;
  app.history.clear();
  app.statsProblem = '';
  byId('account').hidden = byId('views').hidden = !app.me;
  byId('account-name').textContent = app.me?.name ?? '';
  show(reason || (user && !app.me ? NOT_ADMIN : ''));
  numbers.soon();
}

function loginView(reason) {
  byId('page').replaceChildren(copyOf('login-view'));
  tell(byId('login-outcome'), reason, false);
  onSubmit(app, byId('login-form'), async ({ email, password }) => {
    const answer = await app.api.login(email, password);
    if (answer.user.role !== 'admin') throw new ApiError(403, { detail: NOT_ADMIN });
    begin(answer);
  });
  return { title: 'Log in', show() {} };
}

/** What a view's failed request means for the whole page; true when it was that. */
function failed(error) {
  if (!(error instanceof ApiError)) throw error;
  if (!error.isSignedOut || !app.me) return false;
  end(SESSION_ENDED);
  return true;
}

// Which view.

const routes = [
  [/^#\/events\/(\d{1,15})$/, (id) => eventView(app, Number(id)), '#/events'],
  [/^#\/events$/, () => eventsView(app), '#/events'],
  [/^#\/events\/new$/, () => makeView(app), '#/events'],
  [/^#\/screen\/(\d{1,15})$/, (id) => screenView(app, Number(id)), '#/events'],
  [/^#\/people$/, () => peopleView(app), '#/people'],
  [/^#\/tokens$/, () => tokensView(app), '#/tokens'],
  [/^#\/audit$/, () => auditView(app), '#/audit'],
  [/^(#\/?)?$/, () => serverView(app), '#/'],
];

function show(reason = '') {
  app.view?.close?.();
  const route = routes.find(([pattern]) => pattern.test(location.hash));
  if (!app.me) app.view = loginView(reason);
  else if (!route) missing('There is no such page in the console.');
  else app.view = route[1](...route[0].exec(location.hash).slice(1));
  document.title = `${app.view.title} · seatcast console`;
  for (const link of byId('views').querySelectorAll('a')) {
    if (link.getAttribute('href') === route?.[2]) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  looking.soon();
}

function missing(words) {
  byId('page').replaceChildren(copyOf('missing-view'));
  say(byId('missing-words'), words);
  app.view = { title: 'Not found', show() {} };
}

// The server's numbers, and what the view asks for.

const numbers = new Rhythm(askStats);
const looking = new Rhythm(poll);
let statsPause = STATS_EVERY_MS;

async function askStats() {
  if (!app.me) return null;
  const token = app.token();
  try {
    const stats = await app.api.send('GET', '/api/server/stats');
    if (token !== app.token() || !app.me) return null;
    await learnNames(stats.events);
    app.history.add(stats, Date.now());
    app.statsProblem = '';
    statsPause = STATS_EVERY_MS;
  } catch (error) {
    if (failed(error)) return null;
    app.statsProblem = error.status === 404 ? NO_STATS : `The numbers are old. ${error.message}`;
    const longer = Math.min(LONGEST_PAUSE_MS, statsPause * 2);
    statsPause = Math.max(longer, (error.retryAfterSeconds ?? 0) * 1000);
  }
  app.view?.show();
  return document.hidden ? Math.max(statsPause, STATS_HIDDEN_EVERY_MS) : statsPause;
}

let namesAfter = 0;

/** Names of the busiest events, a few at a time. */
async function learnNames(events) {
  if (Date.now() < namesAfter) return;
  const unknown = events.filter(({ eventId }) => !names.has(eventId)).slice(0, 5);
  await Promise.all(unknown.map(async ({ eventId }) => {
    try {
      app.learn([await app.api.event(eventId)]);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) names.set(eventId, `Event ${eventId}`);
      else namesAfter = Date.now() + LONGEST_PAUSE_MS;
    }
  }));
}

/** Null while nobody can see the view: it is asked again when somebody does. */
async function poll() {
  if (!app.me || document.hidden) return null;
  try {
    await app.view?.poll?.();
  } catch (error) {
    if (failed(error)) return null;
    return Math.max(LONGEST_PAUSE_MS / 3, (error.retryAfterSeconds ?? 0) * 1000);
  }
  return app.view?.everyMs ?? POLL_EVERY_MS;
}

// The page's own events.

byId('skip').onclick = (event) => {
  event.preventDefault();
  focusOn(byId('page'));
};
byId('log-out').onclick = () => end('', { everywhere: true });
for (const type of ['click', 'auxclick', 'contextmenu']) {
  document.addEventListener(type, (event) => {
    const address = opensElsewhere(event);
    if (address) session.noteLink(address);
  });
}
window.addEventListener('hashchange', () => {
  show();
  focusOn(byId('page').querySelector('h1'), { preventScroll: true });
  window.scrollTo(0, 0);
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  numbers.soon();
  looking.soon();
});

enter();
if (!app.me) session.ask(location.href);
