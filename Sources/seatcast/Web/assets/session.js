// Who is logged in, in this tab. The token lives in sessionStorage: each tab has its own log-in (two users can
// be compared side by side) and it ends with the tab; it is never in a cookie, an address or localStorage.
//
// A tab opened from a link of this page is logged in too: the new tab asks over a BroadcastChannel, which only
// pages of this origin hear, and the tab whose link was opened in the last minute answers, once per link.

const KEY = 'seatcast.session';
const CHANNEL = 'seatcast.session';
const LINK_LASTS_MS = 60_000;

/** The address of the link that this event opens, or may open, in another tab; null for any other event. */
export function opensElsewhere(event) {
  const link = event.target?.closest?.('a[href]');
  if (!link) return null;
  const isAsked = event.type === 'contextmenu' || (event.type === 'auxclick' && event.button === 1);
  const isModified = event.ctrlKey || event.metaKey || event.shiftKey || link.target === '_blank';
  return isAsked || (event.type === 'click' && isModified) ? link.href : null;
}

export class Session {
  #storage;
  #channel;
  #opened = [];
  #question = null;
  #handlers;

  /** `handlers`: onLent(session), onEnded() when the same token was logged out in another tab. */
  constructor(handlers, storage = sessionStorage, channel = new BroadcastChannel(CHANNEL)) {
    this.#handlers = handlers;
    this.#storage = storage;
    this.#channel = channel;
    channel.onmessage = ({ data }) => this.#receive(data);
  }

  /** `{ token, user }`, or null. */
  get current() {
    try {
      const kept = JSON.parse(this.#storage.getItem(KEY) ?? 'null');
      return typeof kept?.token === 'string' && kept.user ? kept : null;
    } catch {
      return null;
    }
  }

  begin({ token, user }) {
    this.#question = null;
    this.#storage.setItem(KEY, JSON.stringify({ token, user }));
  }

  /** `everywhere`: also in the tabs that have the same token, because a person asked for it. */
  end({ everywhere = false } = {}) {
    const token = this.current?.token;
    this.#storage.removeItem(KEY);
    if (everywhere && token) this.#channel.postMessage({ ended: token });
  }

  /** Asks the tab that opened `address` for its session; nothing happens when there is none. */
  ask(address, question = crypto.getRandomValues(new Uint32Array(4)).join('-')) {
    this.#question = question;
    this.#channel.postMessage({ question, address });
  }

  /** Notes a link that is opened in another tab, so that its question is answered. */
  noteLink(address, now = Date.now()) {
    this.#opened = this.#opened.filter(({ until }) => until > now);
    if (this.current) this.#opened.push({ address, until: now + LINK_LASTS_MS });
  }

  #receive(data) {
    if (data.address !== undefined) return this.#lend(data);
    if (data.ended !== undefined) return data.ended === this.current?.token && this.#handlers.onEnded();
    if (this.#question === null || data.answer !== this.#question || this.current) return;
    this.#question = null;
    this.#handlers.onLent(data.session);
  }

  #lend({ question, address }, now = Date.now()) {
    const session = this.current;
    const place = this.#opened.findIndex((link) => link.address === address && link.until > now);
    if (!session || place < 0) return;
    this.#opened.splice(place, 1);
    this.#channel.postMessage({ answer: question, session });
  }
}
