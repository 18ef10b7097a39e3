import type { Socket } from 'node:net';
import { DelayLine } from './delay-line.js';
import type { MessageOrigin } from './message-names.js';
import type { MessagePart } from './message-splitter.js';

/** Bytes that may wait here, for a slow reader or in a delay, before the sender has to wait. */
const WAITING_LIMIT_BYTES = 1024 * 1024;

/** What goes through: bytes, then the sender's regular end or the loss of its connection. */
export type Passenger = MessagePart | 'end' | 'loss';

/** The sockets of one direction. */
export interface Ends {
  readonly from: MessageOrigin;
  readonly source: Socket;
  readonly target: Socket;
}

/**
 * One direction of a connection: what has come from the source and is not yet passed to the target, in order. Has the
 * source wait, by TCP, when too much would gather here.
 */
export class Direction implements Ends {
  readonly from: MessageOrigin;
  readonly source: Socket;
  readonly target: Socket;
  /** Nothing is written to the target, which hence need not be waited for. */
  discards = false;
  readonly #pass: (passenger: Passenger) => boolean;
  readonly #line: DelayLine<Passenger>;
  #waitingBytes = 0;
  #isHeld = false;

  /** @param pass deals with the first passenger; false when it has to come again */
  constructor(ends: Ends, latencyMs: () => number, pass: (passenger: Passenger) => boolean) {
    this.from = ends.from;
    this.source = ends.source;
    this.target = ends.target;
    this.#pass = pass;
    this.#line = new DelayLine(latencyMs, () => this.move());
    this.target.on('drain', () => this.move());
  }

  push(passenger: Passenger): void {
    this.#line.push(passenger);
    this.#waitingBytes += bytesOf(passenger);
  }

  /** Passes what may pass now. */
  move(): void {
    // Corked: the many small messages of one segment go out as one segment again.
    this.target.cork();
    while (!this.#isHeld && (this.discards || !this.target.writableNeedDrain)) {
      const passenger = this.#line.peek();
      if (passenger === undefined) break;
      if (this.#pass(passenger)) this.#waitingBytes -= bytesOf(this.#line.shift());
    }
    this.target.uncork();
    this.#throttle();
  }

  delayBy(ms: number): void {
    this.#line.delayBy(ms);
  }

  /** Nothing passes until `release`. */
  hold(): void {
    this.#isHeld = true;
    this.#throttle();
  }

  release(): void {
    this.#isHeld = false;
    this.move();
  }

  /** Forgets what has not been passed. */
  clear(): void {
    this.#line.clear();
    this.#waitingBytes = 0;
    this.#isHeld = false;
    this.#throttle();
  }

  #throttle(): void {
    const isFull = this.#isHeld || this.#waitingBytes > WAITING_LIMIT_BYTES;
    if (isFull === this.source.isPaused()) return;
    if (isFull) this.source.pause();
    else this.source.resume();
  }
}

function bytesOf(passenger: Passenger | undefined): number {
  return typeof passenger === 'object' ? passenger.bytes.length : 0;
}
