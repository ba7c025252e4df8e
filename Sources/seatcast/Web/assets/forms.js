// What every form of the page and of the console does: one request at a time, its outcome in words beside the button, and a
// button that rests for as long as the server asks to wait.

import { ApiError } from './api.js';
import { isInactive, pause, setInactive, tell } from './dom.js';

/**
 * Does what a form or button asks for, once at a time, and tells the outcome in words. The button is inactive
 * while the answer is awaited and for as long as the server asks to wait; it keeps the focus.
 */
export async function attempt(app, button, outcome, action) {
  if (isInactive(button) || button.ariaBusy === 'true') return;
  setBusy(button, true);
  tell(outcome, '', true);
  let waitSeconds = 0;
  try {
    const words = await action();
    if (words) tell(outcome, words, true);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.isSignedOut && app.me) return app.sessionEnded();
    tell(outcome, error.message, false);
    if (error.status === 429) waitSeconds = error.retryAfterSeconds ?? 1;
  } finally {
    if (waitSeconds === 0) setBusy(button, false);
  }
  if (waitSeconds === 0) return;
  const words = outcome.textContent;
  await pause(waitSeconds * 1000);
  setBusy(button, false);
  if (outcome.textContent === words) tell(outcome, '', true);
}

function setBusy(button, isBusy) {
  button.ariaBusy = String(isBusy);
  setInactive(button, isBusy);
}

/** `action(fields)`: as for `attempt`; the form has a button that submits and an element `.outcome`. */
export function onSubmit(app, form, action) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    attempt(app, form.querySelector('[type="submit"]'), form.querySelector('.outcome'), () => action(fields));
  });
}
