// The waiting list of an event as one person sees it: joining while it is sold out, the place in line, and leaving.
// Seats that are offered come as a hold (holds.js).

import { passOver } from './api.js';
import { keepFocus, pause, say } from './dom.js';
import { attempt } from './forms.js';
import { number, seats } from './words.js';

/** The server tells the first places by itself; one behind them is asked for after so long, spread over the people. */
const TOLD_PLACES = 20;
const LOOK_AFTER_MS = 15_000;
const LOOK_WITHIN_MS = 30_000;

/** `order()`: what is wanted; `offered(message)`: seats are held for this person. */
export function waitingList(app, { part, outcome, offered, order }) {
  const [join, leave] = [part('join-waitlist'), part('leave-waitlist')];
  let event = {};
  let place = null;
  let mayJoin = false;
  let looking = null;

  const isHere = () => part('waiting').isConnected;

  function draw() {
    const change = () => {
      part('waiting').hidden = place === null && !mayJoin;
      part('place').hidden = leave.hidden = place === null;
      part('join-words').hidden = join.hidden = place !== null;
      const { position, quantity } = place ?? {};
      say(part('place'), place === null ? '' : `You are number ${number(position)} in line, for ${seats(quantity)}.`);
    };
    keepFocus(change, () => (place === null ? part('book-title') : leave));
  }

  function stand(found) {
    place = found;
    draw();
    if (place === null || place.position <= TOLD_PLACES) return;
    looking ??= pause(LOOK_AFTER_MS + Math.random() * LOOK_WITHIN_MS).then(() => {
      looking = null;
      if (isHere() && place !== null) look();
    });
  }

  const look = () => app.api.place(event.id).then(stand).catch(passOver);

  join.onclick = () =>
    attempt(app, join, outcome, async () => {
      stand(await app.api.joinWaitlist(event.id, order()));
      return 'You are in line. Seats that become free are offered to you here, for a while.';
    });
  leave.onclick = () =>
    attempt(app, leave, outcome, async () => {
      await app.api.leaveWaitlist(event.id);
      stand(null);
      return 'You have left the waiting list.';
    });

  /** Only where seats are scarce can anybody be in line. */
  function begin() {
    const scarce = (event.types?.length ? event.types.map((type) => type.available) : [event.availableSeats]);
    if (Math.min(...scarce) < (event.maxPerBooking || 10)) look();
  }

  function told(message) {
    if (message.eventId !== event.id) return;
    if (message.type === 'waitlist_position') return stand(message);
    stand(null);
    offered(message);
  }

  function describe(facts, canJoin) {
    [event, mayJoin] = [facts, canJoin];
    draw();
  }

  return {
    begin,
    look,
    told,
    describe,
    get isWaiting() {
      return place !== null;
    },
  };
}
