// The panels beside a view: log-in, a new event, management; booking is in booking.js. Each is made complete and
// returned as `{ section, describe?(event, isCurrent), noticed?(notice), told?(message), title }`; `title` is where
// the focus goes when the panel replaces another. `app` is the object that app.js makes.

import { keepFocus, panelOf, say, tell } from './dom.js';
import { attempt, onSubmit } from './forms.js';
import { number } from './words.js';

export function accountPanel(app, reason) {
  const { section, part } = panelOf('account-panel');
  tell(part('enter-reason'), reason, false);
  const choose = (isRegistering) => {
    part('login-form').hidden = isRegistering;
    part('register-form').hidden = !isRegistering;
    part('choose-login').setAttribute('aria-pressed', String(!isRegistering));
    part('choose-register').setAttribute('aria-pressed', String(isRegistering));
  };
  part('choose-login').onclick = () => choose(false);
  part('choose-register').onclick = () => choose(true);
  onSubmit(app, part('login-form'), async ({ email, password }) =>
    app.signIn(await app.api.login(email, password)));
  onSubmit(app, part('register-form'), async ({ email, password, name }) =>
    app.signIn(await app.api.register(email, password, name)));
  return { section, title: part('enter-title') };
}

export function createPanel(app) {
  const { section, part } = panelOf('create-panel');
  onSubmit(app, part('create-form'), async (fields) => {
    const draft = { name: fields.name, seatCapacity: Number(fields.seatCapacity) };
    for (const name of ['venue', 'description']) if (fields[name]) draft[name] = fields[name];
    for (const name of ['startsAt', 'opensAt']) {
      if (fields[name]) draft[name] = new Date(fields[name]).toISOString();
    }
    const made = await app.api.createEvent(draft);
    location.hash = `#/events/${made.id}`;
  });
  return { section, title: part('create-title') };
}

/** `reload()` reads the event again after a change. */
export function managePanel(app, event, reload) {
  const { section, part } = panelOf('manage-panel');
  const change = (button, changes, words) =>
    attempt(app, button, part('manage-outcome'), async () => {
      app.live.learn(event.id, await app.api.changeEvent(event.id, changes));
      await reload();
      return words;
    });

  part('new-capacity').value = event.seatCapacity;
  part('capacity-form').addEventListener('submit', (submit) => {
    submit.preventDefault();
    const seatCapacity = Number(part('new-capacity').value);
    const button = part('capacity-form').querySelector('button');
    change(button, { seatCapacity }, `Capacity is now ${number(seatCapacity)}.`);
  });
  part('toggle-sales').onclick = () => {
    const opens = !sells(event);
    const words = opens ? 'Sales are open.' : 'Sales are paused.';
    change(part('toggle-sales'), { status: opens ? 'on_sale' : 'paused' }, words);
  };
  // A cancelled event stays cancelled: the first click asks, the second one does it.
  let isSure = false;
  const askFirst = () => say(part('cancel-event'), isSure ? 'Cancel it for good?' : 'Cancel the event');
  part('cancel-event').onclick = () => {
    if (isSure) change(part('cancel-event'), { status: 'cancelled' }, 'The event is cancelled.');
    isSure = !isSure;
    askFirst();
  };
  const describe = (facts) => {
    if (facts.status !== event.status) isSure = false;
    // A number that somebody is typing is left alone.
    const isUntouched = part('new-capacity').value === String(event.seatCapacity);
    if (isUntouched) part('new-capacity').value = facts.seatCapacity;
    event = facts;
    askFirst();
    const words = facts.status === 'draft' ? 'Put on sale' : 'Resume sales';
    say(part('toggle-sales'), sells(facts) ? 'Pause sales' : words);
    const hide = () => {
      part('cancel-event').hidden = facts.status === 'cancelled';
      // Sales that ended by the clock are not resumed by a status.
      part('toggle-sales').hidden = facts.status === 'cancelled' || isOver(facts);
    };
    keepFocus(hide, () => part('manage-title'));
  };
  describe(event);
  return { section, describe, title: part('manage-title') };
}

/** Whether an admin lets the event sell, now or from `opensAt` on. */
function sells({ status }) {
  return status === 'on_sale' || status === 'scheduled';
}

function isOver({ status, closesAt }) {
  return status === 'closed' && closesAt !== null && Date.parse(closesAt) <= Date.now();
}
