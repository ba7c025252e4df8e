// The parts of the page that change in place: the rolling number, the map of seats, the feed.
// Each draws what it is given and knows nothing of sockets or requests.

import { element, patchList, replay, say } from './dom.js';
import { changeWords } from './sale.js';
import { clockTime, count, number, seats } from './words.js';

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
    this.#number.style.setProperty('--size', sizeInArc(number(value)));
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

/** Widths in em, in the widest of the usual bold fonts: a digit, and the sign between groups of digits. */
const DIGIT_EM = 0.68;
const SEPARATOR_EM = 0.36;
/** The free half circle inside the arcs of seats, and the largest text, as shares of the map's width. */
const INNER_RADIUS = 0.215;
const LARGEST = 0.2;

/** The font size, as a share of the map's width, at which the text stays inside the innermost arc. */
function sizeInArc(text) {
  const digits = text.match(/\p{Nd}/gu)?.length ?? 0;
  const width = digits * DIGIT_EM + (text.length - digits) * SEPARATOR_EM;
  // The upper corners of the text (0.74 em high) lie on the circle: (w f / 2)^2 + (0.74 f)^2 = r^2.
  const size = INNER_RADIUS / Math.sqrt((width / 2) ** 2 + 0.74 ** 2);
  return Math.min(LARGEST, size).toFixed(4);
}

/** At most so many dots are drawn; with more seats than that, a dot stands for several. */
const MOST_DOTS = 160;

/** The seats seen from above: one dot per seat (or per several) in arcs, the free ones lit from the left. */
export class SeatMap {
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

/** The last changes of an event, newest first. A line that was not there at the last drawing slides in. */
export class Feed {
  #list;
  #newest = null;

  constructor(list) {
    this.#list = list;
  }

  /** `me` is the user's id, whose own bookings are told as "you"; undefined when nobody is logged in. */
  show(notices, me) {
    patchList(this.#list, notices, {
      key: ({ seq }) => seq,
      make: (notice) => this.#line(notice, me),
    });
    this.#newest = notices[0]?.seq ?? this.#newest;
  }

  #line(notice, me) {
    const { kind, mark, words } = story(notice);
    const what = element('span', 'what');
    const [title, facts] = [element('span', 'auto'), element('small', 'auto')];
    say(title, words);
    const parts = [who(notice, me), clockTime(notice.timestamp), `no.\u00a0${number(notice.seq)}`];
    say(facts, parts.filter(Boolean).join(' · '));
    what.append(title, facts);
    const left = element('span', 'left auto');
    const sells = ['on_sale', 'scheduled'].includes(notice.status ?? 'on_sale');
    say(left, sells ? `${number(notice.availableSeats)} free` : '');
    const line = element('li', kind, element('span', 'mark num', mark), what, left);
    line.dataset.test = 'feed-item';
    line.dataset.seq = notice.seq;
    line.dataset.type = notice.type;
    if (this.#newest !== null && notice.seq > this.#newest) line.classList.add('arrives');
    return line;
  }
}

function story(notice) {
  const quantity = notice.quantity ?? 1;
  switch (notice.type) {
    case 'booking_created':
      return { kind: 'taken', mark: `−${number(quantity)}`, words: `${seats(quantity)} booked` };
    case 'booking_cancelled':
      return { kind: 'returned', mark: `+${number(quantity)}`, words: `${seats(quantity)} returned` };
    case 'event_updated':
      return { kind: 'changed', mark: '✎', words: changeWords(notice.before, notice) };
    default:
      return { kind: 'changed', mark: '±', words: capacityWords(notice) };
  }
}

function capacityWords({ fromSeq, toSeq, seatCapacity }) {
  if (fromSeq !== undefined) return `${count(toSeq - fromSeq + 1, 'change', 'changes')} at once`;
  return `Capacity is now ${number(seatCapacity)}`;
}

function who({ userId }, me) {
  if (userId === undefined) return '';
  return String(userId) === String(me) ? 'you' : `user ${userId}`;
}
