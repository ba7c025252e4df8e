// What the console computes from the server's numbers: rates and percentiles between two answers of
// GET /api/server/stats, the last five minutes of them, chart lines, and when a sale may be sold out. Pure: the caller
// brings the time, in milliseconds.

import { number } from './words.js';

export const KEPT_MS = 300_000;
/** Percentiles are those of so much time: a second alone has too few commits. */
const PERCENTILES_OF_MS = 10_000;

/** What a histogram counted between two answers; of all time when there is no earlier one. */
export function between(later, earlier) {
  const since = (name) => later[name] - (earlier?.[name] ?? 0);
  const counts = later.counts.map((count, place) => count - (earlier?.counts[place] ?? 0));
  return { bounds: later.bounds, counts, sum: since('sum'), count: since('count') };
}

/**
 * The value that a share of a histogram's entries does not exceed, evenly spread within its bucket; null: no entries;
 * Infinity: beyond the last bound.
 */
export function percentile({ bounds, counts }, share) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= 0) return null;
  let left = share * total;
  for (const [place, count] of counts.entries()) {
    if (count > 0 && left <= count) {
      if (place >= bounds.length) return Infinity;
      const from = place > 0 ? bounds[place - 1] : 0;
      return from + (bounds[place] - from) * (left / count);
    }
    left -= count;
  }
  return Infinity;
}

export const mean = ({ sum, count }) => (count > 0 ? sum / count : null);

const sumOf = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** The answers of the last five minutes, each with what happened since the one before. */
export class History {
  #samples = [];
  points = [];

  /** The newest answer; null: none. */
  get stats() {
    return this.#samples.at(-1)?.stats ?? null;
  }

  /** The oldest answer that is kept. */
  get oldest() {
    return this.#samples[0]?.stats ?? null;
  }

