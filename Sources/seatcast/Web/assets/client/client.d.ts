// seatcast's JavaScript client. How it is used: docs/guides/LIVE_COUNT.md.

/** What is known of one event. Never changed: each change makes a new object, so `===` tells whether there was one. */
export interface Snapshot {
  readonly eventId: number;
  /** The exact number of free seats after the change `seq`; null until it was told. */
  readonly availableSeats: number | null;
  readonly seatCapacity: number | null;
  /** Where the event has ticket types: their numbers, what is free of each, and what `learn` told of them. */
  readonly ticketTypes: readonly TicketType[] | null;
  readonly status: 'scheduled' | 'on_sale' | 'paused' | 'closed' | 'cancelled' | 'deleted' | null;
  readonly name?: string;
  readonly startsAt?: string | null;
  readonly opensAt?: string | null;
  readonly closesAt?: string | null;
  readonly maxPerBooking?: number;
  /** The number of the change that the counts belong to; -1 until they were told. It never goes back in an epoch. */
  readonly seq: number;
  /** Names the database. */
  readonly epoch: string | null;
  /** `live`: every change arrives at once. `stale`: the connection is being made. `offline`: it has failed for long. */
  readonly live: 'live' | 'stale' | 'offline';
  /** While not live: when the counts were last known to be current, by this computer's clock (ms); null: never. */
  readonly staleSince: number | null;
}

export interface TicketType {
  readonly id: number;
  readonly available: number;
  readonly name?: string;
}

/** A message of the server about an event (docs/WIRE_PROTOCOL.md), or what the client says about missed ones. */
export type Notice =
  | {
      type: 'booking_created' | 'booking_cancelled' | 'seat_update' | 'event_updated';
      eventId: number;
      seq: number;
      availableSeats: number;
      seatCapacity: number;
      timestamp: string;
      /** It stands for all changes from `fromSeq` to `toSeq`. */
      fromSeq?: number;
      toSeq?: number;
      quantity?: number;
      bookingId?: string;
      userId?: number | string;
      typeId?: number;
      types?: TicketType[];
      [more: string]: unknown;
    }
  /** These changes happened and are not told one by one: the client was away for long, or you read too slowly. */
  | { type: 'skipped'; eventId: number; fromSeq: number; toSeq: number }
  /** The server has another database; `seq` begins anew. */
  | { type: 'restarted'; eventId: number; epoch: string };

/** An EventTarget that tells events of these names, with these details. */
export interface Target<Events> extends EventTarget {
  addEventListener<Type extends keyof Events & string>(
    type: Type, listener: (event: CustomEvent<Events[Type]>) => void, options?: AddEventListenerOptions | boolean): void;
  addEventListener(
    type: string, listener: EventListenerOrEventListenerObject | null, options?: AddEventListenerOptions | boolean): void;
}

export interface LiveEvents {
  /** There is another snapshot. */
  change: Snapshot;
  /** `live` has changed. */
  status: Snapshot;
  notice: Notice;
}

export interface ClientEvents {
  status: { state: Client['state']; reason: string };
  /** Messages that are no notices: `viewers`, `waitlist_offer`, `waitlist_position`, `pong`, `error` … */
  message: { type: string; [more: string]: unknown };
}

/**
 * One event. It is watched while somebody is subscribed, iterates, or has added a listener, and comes as
 * a store of the shape that React's `useSyncExternalStore` takes. `subscribe` and the two `get…` need no `this`.
 */
export interface LiveEvent extends Target<LiveEvents> {
  readonly id: number;
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => Snapshot;
  /** Always the first snapshot. */
  readonly getServerSnapshot: () => Snapshot;
  /**
   * Every notice from now on, until the event is deleted or the client closed. At most `buffer` (256) wait for the
   * reader; when there are more, the oldest become one `skipped`.
   */
  notices(options?: { buffer?: number }): AsyncGenerator<Notice, void>;
  /** Ends the watching that `addEventListener` began; `subscribe` and `notices` end theirs themselves. */
  close(): void;
}

