// The page: who is logged in, which view is shown, what the connection says, and when counts are polled.
// The views are in views.js; counts come from watching.js, or by polling while there is no live connection.

import { Api, ApiError, passOver } from './api.js';
import { announce, byId, focusOn, keepFocus } from './dom.js';
import { ServerClock } from './sale.js';
import { Session, opensElsewhere } from './session.js';
import { eventView, listView, missingView } from './views.js';
import { Watching } from './watching.js';

const SESSION_ENDED = 'Your session has ended. Please log in again.';
/** How often a page without a live connection asks for the counts, and a page with one for new events. */
const POLL_EVERY_MS = 4_000;
const POLL_LIVE_EVERY_MS = 30_000;
const LONGEST_POLL_PAUSE_MS = 60_000;
/** Pages that must read an event again do so spread over this time, not all at once. */
const REREAD_WITHIN_MS = 4_000;

const clock = new ServerClock();
const session = new Session({ onLent: signIn, onEnded: () => signOut('You logged out in another tab.') });

/** What the views and panels may ask for and do. */
const app = {
  me: null,
  view: null,
  reasonToLogIn: '',
  api: new Api(() => session.current?.token, clock),
  live: null,
  now: () => clock.now(),
  get isAdmin() {
    return app.me?.role === 'admin';
  },
  signIn,
  sessionEnded: () => signOut(SESSION_ENDED),
  missing(words) {
    app.view = missingView(app, words);
  },
};

app.live = new Watching({
  onState: showConnection,
  onChange: (track, notice) => app.view?.changed(track, notice),
  onGone: (eventId) => app.view?.gone(eventId),
  onSignedOut: () => signOut(SESSION_ENDED),
  onFactsMissed: readAgain,
  onTime: (...times) => clock.hear(...times),
  onTold: (message) => app.view?.told?.(message),
}, { isPublic: document.querySelector('meta[name="seatcast-watch"]').content === 'public' });

// Who is logged in. Whether the token is still good, the server says when the socket opens.

function signIn(answer) {
  session.begin(answer);
  app.reasonToLogIn = '';
  accountChanged();
  announce(`Logged in as ${answer.user.name}.`);
}

function signOut(reason = '', options = {}) {
  if (!app.me) return;
  session.end(options);
  app.reasonToLogIn = reason;
  accountChanged();
  announce(reason || 'Logged out.');
}

function takeSession() {
  const current = session.current;
  app.me = current?.user ?? null;
  keepFocus(() => (byId('account').hidden = !app.me), () => byId('page'));
  byId('account-name').textContent = app.me?.name ?? '';
  app.live.start(current?.token ?? null, current?.user.id);
}

function accountChanged() {
  takeSession();
  app.view?.accountChanged();
  pollSoon();
}

const connectionWords = {
  off: 'Log in for live updates',
  connecting: 'Connecting…',
  live: 'Live',
  reconnecting: 'Reconnecting…',
  offline: 'Offline, retrying',
};
const spokenWords = {
  live: 'Live again.',
  reconnecting: 'The connection is lost. Reconnecting.',
  offline: 'Offline. The counts are old.',
};

let shown = 'off';

function showConnection(state) {
  byId('connection').dataset.state = state;
  byId('connection-words').textContent = connectionWords[state];
  const isNews = state !== shown && !(state === 'live' && ['off', 'connecting'].includes(shown));
  if (isNews && spokenWords[state]) announce(spokenWords[state]);
  if (state !== shown && state !== 'live') pollSoon();
  shown = state;
  app.view?.refresh();
}

// Which view.

function show() {
  const eventId = /^#\/events\/(\d{1,15})$/.exec(location.hash)?.[1];
  app.view = eventId ? eventView(app, Number(eventId)) : listView(app);
  app.view.start();
}

// Polling: without a live connection for the counts, with one for events that are new in the list.

let pollTimer = null;
let pollPause = POLL_EVERY_MS;

function pollSoon() {
  pollPause = POLL_EVERY_MS;
  schedulePoll();
}

function schedulePoll() {
  clearTimeout(pollTimer);
  const pauseMs = app.live.state === 'live' ? POLL_LIVE_EVERY_MS : pollPause;
  // Pages that lost the same server do not come back in step.
  pollTimer = setTimeout(poll, pauseMs * (app.me ? 1 + Math.random() : 1));
}

async function poll() {
  try {
    if (!document.hidden) await app.view?.poll();
    pollPause = POLL_EVERY_MS;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const doubled = Math.min(LONGEST_POLL_PAUSE_MS, pollPause * 2);
    pollPause = Math.max(error.status === 0 ? POLL_EVERY_MS : doubled, (error.retryAfterSeconds ?? 0) * 1000);
    if (error.isSignedOut && app.me) signOut(SESSION_ENDED);
  } finally {
    schedulePoll();
  }
}

let rereading = null;

/** An event changed in what its messages do not carry. */
function readAgain() {
  rereading ??= setTimeout(() => {
    rereading = null;
    app.view?.poll().catch(passOver);
  }, Math.random() * REREAD_WITHIN_MS);
}

// The page's own events.

// The address names the view, so the link must not change it.
byId('skip').onclick = (event) => {
  event.preventDefault();
  focusOn(byId('page'));
};
byId('log-out').onclick = () => signOut('', { everywhere: true });
byId('connection').onclick = () => {
  if (app.live.state !== 'off') return app.live.retryNow();
  const field = byId('login-form')?.hidden ? byId('register-name') : byId('login-email');
  field?.scrollIntoView({ block: 'center' });
  focusOn(field, { focusVisible: true, preventScroll: true });
};
for (const type of ['click', 'auxclick', 'contextmenu']) {
  document.addEventListener(type, (event) => {
    const address = opensElsewhere(event);
    if (address) session.noteLink(address);
  });
}
window.addEventListener('hashchange', () => {
  show();
  focusOn(byId('page'), { preventScroll: true });
  window.scrollTo(0, 0);
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  app.view?.refresh();
  if (app.live.state !== 'live') poll();
});
// What was current a second ago may be old now: nothing tells a page that nothing came.
setInterval(() => document.hidden || app.view?.refresh(), 1_000);

takeSession();
show();
pollSoon();
if (!app.me) session.ask(location.href);
