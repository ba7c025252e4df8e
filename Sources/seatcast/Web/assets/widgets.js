// The parts that change in place: the rolling number, the hall of seats, the feed; and words for values.
// Each draws what it is given and knows nothing of sockets or requests.

const wholeNumber = new Intl.NumberFormat();
const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const timeOfDay = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

export const number = (value) => wholeNumber.format(value);
export const seats = (count) => `${number(count)} ${count === 1 ? 'seat' : 'seats'}`;
/** A date that does not break across lines. */
export const moment = (text) => (text ? dayAndTime.format(new Date(text)).replaceAll(' ', '\u00a0') : '');
const clock = (text) => timeOfDay.format(new Date(text));

/** A copy of a `<template>` of the page. */
export function copyOf(templateId) {
  return document.getElementById(templateId).content.cloneNode(true);
}

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** Runs a CSS animation again, also when it is still running. */
function replay(target, className) {
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

/** A count whose changed digits roll: downwards when seats go, upwards when they come back. */
export class RollingNumber {
  #number;
  #change;
  #value = null;

  constructor(numberElement, changeElement) {
    this.#number = numberElement;
    this.#change = changeElement;
  }

  show(value) {
    if (value === this.#value) return;
    const before = this.#value;
    this.#value = value;
    this.#number.dataset.value = value;
    this.#number.dataset.digits = String(value).length;
    this.#number.replaceChildren(...this.#digits(before));
    if (before === null) return;
    this.#change.textContent = value < before ? `−${number(before - value)}` : `+${number(value - before)}`;
    replay(this.#change, 'shows');
  }

  /** One element per character; those that differ from what stood there before (from the right) roll. */
  #digits(before) {
    const now = number(this.#value);
    const past = before === null ? now : number(before).padStart(now.length).slice(-now.length);
    const roll = this.#value < before ? 'rolls-down' : 'rolls-up';
    return Array.from(now, (digit, place) => element('span', digit === past[place] ? '' : roll, digit));
  }
}

/** At most so many dots are drawn; a larger house has several seats to a dot. */
const MOST_DOTS = 160;

/** The house seen from above: one dot per seat (or per several) in arcs, the free ones lit from the left. */
export class Hall {
  #svg;
  #dots = [];
  #capacity = null;
  #lit = null;

  constructor(svg) {
    this.#svg = svg;
  }

  get seatsPerDot() {
    return this.#capacity / this.#dots.length;
  }

  show(available, capacity) {
    const isNew = capacity !== this.#capacity;
    if (isNew) this.#build(capacity);
    const lit = this.#share(available, capacity);
    this.#dots.forEach((dot, index) => {
      const changed = !isNew && index < lit !== index < this.#lit;
      dot.classList.toggle('free', index < lit);
      if (changed) replay(dot, 'changed');
    });
    this.#lit = lit;
  }

  /** How many dots are lit. No dot only when no seat is free, all dots only when every seat is. */
  #share(available, capacity) {
    const dots = this.#dots.length;
    if (available <= 0) return 0;
    if (available >= capacity) return dots;
    return Math.min(dots - 1, Math.max(1, Math.round((available / capacity) * dots)));
  }

  #build(capacity) {
    this.#capacity = capacity;
    const places = arrange(Math.min(capacity, MOST_DOTS));
    this.#dots = places.map(({ x, y, radius }) => {
      const dot = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
      dot.setAttribute('class', 'seat');
      dot.setAttribute('cx', x.toFixed(2));
      dot.setAttribute('cy', y.toFixed(2));
      dot.setAttribute('r', radius.toFixed(2));
      return dot;
    });
    this.#svg.replaceChildren(...this.#dots);
  }
}

/** Places for `count` dots in half rings around (100, 100), from left to right; longer rings get more. */
function arrange(count) {
  const rings = Math.min(7, Math.max(1, Math.round(Math.sqrt(count / 4.2))));
  const gap = Math.min(17, 42 / Math.max(1, rings - 1));
  const outermost = 97 - gap * 0.3;
  const radii = Array.from({ length: rings }, (_, ring) => outermost - (rings - 1 - ring) * gap);
  const wholeLength = radii.reduce((sum, radius) => sum + radius, 0);

  const places = [];
  let lengthSoFar = 0;
  for (const radius of radii) {
    const first = Math.round((count * lengthSoFar) / wholeLength);
    lengthSoFar += radius;
    const inRing = Math.round((count * lengthSoFar) / wholeLength) - first;
    const dotRadius = Math.min(gap * 0.36, ((Math.PI * radius) / Math.max(1, inRing)) * 0.38);
    for (let index = 0; index < inRing; index += 1) {
      const turn = inRing === 1 ? 0.5 : index / (inRing - 1);
      const angle = Math.PI * (1 - turn);
      const [x, y] = [100 + radius * Math.cos(angle), 100 - radius * Math.sin(angle)];
      places.push({ x, y, radius: dotRadius, turn, ring: radius });
    }
  }
  return places.sort((a, b) => a.turn - b.turn || a.ring - b.ring);
}

/** What happened, newest first. A line that was not there at the last drawing slides in. */
export class Feed {
  #list;
  #me;
  #newest = null;

  /** `me` is the user's id, whose own bookings are told as "you". */
  constructor(list, me) {
    this.#list = list;
    this.#me = me;
  }

  show(notices) {
    this.#list.replaceChildren(...notices.map((notice) => this.#line(notice)));
    this.#newest = notices[0]?.seq ?? this.#newest;
  }

  #line(notice) {
    const { kind, mark, words } = this.#story(notice);
    const facts = [this.#who(notice), clock(notice.timestamp), `no. ${number(notice.seq)}`].filter(Boolean);
    const line = element(
      'li',
      kind,
      element('span', 'mark', mark),
      element('span', '', words, element('small', '', facts.join(' · '))),
      element('span', 'left', `${number(notice.availableSeats)} free`),
    );
    line.dataset.test = 'feed-item';
    line.dataset.seq = notice.seq;
    line.dataset.type = notice.type;
    if (this.#newest !== null && notice.seq > this.#newest) line.classList.add('arrives');
    return line;
  }

  #story(notice) {
    const count = notice.quantity ?? 1;
    switch (notice.type) {
      case 'booking_created':
        return { kind: 'gone', mark: `−${number(count)}`, words: `${seats(count)} booked` };
      case 'booking_cancelled':
        return { kind: 'back-in', mark: `+${number(count)}`, words: `${seats(count)} given back` };
      default:
        return { kind: 'house', mark: '±', words: this.#houseStory(notice) };
    }
  }

  #houseStory({ fromSeq, toSeq, seatCapacity }) {
    if (fromSeq !== undefined) return `${number(toSeq - fromSeq + 1)} changes at once`;
    return `The house now has ${seats(seatCapacity)}`;
  }

  #who({ userId }) {
    if (userId === undefined) return '';
    return userId === this.#me ? 'you' : `guest ${userId}`;
  }
}
