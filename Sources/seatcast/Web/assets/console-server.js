// The console's first view: the numbers of the server, now and in the last five minutes. Every chart has its words: the
// number above it, and a label for screen readers. Nothing is announced by itself; numbers that change each second would
// speak without end.

import { byId, copyOf, element, say } from './dom.js';
import {
  bytesWords, chartSpan, linePath, nodeRows, nodesProblem, rateWords, roundUp, timeWords, uptimeWords,
} from './console-numbers.js';
import { count, number } from './words.js';

const WIDTH = 300;
const HEIGHT = 64;
const SVG = 'http://www.w3.org/2000/svg';

const plain = (value) => number(value);
const perSecond = (value) => `${rateWords(value)}/s`;

/** A tile: its title, the lines of its chart with what each is called, their words, and a line of detail. */
const tiles = [
  {
    title: 'Bookings', lines: { bookings: 'bookings' }, words: perSecond,
    detail: ({ totals }) => `${number(totals.bookings)} since the start, ${number(totals.cancellations)} cancelled`,
  },
  {
    title: 'Deliveries', lines: { deliveries: 'deliveries' }, words: perSecond,
    detail: ({ totals }) => `${number(totals.deliveries)} since the start`,
  },
  {
    title: 'Commit to wire', lines: { wireMost: '99th percentile', wireHalf: 'median' }, words: timeWords,
    detail: () => 'until the first byte leaves',
  },
  {
    title: 'Commit to last subscriber', lines: { lastMost: '99th percentile', lastHalf: 'median' },
    words: timeWords, detail: () => 'until everybody was sent it',
  },
  {
    title: 'Connections', lines: { open: 'connections' }, words: plain,
    detail: ({ connections: { webSockets, eventStreams, anonymous } }) =>
      `${number(webSockets)} WebSockets, ${number(eventStreams)} streams, ${number(anonymous)} anonymous`,
  },
  {
    title: 'Subscriptions', lines: { subscriptions: 'subscriptions' }, words: plain,
    detail: ({ connections, totals }) =>
      `${number(connections.lagging)} lagging, ${number(totals.conflations)} messages conflated since the start`,
    isAlarming: ({ connections }) => connections.lagging > 0,
  },
  {
    title: 'Ledger sync', lines: { syncMost: '99th percentile', syncHalf: 'median' }, words: timeWords,
    detail: (stats, point) =>
      `batches of ${point?.batch ? rateWords(point.batch) : '–'}, ${count(stats.queues.commands, 'command', 'commands')} waiting`,
  },
  {
    title: 'Requests', lines: { requests: 'requests' }, words: perSecond,
    detail: ({ queues, totals }) =>
      `${number(queues.requests)} waiting, ${number(totals.overloaded)} turned away by overload`,
    isAlarming: ({ queues }) => queues.requests > 1_000,
  },
  {
    title: 'Memory', lines: { memory: 'memory' }, words: bytesWords,
    detail: ({ memory }) => `${bytesWords(memory.anonymousBytes)} of it the program's own`,
  },
];

function drawing(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

class Tile {
  constructor(about) {
    this.about = about;
    this.value = element('p', 'tile-value num', '–');
    this.value.dataset.test = `tile-${Object.keys(about.lines)[0]}`;
    this.second = element('span', 'tile-second');
    this.detail = element('p', 'tile-detail', '\u00a0');
    this.most = element('span', 'tile-most num');
    this.chart = drawing('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' });
    this.lines = Object.keys(about.lines).map((name, place) => {
      const [area, line] = ['area', 'line'].map((kind) => drawing('path', { class: `${kind} ${kind}-${place}` }));
      this.chart.append(...(place === 0 ? [area] : []), line);
      return { name, area, line };
    });
    const chart = element('div', 'tile-chart', this.chart, this.most);
    this.section = element('section', 'panel tile', element('h2', '', about.title), this.value, this.detail, chart);
  }

  show(history, now) {
    const { about } = this;
    const point = history.points.at(-1);
    const names = Object.keys(about.lines);
    const told = names.map((name) => (point ? about.words(point[name]) : '–'));
    say(this.value, told[0]);
    if (names.length > 1) {
      this.second.textContent = ` ${about.lines[names[0]]}, ${told[1]} ${about.lines[names[1]]}`;
      this.value.append(this.second);
    }
    say(this.detail, about.detail(history.stats, point));
    this.section.classList.toggle('alarming', about.isAlarming?.(history.stats) ?? false);
    this.#draw(history, now, told);
  }

  #draw({ points }, now, told) {
    const { about } = this;
    const values = points.flatMap((point) => this.lines.map(({ name }) => point[name])).filter(Number.isFinite);
    const highest = values.reduce((most, value) => Math.max(most, value), 0);
    const most = about.words === timeWords ? roundUp(highest * 1000) / 1000 : roundUp(highest);
    const span = chartSpan(points, now);
    for (const { name, area, line } of this.lines) {
      const path = linePath(points, name, { now, span, most, width: WIDTH, height: HEIGHT - 2 });
      line.setAttribute('d', path);
      area.setAttribute('d', areaOf(path));
    }
    this.most.textContent = highest > 0 ? about.words(most) : '';
    const called = Object.values(about.lines).map((line, place) => `${line} ${told[place]}`).join(', ');
    const time = span > 60_000 ? `${Math.ceil(span / 60_000)} minutes` : 'minute';
    const label = `${about.title}, last ${time}: now ${called}; highest ${about.words(highest)}.`;
    this.chart.setAttribute('aria-label', label);
  }
}

