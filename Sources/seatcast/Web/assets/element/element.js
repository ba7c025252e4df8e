
// An anonymous viewer watches so many events on a connection.
const MOST_EVENTS = 8;
// A connection that is back by then was never missed.
const GRACE_MS = 1_500;
const LAST_SEATS = 10;
const ANNOUNCE_EVERY_S = 30;

const TEXTS = {
  one: '{count} seat left',
  other: '{count} seats left',
  'last-seats': 'Only {count} left',
  stale: '{count} at {time}',
  'sold-out': 'Sold out',
  'not-yet': 'On sale {date}',
  paused: 'Sales are paused',
  closed: 'Sales have ended',
  cancelled: 'Cancelled',
  gone: 'No longer available',
};
const KINDS = { scheduled: 'not-yet', paused: 'paused', closed: 'closed', cancelled: 'cancelled', deleted: 'gone' };

const STYLE = `
  :host { display: inline-grid; justify-items: start; min-inline-size: var(--seat-count-min-width, auto);
    font-variant-numeric: tabular-nums; }
  :host([hidden]) { display: none; }
  .line, .sizer { grid-area: 1 / 1; white-space: nowrap; }
  .sizer { visibility: hidden; block-size: 0; overflow: hidden; }
  .line { opacity: 1; transition: opacity 0.2s; }
  .line.dim { opacity: var(--seat-count-stale-opacity, 0.7); }
  .count { font-weight: var(--seat-count-weight, 700); color: var(--seat-count-color, inherit); unicode-bidi: isolate; }
  .lamp { display: inline-block; box-sizing: border-box; inline-size: 0.55em; block-size: 0.55em; border-radius: 50%;
    margin-inline-end: 0.45em; border: 0.12em solid var(--lamp); background: var(--lamp); }
  .live .lamp { --lamp: var(--seat-count-live-color, #16894d); }
  .last-seats .lamp { --lamp: var(--seat-count-last-color, #c2570c); }
  .sold-out .lamp, .off .lamp { --lamp: var(--seat-count-off-color, #7a7a7a); }
  .dim .lamp { --lamp: currentColor; background: transparent; }
  .unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%);
    white-space: nowrap; }
  @media (prefers-reduced-motion: reduce) { .line { transition: none; } }
  @media (forced-colors: active) { .lamp { forced-color-adjust: none; } }
`;

const groups = [];

/** One connection for all elements of a page, or for each eight events of it. */
function clientFor(server, id) {
  const sameServer = groups.filter((group) => group.server === server);
  let group = sameServer.find(({ ids }) => ids.has(id)) ?? sameServer.find(({ ids }) => ids.size < MOST_EVENTS);
  if (!group) {
    group = { server, ids: new Map(), client: connect({ url: server }) };
    group.client.addEventListener('status', warn);
    groups.push(group);
  }
  group.ids.set(id, (group.ids.get(id) ?? 0) + 1);
  const leave = () => {
    const rest = group.ids.get(id) - 1;
    if (rest) group.ids.set(id, rest);
    else group.ids.delete(id);
  };
  return { client: group.client, leave };
}

let isWarned = false;

/** A browser does not tell a page why a connection was refused; whoever puts the element on a page wants to know. */
function warn({ detail: { state, reason } }) {
  if (isWarned || (state !== 'denied' && state !== 'offline') || navigator.onLine === false) return;
  isWarned = true;
  const origin = location.origin;
  console.warn(`seat-count: no connection${reason ? ` (${reason})` : ''}. The server must run, ` +
    `with --watch public, and with --origins ${origin} when this page is not its own.`);
}

class SeatCount extends HTMLElement {
  static observedAttributes =
    ['event', 'server', 'lang', 'last', 'compact', ...Object.keys(TEXTS).map((name) => `text-${name}`)];

  #line = make('span', 'line');
  #lamp = make('span', 'lamp');
  #before = make('span', 'label');
  #count = make('span', 'count');
  #after = make('span', 'label');
  #sizers = make('span', 'sizer');
  #spoken = make('span', 'unseen');
  #slot = document.createElement('slot');
  #event = null;
  #leave = () => {};
  #frame = 0;
  #timer = 0;
  #toldKind = null;
  #toldAt = 0;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    // A style element would need 'unsafe-inline' in the page's content policy.
    root.adoptedStyleSheets = [sheet];
    this.#lamp.ariaHidden = this.#sizers.ariaHidden = 'true';
    this.#spoken.setAttribute('role', 'status');
    this.#line.append(this.#lamp, this.#before, this.#count, this.#after);
    this.#line.hidden = true;
    root.append(this.#line, this.#sizers, this.#slot, this.#spoken);
  }

  /** What is known, null before the element is on a page. */
  get snapshot() {
    return this.#event?.getSnapshot() ?? null;
  }

  connectedCallback() {
    this.#follow();
  }

  disconnectedCallback() {
    this.#leave();
    this.#event = null;
  }

  attributeChangedCallback(name, before, now) {
    if (!this.isConnected || before === now) return;
    if (name === 'event' || name === 'server') this.#follow();
    else this.#drawSoon();
  }

