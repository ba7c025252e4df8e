// Tests of session.js: tabs with storages of their own, and one channel between them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { Session, opensElsewhere } = await load('session.js');
const alice = { token: 'a', user: { id: 1, name: 'Alice' } };

/** Makes tabs; what one posts, all others receive. */
function browser() {
  const tabs = [];
  return function openTab() {
    const tab = { lent: [], ended: 0, kept: new Map() };
    const storage = {
      getItem: (key) => tab.kept.get(key) ?? null,
      setItem: (key, text) => tab.kept.set(key, text),
      removeItem: (key) => tab.kept.delete(key),
    };
    const others = () => tabs.filter((other) => other !== tab);
    const channel = { postMessage: (data) => others().forEach((other) => other.channel.onmessage({ data })) };
    tab.channel = channel;
    const handlers = { onLent: (session) => tab.lent.push(session), onEnded: () => (tab.ended += 1) };
    tab.session = new Session(handlers, storage, channel);
    tabs.push(tab);
    return tab;
  };
}

test('a tab that a link opened gets the session of the tab with the link, once', () => {
  const openTab = browser();
  const [first, bob] = [openTab(), openTab()];
  first.session.begin(alice);
  bob.session.begin({ token: 'b', user: { id: 2 } });
  first.session.noteLink('http://here/#/events/1');
  const second = openTab();
  second.session.ask('http://here/#/events/1', 'q');
  assert.deepEqual(second.lent, [alice]);
  const third = openTab();
  third.session.ask('http://here/#/events/1', 'r');
  assert.deepEqual(third.lent, []);
});

test('nobody answers for a link that was not opened, or long ago, or without a session', () => {
  const openTab = browser();
  const [first, second] = [openTab(), openTab()];
  first.session.noteLink('http://here/#/');
  second.session.ask('http://here/#/', 'q');
  first.session.begin(alice);
  first.session.noteLink('http://here/#/', Date.now() - 61_000);
  second.session.ask('http://here/#/', 'r');
  second.session.ask('http://here/#/events/2', 's');
  assert.deepEqual(second.lent, []);
});

test('an answer that was not asked for is ignored', () => {
  const openTab = browser();
  const [first, second] = [openTab(), openTab()];
  second.session.ask('http://here/', 'q');
  first.channel.postMessage({ answer: 'z', session: alice });
  assert.deepEqual(second.lent, []);
  second.session.begin(alice);
  first.channel.postMessage({ answer: 'q', session: alice });
  assert.deepEqual(second.lent, []);
});

test('a log-out ends the session in the tabs with the same token', () => {
  const openTab = browser();
  const [first, second, bob] = [openTab(), openTab(), openTab()];
  [first, second].forEach((tab) => tab.session.begin(alice));
  bob.session.begin({ token: 'b', user: { id: 2 } });
  first.session.end({ everywhere: true });
  assert.deepEqual([first.session.current, second.ended, bob.ended], [null, 1, 0]);
});

test('what is kept and no session counts as none', () => {
  const tab = browser()();
  for (const text of ['{', '1', '{"token":1,"user":{}}', '{"token":"a"}']) {
    tab.kept.set('seatcast.session', text);
    assert.equal(tab.session.current, null, text);
  }
});

test('a link is opened elsewhere by Ctrl, Cmd, Shift, the middle button, the menu or its target', () => {
  const on = (more, link = { href: 'http://here/#/' }) =>
    ({ type: 'click', target: { closest: () => link }, ...more });
  assert.equal(opensElsewhere(on({})), null);
  for (const key of ['ctrlKey', 'metaKey', 'shiftKey']) {
    assert.equal(opensElsewhere(on({ [key]: true })), 'http://here/#/');
  }
  assert.equal(opensElsewhere(on({ type: 'auxclick', button: 1 })), 'http://here/#/');
  assert.equal(opensElsewhere(on({ type: 'auxclick', button: 2 })), null);
  assert.equal(opensElsewhere(on({ type: 'contextmenu' })), 'http://here/#/');
  assert.equal(opensElsewhere(on({}, { href: 'http://here/#/', target: '_blank' })), 'http://here/#/');
  assert.equal(opensElsewhere(on({ ctrlKey: true }, null)), null);
});