/** The same line, closed along the ground; of each piece on its own. */
function areaOf(path) {
  return path.split('M').filter(Boolean).map((piece) => {
    const [first, last] = [piece.split('L')[0], piece.split('L').at(-1)].map((pair) => pair.split(' ')[0]);
    return `M${first} ${HEIGHT}L${piece}L${last} ${HEIGHT}Z`;
  }).join('');
}

/** Rows of a table: each a list of cells, texts or elements; the first is the row's heading. */
export function fillRows(body, rows) {
  body.replaceChildren(...rows.map((cells) => element('tr', '', ...cells.map((cell, place) => {
    const made = element(place === 0 ? 'th' : 'td', '', cell);
    if (place === 0) made.scope = 'row';
    return made;
  }))));
}

function refusalRows(stats, oldest) {
  const kinds = [...Object.entries(stats.refusals).map((entry) => [...entry, 'refusals']),
    ...Object.entries(stats.rateLimited).map((entry) => [...entry, 'rateLimited'])];
  return kinds.filter(([, total]) => total > 0).sort(([, one], [, other]) => other - one)
    .map(([name, total, kind]) => [
      kind === 'rateLimited' ? `rate limit: ${name}` : name, number(total - (oldest[kind][name] ?? 0)), number(total),
    ]);
}

export function serverView(app) {
  byId('page').replaceChildren(copyOf('server-view'));
  const shown = tiles.map((about) => new Tile(about));
  byId('tiles').replaceChildren(...shown.map((tile) => tile.section));

  /** Null: a server by itself, or a listener that does not tell. */
  let cluster = null;

  function showNodes() {
    byId('nodes-panel').hidden = cluster === null;
    if (cluster === null) return;
    const [rows, problem] = [nodeRows(cluster), nodesProblem(cluster)];
    fillRows(byId('nodes'), rows.map(({ cells }) => cells));
    rows.forEach(({ isAlarming }, place) => byId('nodes').rows[place].classList.toggle('alarming', isAlarming));
    byId('nodes-problem').hidden = problem === '';
    say(byId('nodes-problem'), problem);
  }

  async function poll() {
    try {
      const told = await app.api.send('GET', '/api/cluster');
      cluster = told.store.kind === 'postgresql' ? told : null;
    } catch (error) {
      if (error.status !== 404) throw error;
      cluster = null;
    }
    if (app.view === view) showNodes();
  }

  function show() {
    const { history } = app;
    const { stats } = history;
    byId('stats-problem').hidden = app.statsProblem === '';
    say(byId('stats-problem'), app.statsProblem);
    if (!stats) return;
    const now = Date.now();
    say(byId('about-server'), `seatcast ${stats.version}, running for ${uptimeWords(stats.uptimeSeconds)}`);
    shown.forEach((tile) => tile.show(history, now));
    fillRows(byId('refusals'), refusalRows(stats, history.oldest));
    fillRows(byId('busiest'), stats.events.slice(0, 20).map(({ eventId, subscribers, lagging }) => {
      const link = element('a', 'auto', app.nameOf(eventId));
      link.href = `#/events/${eventId}`;
      return [link, number(subscribers), number(lagging)];
    }));
  }

  show();
  const view = { title: 'Server', show, poll, everyMs: 1_000 };
  return view;
}