  add(stats, at) {
    // Totals begin anew with the server.
    if (this.stats && this.stats.startedAt !== stats.startedAt) this.clear();
    const before = this.#samples.at(-1);
    if (before && at <= before.at) return;
    this.#samples.push({ stats, at });
    const isOld = (kept) => kept.at < at - KEPT_MS;
    while (isOld(this.#samples[0])) this.#samples.shift();
    while (this.points.length > 0 && isOld(this.points[0])) this.points.shift();
    if (before) this.points.push(this.#point(stats, at, before));
  }

  clear() {
    this.#samples = [];
    this.points = [];
  }

  #point(stats, at, before) {
    const seconds = (at - before.at) / 1000;
    const rate = (name) => (stats.totals[name] - before.stats.totals[name]) / seconds;
    const base = (this.#samples.findLast((kept) => kept.at <= at - PERCENTILES_OF_MS) ?? this.#samples[0]).stats;
    const spread = (name) => between(stats.histograms[name], base.histograms[name]);
    const [wire, last, sync] = ['commitToWire', 'commitToLastSubscriber', 'sync'].map(spread);
    return {
      at,
      bookings: rate('bookings'), deliveries: rate('deliveries'), conflations: rate('conflations'),
      requests: rate('requests'), refusals: rate('refusals'),
      limited: (sumOf(stats.rateLimited) - sumOf(before.stats.rateLimited)) / seconds,
      wireHalf: percentile(wire, 0.5), wireMost: percentile(wire, 0.99),
      lastHalf: percentile(last, 0.5), lastMost: percentile(last, 0.99),
      syncHalf: percentile(sync, 0.5), syncMost: percentile(sync, 0.99),
      batch: mean(spread('batchSize')),
      open: stats.connections.open, lagging: stats.connections.lagging, subscriptions: stats.subscriptions,
      waiting: stats.queues.requests + stats.queues.commands, memory: stats.memory.residentBytes,
    };
  }
}

/** How much time a chart shows: what is kept, so that a console which was just opened has a curve, too; a minute at least. */
export function chartSpan(points, now) {
  return Math.min(KEPT_MS, Math.max(60_000, points.length > 0 ? now - points[0].at : 0));
}

/** The `d` of a chart's line: `width` is the `span` of time that ends `now`, `height` is `most`. Gaps stay gaps. */
export function linePath(points, name, { now, span, most, width, height }) {
  let isDown = false;
  let path = '';
  let drawnAt = 0;
  for (const point of points) {
    const value = point[name];
    const fits = value !== null && Number.isFinite(value);
    // After a minute of no answers a straight line would tell what nobody knows.
    if (isDown && point.at - drawnAt > 60_000) isDown = false;
    if (fits) {
      const x = width * (1 - (now - point.at) / span);
      const y = height * (1 - Math.min(1, value / most));
      path += `${isDown ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
      drawnAt = point.at;
    }
    isDown = fits;
  }
  return path;
}

/** The least round number (1, 2 or 5 and zeros) that is not below `value`. */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999_999);
}

const SPAN_LEAST_MS = 30_000;
const SLICES = 12;
const TAKEN_LEAST = 5;
const TOLD_AT_MOST_S = 4 * 3600;

/**
 * In how many seconds the seats are gone at the pace of the last minutes, or null when that cannot be known: too short,
 * too few, too uneven. `samples`: {at, taken}, in order. The pace is the median of the slopes of all pairs of twelve
 * points, so that one burst, or one returned group, does not make it.
 */
export function soldOutIn(samples, available, now) {
  const kept = samples.filter(({ at }) => at > now - KEPT_MS);
  if (kept.length < 2 || available <= 0) return null;
  const span = now - kept[0].at;
  const takenNow = kept.at(-1).taken;
  if (span < SPAN_LEAST_MS || takenNow - kept[0].taken < TAKEN_LEAST) return null;
  const points = Array.from({ length: SLICES + 1 }, (_, slice) => {
    const at = kept[0].at + (span * slice) / SLICES;
    return { at, taken: kept.findLast((sample) => sample.at <= at + 1).taken };
  });
  const slopes = points.flatMap((one, place) =>
    points.slice(place + 1).map((other) => (other.taken - one.taken) / (other.at - one.at)));
  const pace = slopes.sort((a, b) => a - b)[Math.floor(slopes.length / 2)] * 1000;
  const middle = points[SLICES / 2];
  const latePace = ((takenNow - middle.taken) / (now - middle.at)) * 1000;
  // A sale that has nearly stopped, or has just begun to race, has no pace yet.
  if (pace <= 0 || latePace < pace / 3 || latePace > pace * 3) return null;
  const seconds = available / pace;
  return seconds <= TOLD_AT_MOST_S ? seconds : null;
}

const PACE_OF_MS = 60_000;

/** Seats taken in the last minute; null while there is less than a quarter of one to judge by. */
export function perMinute(samples, now) {
  const kept = samples.filter(({ at }) => at >= now - PACE_OF_MS);
  const span = kept.length > 1 ? kept.at(-1).at - kept[0].at : 0;
  if (span < PACE_OF_MS / 4) return null;
  return ((kept.at(-1).taken - kept[0].taken) / span) * PACE_OF_MS;
}

/** "sold out in about 4 min"; empty for null. */
export function soldOutWords(seconds) {
  if (seconds === null) return '';
  if (seconds < 60) return 'sold out in less than a minute';
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `sold out in about ${minutes} min` : `sold out in about ${Math.round(minutes / 60)} h`;
}

// Words.

/** A rate with as many digits as help. */
export const rateWords = (rate) => number(rate >= 10 ? Math.round(rate) : Math.round(rate * 10) / 10);

/** "0.4 ms", "12 ms", "1.5 s"; "–" when there is none, "over 10 s" beyond the last bucket. */
export function timeWords(seconds) {
  if (seconds === null) return '–';
  if (seconds === Infinity) return 'over 10 s';
  const digits = (value) => number(Number(value.toPrecision(value >= 100 ? 3 : 2)));
  return seconds < 1 ? `${digits(seconds * 1000)} ms` : `${digits(seconds)} s`;
}

export function bytesWords(bytes) {
  const mebibytes = bytes / 1_048_576;
  return mebibytes < 1024 ? `${number(Math.round(mebibytes))} MiB` : `${number(Math.round(mebibytes / 102.4) / 10)} GiB`;
}

/** Rows of the table of nodes: whether something is wrong with each, and the texts of its cells. */
export function nodeRows({ node: own, nodes, time }) {
  return nodes.map((node) => {
    const silent = Math.max(0, Math.round((Date.parse(time) - Date.parse(node.seenAt)) / 1000));
    const state = node.state === 'dead' ? `not seen for ${uptimeWords(silent)}` : node.leads ? 'leads' : 'works';
    const isOther = node.name !== own && node.signingKey !== nodes.find(({ name }) => name === own)?.signingKey;
    return {
      isAlarming: node.state === 'dead' || isOther,
      cells: [
        node.name === own ? `${node.name} (this one)` : node.name,
        isOther && node.state !== 'dead' ? `${state}, with another secret` : state,
        node.version, number(node.connections), number(node.subscriptions), number(node.bookingsPerSecond),
        timeWords(node.lagMilliseconds / 1000), node.bus ?? '–', offsetWords(node.clockOffsetMilliseconds),
      ],
    };
  });
}

/** What stands in the way of the nodes; "" when nothing does. */
export function nodesProblem({ store, bus, leader, listAgeMilliseconds }) {
  if (!store.available) return 'The database does not take changes.';
  if (listAgeMilliseconds > 5_000) return 'This node cannot reach the table of nodes; the list is old.';
  if (leader === null) return 'No node leads: holds and statuses do not end by the clock.';
  return bus === 'disconnected' ? 'The bus is down. Bookings of other nodes come by the database, a little later.' : '';
}

const offsetWords = (milliseconds) => (milliseconds > 0 ? `+${number(milliseconds)} ms` : `${number(milliseconds)} ms`);

/** "3 d 4 h", "4 h 12 min", "12 min", "40 s". */
export function uptimeWords(seconds) {
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(Math.floor);
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${Math.floor(seconds)} s`;
}
