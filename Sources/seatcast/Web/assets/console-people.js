// The console's people and audit log. Accounts are found by their whole address, as the server finds them; what changes
// somebody's rights or cannot be undone is asked first.

import { ask, paragraph } from './console-dialogs.js';
import { Pages } from './console-events.js';
import { announce, byId, copyOf, element, patchList, say, settled, tell } from './dom.js';
import { attempt } from './forms.js';
import { count, moment } from './words.js';

/** Where a person's actions are; the issuer names whose subject it is. */
const pathOf = ({ id, issuer }, action = '') =>
  `/api/users/${encodeURIComponent(id)}${action}?issuer=${encodeURIComponent(issuer)}`;

const nameOf = ({ name, email, id }) => name || email || `User ${id}`;

export function peopleView(app) {
  byId('page').replaceChildren(copyOf('people-view'));
  let pages = newPages();
  let isOpen = true;

  function newPages() {
    return new Pages(app.api, '/api/users', () => ({ email: byId('people-email').value.trim() }));
  }

  function show() {
    if (!isOpen) return;
    patchList(byId('people'), pages.items, {
      key: ({ id, issuer }) => `${issuer} ${id}`, make: row, update, fallback: byId('view-title'),
    });
    byId('no-people').hidden = pages.items.length > 0 || pages.pages === 0;
    byId('more-people').hidden = !pages.next;
  }

  function row() {
    const heading = element('th', '', element('span', 'auto'), element('small', 'lead auto'));
    heading.scope = 'row';
    const buttons = ['role', 'disable', 'logout', 'erase'].map((name) => {
      const button = element('button', 'quiet');
      button.type = 'button';
      button.dataset.test = `person-${name}`;
      return button;
    });
    return element('tr', '', heading, element('td', 'num'), element('td'), element('td'),
      element('td', 'actions', ...buttons));
  }

  function update(line, person) {
    const [heading, id, role, made, actions] = line.children;
    say(heading.children[0], nameOf(person));
    say(heading.children[1], person.email && person.name ? ` ${person.email}` : '');
    say(id, String(person.id));
    say(role, `${person.role ?? 'by token'}${person.disabled ? ', disabled' : ''}`);
    say(made, moment(person.createdAt));
    const isOwn = person.issuer === 'seatcast' && String(person.id) === String(app.me.id);
    const isAdmin = person.role === 'admin';
    const tasks = [
      [isAdmin ? 'Make a user' : 'Make an admin', () => askRole(person, !isAdmin), isOwn || person.role === null],
      [person.disabled ? 'Enable' : 'Disable', () => askDisabled(person, !person.disabled), isOwn],
      ['Disconnect', () => askLogout(person), false],
      ['Erase', () => askErase(person), isOwn],
    ];
    tasks.forEach(([words, act, isHidden], place) => {
      const button = actions.children[place];
      button.textContent = `${words}…`;
      button.setAttribute('aria-label', `${words}: ${nameOf(person)}`);
      button.onclick = act;
      button.hidden = isHidden;
    });
  }

  async function done(question, words) {
    if (!(await ask(question)) || !isOpen) return;
    tell(byId('people-outcome'), words, true);
    announce(words);
    await poll();
  }

  const change = (person, body) => () => app.api.send('PATCH', pathOf(person), { body });

  function askRole(person, becomesAdmin) {
    const name = nameOf(person);
    return done({
      title: becomesAdmin ? `Make ${name} an administrator?` : `Take the admin role from ${name}?`,
      yes: becomesAdmin ? 'Make an admin' : 'Make a user', isHarmful: becomesAdmin,
      words: [paragraph(becomesAdmin
        ? 'Administrators may change every event, booking and account. It counts from the next log-in on.'
        : 'The sessions of this account end.')],
      act: change(person, { role: becomesAdmin ? 'admin' : 'user' }),
    }, becomesAdmin ? `${name} is an administrator.` : `${name} is an administrator no more.`);
  }

  function askDisabled(person, becomesDisabled) {
    const name = nameOf(person);
    return done({
      title: `${becomesDisabled ? 'Disable' : 'Enable'} ${name}?`, yes: becomesDisabled ? 'Disable' : 'Enable',
      isHarmful: becomesDisabled,
      words: [paragraph(becomesDisabled
        ? 'Every token is refused and every connection closed, until the account is enabled again. Bookings stay.'
        : 'The account can log in again.')],
      act: change(person, { disabled: becomesDisabled }),
    }, `${name} is ${becomesDisabled ? 'disabled' : 'enabled'}.`);
  }

  function askLogout(person) {
    const name = nameOf(person);
    return done({
      title: `Disconnect ${name}?`, yes: 'Disconnect',
      words: [paragraph('All log-ins end everywhere, and the connections are closed. Logging in again is possible at once.')],
      act: () => app.api.send('POST', pathOf(person, '/logout')),
    }, `${name} is logged out everywhere.`);
  }

  function askErase(person) {
    const name = nameOf(person);
    return done({
      title: `Erase ${name}?`, yes: 'Erase', isHarmful: true,
      words: [paragraph('Name, address and password are gone for good, and the log-ins end. Bookings stay, under a number.')],
      proof: { label: `To confirm, type ${person.email ?? person.id}`, answer: String(person.email ?? person.id) },
      act: () => app.api.send('DELETE', pathOf(person)),
    }, `${name} is erased.`);
  }

  const act = (what) => async (event) => {
    event.preventDefault();
    try {
      await what();
    } catch (error) {
      if (!app.failed(error)) tell(byId('people-outcome'), error.message, false);
    }
  };
  byId('people-filters').onsubmit = act(async () => {
    pages = newPages();
    await poll();
    say(byId('people-outcome'), '');
  });
  byId('more-people').onclick = act(async () => {
    await pages.readMore();
    show();
  });

  async function poll() {
    const wanted = pages;
    await wanted.refresh();
    if (wanted === pages) show();
  }

  return { title: 'People', show() {}, poll, everyMs: 10_000, close: () => (isOpen = false) };
}

