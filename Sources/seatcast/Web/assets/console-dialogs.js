// Questions before a change: a modal dialog that says what will happen, and may ask for a word to be typed. The browser
// keeps the focus inside and gives it back; Escape is "no".

import { copyOf, element, isInactive, say, setInactive } from './dom.js';
import { ApiError } from './api.js';

/** A list of short texts. */
export const listOf = (texts) => element('ul', '', ...texts.map((text) => element('li', 'auto', text)));
export const paragraph = (text) => element('p', '', text);

/**
 * Asks, and does `act()` on "yes"; a refusal is told inside, and the dialog stays.
 * `proof`: {label, answer} that must be typed; `isHarmful`: what is done cannot be undone.
 * The answer: whether it was done.
 */
export function ask({ title, words, yes, no = 'Back', proof = null, isHarmful = false, act }) {
  const dialog = copyOf('dialog').firstElementChild;
  const part = (id) => dialog.querySelector(`#dialog-${id}`);
  say(part('title'), title);
  part('words').append(...words);
  [part('yes').textContent, part('no').textContent] = [yes, no];
  part('yes').classList.toggle('harmful', isHarmful);
  if (proof) {
    part('proof').hidden = false;
    dialog.querySelector('label').textContent = proof.label;
    const judge = () => setInactive(part('yes'), part('answer').value.trim() !== proof.answer.trim());
    part('answer').oninput = judge;
    judge();
  }
  document.body.append(dialog);
  dialog.showModal();
  (proof ? part('answer') : part('no')).focus();
  return new Promise((done) => {
    let isDone = false;
    dialog.onclose = () => {
      dialog.remove();
      done(isDone);
    };
    part('no').onclick = () => dialog.close();
    dialog.querySelector('form').onsubmit = async (event) => {
      event.preventDefault();
      if (isInactive(part('yes'))) return;
      setInactive(part('yes'), true);
      try {
        await act();
        isDone = true;
        dialog.close();
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        say(part('outcome'), error.message);
        setInactive(part('yes'), false);
      }
    };
  });
}