  #follow() {
    this.#leave();
    this.#leave = () => {};
    const id = Number(this.getAttribute('event'));
    if (!Number.isSafeInteger(id) || id < 1) {
      return console.error(`seat-count: event="${this.getAttribute('event')}" is not the number of an event.`);
    }
    const { client, leave } = clientFor(this.getAttribute('server') ?? '', id);
    this.#event = client.event(id);
    const unsubscribe = this.#event.subscribe(() => this.#drawSoon());
    this.#leave = () => {
      unsubscribe();
      leave();
      clearTimeout(this.#timer);
    };
    this.#drawSoon();
  }

  #drawSoon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#event) this.#draw(this.#event.getSnapshot());
    });
  }

  #draw(snapshot) {
    const { availableSeats, live, staleSince } = snapshot;
    const isGone = snapshot.status === 'deleted';
    const isKnown = availableSeats !== null || isGone;
    const grace = live === 'live' ? 0 : (staleSince ?? 0) + GRACE_MS - Date.now();
    const isCurrent = live === 'live' || isGone || (grace > 0 && live === 'stale');
    clearTimeout(this.#timer);
    if (live !== 'live' && isCurrent) this.#timer = setTimeout(() => this.#drawSoon(), grace);
    const kind = isKnown ? this.#kind(snapshot) : 'loading';
    this.#mark([isCurrent ? 'live' : isKnown || live === 'offline' ? live : 'connecting', kind]);
    this.#line.hidden = !isKnown;
    this.#slot.hidden = isKnown;
    if (isKnown) {
      this.#write(this.#text(kind, snapshot, isCurrent));
      this.#reserve(snapshot);
      if (isCurrent) this.#speak(kind);
    }
    this.dispatchEvent(new CustomEvent('change', { detail: snapshot }));
  }

  #kind({ status, availableSeats }) {
    if (KINDS[status]) return KINDS[status];
    if (availableSeats <= 0) return 'sold-out';
    return availableSeats <= Number(this.getAttribute('last') ?? LAST_SEATS) ? 'last-seats' : 'on-sale';
  }

  /** The words of the state, on the host and on its parts. */
  #mark(words) {
    const state = words.join(' ');
    if (this.getAttribute('state') === state) return;
    this.setAttribute('state', state);
    const isDim = words[0] === 'stale' || words[0] === 'offline';
    const isOff = !['on-sale', 'last-seats'].includes(words[1]);
    this.#line.className = `line ${state}${isDim ? ' dim' : ''}${isOff ? ' off' : ''}`;
    for (const part of [this.#line, this.#lamp, this.#before, this.#count, this.#after]) {
      part.setAttribute('part', `${part.dataset.name} ${state}`);
    }
  }

  #text(kind, { availableSeats, opensAt, staleSince }, isCurrent) {
    const counts = kind === 'on-sale' || kind === 'last-seats';
    const time = staleSince && this.#format('DateTimeFormat', { timeStyle: 'short' }).format(staleSince);
    const whole = { dateStyle: 'medium', timeStyle: 'short' };
    const date = opensAt && this.#format('DateTimeFormat', whole).format(new Date(opensAt));
    const plural = kind === 'on-sale' ? this.#format('PluralRules').select(availableSeats) : kind;
    const name = counts && !isCurrent && time ? 'stale' : plural;
    const words = this.getAttribute(`text-${name}`) ?? TEXTS[name] ?? this.getAttribute('text-other') ?? TEXTS.other;
    const number = this.#format('NumberFormat').format(availableSeats ?? 0);
    return { words: words.replace('{time}', time).replace('{date}', date ?? ''), number };
  }

  #write({ words, number }) {
    const [before, after] = words.split('{count}');
    put(this.#before, before.trimEnd() + (after !== undefined && /\s$/.test(before) ? ' ' : ''));
    put(this.#count, after === undefined ? '' : number);
    put(this.#after, after ?? '');
  }

  /** As wide as the widest of what may stand here, so that nothing moves when the text changes. */
  #reserve(snapshot) {
    if (this.hasAttribute('compact')) return this.#sizers.replaceChildren();
    const widest = { ...snapshot, availableSeats: snapshot.seatCapacity, staleSince: new Date(2000, 9, 20, 20, 38) };
    const texts = [
      this.#text('on-sale', widest, true), this.#text('on-sale', widest, false),
      this.#text('last-seats', { ...snapshot, availableSeats: Math.min(10, snapshot.seatCapacity) }, true),
      this.#text('sold-out', snapshot, true),
    ];
    const key = texts.map(({ words, number }) => words + number).join('\n');
    if (this.#sizers.dataset.key === key) return;
    this.#sizers.dataset.key = key;
    this.#sizers.replaceChildren(...texts.map(({ words, number }) => {
      const row = make('div', 'row');
      const [before, after = ''] = words.split('{count}');
      const bold = make('span', 'count');
      bold.textContent = words.includes('{count}') ? number : '';
      row.append(make('span', 'lamp'), before, bold, after);
      return row;
    }));
  }

  /** A new state at once, a new count seldom. */
  #speak(kind) {
    const every = 1000 * Number(this.getAttribute('announce-every') ?? ANNOUNCE_EVERY_S);
    const isFirst = this.#toldKind === null;
    const isNews = this.#toldKind !== kind;
    if (isFirst) this.#toldAt = Date.now();
    this.#toldKind = kind;
    if (isFirst || !every || (!isNews && Date.now() - this.#toldAt < every)) return;
    this.#toldAt = Date.now();
    put(this.#spoken, this.#line.textContent);
    // Otherwise whoever reads the page line by line finds the text twice.
    setTimeout(() => put(this.#spoken, ''), 2_000);
  }

  #format(kind, options) {
    const language = this.closest('[lang]')?.lang || document.documentElement.lang || undefined;
    try {
      return new Intl[kind](language, options);
    } catch {
      return new Intl[kind](undefined, options);
    }
  }
}

function make(tag, name) {
  const made = document.createElement(tag);
  made.className = made.dataset.name = name;
  return made;
}

function put(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

if (!customElements.get('seat-count')) customElements.define('seat-count', SeatCount);