/** More pages of 1,000 entries than this are left to `GET /api/audit/export`. */
const MOST_EXPORTED_PAGES = 100;

/** The audit log as one CSV text, newest first: `{ text, entries, isWhole }`. */
export async function auditAsCSV(api) {
  let text = '';
  let path = '/api/audit/export?format=csv';
  let entries = 0;
  for (let page = 0; path !== null && page < MOST_EXPORTED_PAGES; page += 1) {
    const answer = await api.text(path);
    // Each page begins with the names of the columns.
    const rows = answer.text.slice(answer.text.indexOf('\n') + 1);
    text += page === 0 ? answer.text : rows;
    entries += rows.split('\r\n').length - 1;
    path = answer.next;
  }
  return { text, entries, isWhole: path === null };
}

/** Has the browser save a text as a file. */
function save(name, text) {
  const link = element('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** What an entry tells besides, in words: "seatCapacity: 20, types: [...]". */
function detailOf({ detail }) {
  const textOf = (value) => (typeof value === 'object' ? JSON.stringify(value) : value);
  return Object.entries(detail ?? {}).map(([name, value]) => `${name}: ${textOf(value)}`).join(', ');
}

const whoOf = ({ subject, issuer }) =>
  subject === null ? '–' : issuer === null || issuer === 'seatcast' ? subject : `${subject} of ${issuer}`;

export function auditView(app) {
  byId('page').replaceChildren(copyOf('audit-view'));
  let pages = newPages();
  let isOpen = true;

  function newPages() {
    return new Pages(app.api, '/api/audit', () => ({ q: byId('audit-search').value.trim() }));
  }

  function show() {
    if (!isOpen) return;
    patchList(byId('audit'), pages.items, { key: ({ id }) => id, make: row });
    byId('no-audit').hidden = pages.items.length > 0 || pages.pages === 0 || pages.next !== null;
    byId('more-audit').hidden = !pages.next;
  }

  function row(entry) {
    const heading = element('th', 'num', moment(entry.at));
    heading.scope = 'row';
    const texts = [whoOf(entry), entry.address ?? '–', entry.action, entry.object ?? '', detailOf(entry)];
    return element('tr', '', heading, ...texts.map((text) => element('td', 'auto', text)));
  }

  const act = (what) => async () => {
    try {
      say(byId('audit-note'), '');
      await what();
    } catch (error) {
      if (!app.failed(error)) say(byId('audit-note'), error.message);
    }
  };
  const outcome = byId('audit-export-outcome');
  byId('audit-export').onclick = () =>
    attempt(app, byId('audit-export'), outcome, async () => {
      const { text, entries, isWhole } = await auditAsCSV(app.api);
      save(`seatcast-audit-${new Date(app.now()).toISOString().slice(0, 10)}.csv`, text);
      const saved = `${count(entries, 'entry', 'entries')} downloaded`;
      return isWhole ? `${saved}.` : `${saved}, the newest ones; GET /api/audit/export has the others.`;
    });
  byId('audit-filters').onsubmit = (event) => event.preventDefault();
  byId('audit-search').oninput = settled(act(async () => {
    pages = newPages();
    await poll();
  }));
  byId('more-audit').onclick = act(async () => {
    await pages.readMore();
    show();
  });

  async function poll() {
    const wanted = pages;
    // Older pages move when entries come; whoever reads those has a still list.
    await wanted.refresh(1);
    if (pages === wanted) show();
  }

  return { title: 'Audit log', show() {}, poll, close: () => (isOpen = false) };
}
