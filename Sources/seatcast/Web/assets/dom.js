// What every part of the page does with the document: templates, words with numbers in them, lists that are
// patched in place, buttons that are inactive without losing the focus, and announcements for screen readers.

export const byId = (id) => document.getElementById(id);
export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Screen readers hear a count at most so often. */
const ANNOUNCE_COUNT_EVERY_MS = 5_000;

/** A copy of a `<template>` of the page. */
export function copyOf(templateId) {
  return byId(templateId).content.cloneNode(true);
}

export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** A panel made of a template: its section, and its parts by their id before it is in the document. */
export function panelOf(templateId) {
  const section = copyOf(templateId).firstElementChild;
  return { section, part: (id) => section.querySelector(`#${id}`) };
}

/** A booking's code, or a number that stands by itself; digits inside a word are part of that. */
const NUMBERS =
  /(BK-[A-Z0-9]+|(?<![\p{L}\p{Nd}-])[+−±]?\p{Nd}(?:[\p{Nd}.,:'’\u00a0\u202f]*\p{Nd})?(?!\p{L}))/u;

/**
 * Puts words into an element, each number or code as one isolated left-to-right run, so that it reads the same
 * in a right-to-left page. What is there already is left alone.
 */
export function say(place, words) {
  if (place.textContent === words) return;
  const pieces = words.split(NUMBERS);
  place.replaceChildren(...pieces.map((piece, index) => (index % 2 ? element('bdi', 'num', piece) : piece)));
}

/** The result of what somebody did; `isGood` chooses the colour. */
export function tell(place, words, isGood) {
  place.classList.toggle('good', isGood);
  place.classList.toggle('bad', !isGood);
  say(place, words);
}

/** Runs a CSS animation again, also when it is still running. */
export function replay(target, className) {
  target.classList.remove(className);
  void target.getBoundingClientRect();
  target.classList.add(className);
}

/** Draws at once, but no more often than the eye can follow; the last state is always drawn. */
export function paced(draw, pauseMs = 60) {
  let timer = null;
  let isLate = false;
  return function next() {
    if (timer !== null) {
      isLate = true;
      return;
    }
    draw();
    timer = setTimeout(() => {
      timer = null;
      if (!isLate) return;
      isLate = false;
      next();
    }, pauseMs);
  };
}

/** Acts when nothing more has been typed for a moment. */
export function settled(action, pauseMs = 250) {
  let timer = null;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, pauseMs);
  };
}

/**
 * Makes the rows of `list` those of `items`, in their order. A row that stays is kept, and not moved unless
 * the order changed; when the row with the focus goes, its neighbour gets the focus, or else `fallback`.
 */
export function patchList(list, items, { key, make, update = () => {}, fallback = null }) {
  const left = new Map(Array.from(list.children, (row) => [row.dataset.key, row]));
  const rows = items.map((item) => {
    const id = String(key(item));
    const row = left.get(id) ?? make(item);
    left.delete(id);
    row.dataset.key = id;
    update(row, item);
    return row;
  });
  const gone = [...left.values()];
  const lost = gone.find((row) => row.contains(document.activeElement));
  const heir = lost && nearest(lost, (row) => !gone.includes(row));
  gone.forEach((row) => row.remove());
  rows.forEach((row, place) => {
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
  if (lost) focusOn(heir?.querySelector('a, button') ?? fallback);
}

function nearest(row, isFit) {
  for (const step of ['nextElementSibling', 'previousElementSibling']) {
    for (let other = row[step]; other; other = other[step]) if (isFit(other)) return other;
  }
  return null;
}

export function focusOn(target, options = {}) {
  target?.focus({ focusVisible: false, ...options });
}

/** Changes the document; when the element with the focus is gone or hidden after it, `fallback()` gets it. */
export function keepFocus(change, fallback) {
  const before = document.activeElement;
  const hadFocus = before !== null && before !== document.body;
  change();
  if (hadFocus && (!before.isConnected || before.closest('[hidden]'))) focusOn(fallback());
}

/**
 * Makes a button inactive. `disabled` would take the focus away, so a button that has it is only marked, and
 * disabled when it is left; whoever acts on a click asks `isInactive` first.
 */
export function setInactive(button, inactive) {
  button.setAttribute('aria-disabled', String(inactive));
  button.disabled = inactive && document.activeElement !== button;
  button.onblur = inactive ? () => setInactive(button, isInactive(button)) : null;
}

export const isInactive = (button) => button.getAttribute('aria-disabled') === 'true';

/** Tells screen readers something once, after what they are saying. */
export function announce(words) {
  const place = byId('announcement');
  if (place.textContent !== words) place.textContent = words;
}

const newest = { words: '', timer: null };

/** Tells screen readers the newest count: not each of a hundred in a second, and none twice. */
export function announceCount(words) {
  newest.words = words;
  newest.timer ??= setTimeout(() => {
    newest.timer = null;
    const place = byId('count-announcement');
    if (place.textContent !== newest.words) place.textContent = newest.words;
  }, ANNOUNCE_COUNT_EVERY_MS);
}
