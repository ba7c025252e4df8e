// Asks again and again, with a rest in between: never twice at once, and however often somebody wants it soon, not sooner
// than the answer before is there and the least rest is over. Pure but for its timers, which the caller may bring.

/** Between an answer and the next question there is always so much time. */
const LEAST_REST_MS = 250;

export class Rhythm {
  #ask;
  #timers;
  #timer = null;
  #isAsking = false;
  #isWanted = false;
  #endedAt = -Infinity;

  /** `ask()` gives the milliseconds until it is to be called again, null for never; it throws nothing but faults. */
  constructor(ask, { setTimeout, clearTimeout, now = Date.now } = globalThis) {
    this.#ask = ask;
    this.#timers = { setTimeout, clearTimeout, now };
  }

  /** Asks as soon as may be. */
  soon() {
    if (this.#isAsking) this.#isWanted = true;
    else this.#after(0);
  }

  #after(milliseconds) {
    const { setTimeout, clearTimeout, now } = this.#timers;
    const rest = Math.max(milliseconds, this.#endedAt + LEAST_REST_MS - now());
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#turn(), Math.max(0, rest));
  }

  async #turn() {
    this.#isAsking = true;
    let pause = null;
    try {
      pause = await this.#ask();
    } finally {
      this.#isAsking = false;
      this.#endedAt = this.#timers.now();
      const isWanted = this.#isWanted;
      this.#isWanted = false;
      if (isWanted || pause !== null) this.#after(isWanted ? 0 : pause);
    }
  }
}