export interface Order {
  /** 1 if absent. */
  quantity?: number;
  /** Keep the seats for a while instead of booking them; then `confirm` or `cancel`. */
  hold?: boolean;
  /** The number of a ticket type; absent: the first that has seats. */
  ticketType?: number;
  /** Called before the order is sent again with the same key: no answer came, or one that asks to wait. */
  onRetry?: (error: SeatcastError) => void;
}

export interface Booking {
  bookingId: string;
  eventId: number;
  quantity: number;
  status: 'held' | 'confirmed' | 'cancelled' | 'expired';
  /** Of a hold. */
  expiresAt?: string;
  availableSeats?: number;
  seq?: number;
  [more: string]: unknown;
}

/** What `book`, `confirm`, `extend` and `cancel` are rejected with. */
export interface SeatcastError extends Error {
  name: 'SeatcastError';
  /** The status of the answer; 0: there was none. */
  status: number;
  /** The last word of the problem's type, such as `sold-out` (docs/API.md, "Problems"). */
  type?: string;
  problem?: Record<string, unknown> | null;
  retryAfterMs: number;
}

export interface Client extends Target<ClientEvents> {
  /**
   * `idle`: nothing is watched yet. `offline`: five attempts failed, or the computer has no network; attempts go on.
   * `denied`: the token is refused, or the server wants one (`reason`); `open()` tries again.
   */
  readonly state: 'idle' | 'connecting' | 'live' | 'reconnecting' | 'offline' | 'denied' | 'closed';
  /** The server's words when it ended the connection. */
  readonly reason: string;
  /**
   * The event with this number, always the same object. `history`: how many earlier notices are told first.
   * `initial`: what a page made on the server knows already, as `GET /api/events/{id}` tells it.
   */
  event(id: number, options?: { history?: number; initial?: Record<string, unknown> }): LiveEvent;
  /** Tells an event's store what `GET /api/events/{id}` answered; it is ignored when it is older than what is known. */
  learn(id: number, event: Record<string, unknown>): void;
  /** Connects now: before anything is watched, or instead of waiting, unless the server named a time. */
  open(): void;
  /** Ends everything for good. */
  close(): void;
  /**
   * Books once. The idempotency key is kept in sessionStorage until there is an answer and used again by the next call
   * with the same order, also after a reload; a lost answer is asked for again up to three times.
   */
  book(eventId: number, order?: Order): Promise<Booking>;
  confirm(bookingId: string): Promise<Booking>;
  /** Prolongs a hold, once. When the answer is lost, nothing is repeated: read the booking. */
  extend(bookingId: string): Promise<Booking>;
  cancel(bookingId: string): Promise<Booking>;
  /** Orders that were sent and never answered, before a reload, say: `book` them again to learn what became of them. */
  unanswered(): Promise<(Order & { eventId: number })[]>;
}

export interface Options {
  /** The server's address; where this script came from, if absent. In a package it is needed. */
  url?: string;
  /**
   * Absent: an anonymous viewer (`--watch public`). A function is asked before each connection and request; with
   * `renew` true the token that it gave last is refused or about to expire.
   */
  token?: string | ((why: { renew: boolean }) => string | null | Promise<string | null>);
  /** Open connections by one-use tokens, so that the token itself stands in no handshake. */
  connectionTokens?: boolean;
  /**
   * A name: all tabs of this origin that connect to `url` with it share one connection. Name the user in it, because
   * they share the token of the tab that holds the connection. Needs https or localhost.
   */
  share?: string;
  /** Where there is none, as in Node 20: that of the package `ws`. Without any, event streams are used. */
  WebSocket?: unknown;
  fetch?: typeof fetch;
  /** In place of sessionStorage. */
  storage?: Pick<Storage, 'getItem' | 'setItem'>;
}

export function connect(options?: Options): Client;
