import type { Socket } from 'node:net';
import { Dialogue } from './dialogue.js';
import { Direction, type Ends, type Passenger } from './direction.js';
import type { FaultAction } from './fault.js';
import { LostAnswer } from './lost-answer.js';
import type { ProxyMessage } from './message-log.js';
import type { MessageName } from './message-names.js';
import type { MessageHead } from './message-splitter.js';

/** What a connection needs. */
export interface ProxiedConnectionParts {
  readonly number: number;
  readonly client: Socket;
  readonly server: Socket;
  /** The delay of each direction. */
  readonly latencyMs: () => number;
  /** Says what is to happen to a message. */
  readonly judge: (message: ProxyMessage) => FaultAction | undefined;
}

/** The message that is passing. */
interface Passing {
  readonly name: MessageName;
  cutsAtEnd: boolean;
}

/** One client's connection through the proxy. Messages are judged when it is their turn to be passed on. */
export class ProxiedConnection {
  /** Settles when both sockets are closed. */
  readonly closed: Promise<unknown>;
  readonly #number: number;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #judge: (message: ProxyMessage) => FaultAction | undefined;
  readonly #dialogue = new Dialogue();
  readonly #lostAnswer = new LostAnswer();
  readonly #directions: readonly Direction[];
  #isCut = false;

  constructor({ number, client, server, latencyMs, judge }: ProxiedConnectionParts) {
    this.#number = number;
    this.#client = client;
    this.#server = server;
    this.#judge = judge;
    this.closed = Promise.all(
      [client, server].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
    this.#directions = [
      this.#connect({ from: 'client', source: client, target: server }, latencyMs),
      this.#connect({ from: 'server', source: server, target: client }, latencyMs),
    ];
  }

  /** Whether the client is connected. */
  get isOpen(): boolean {
    return !this.#isCut && !this.#client.destroyed;
  }

  /** Passes on what was stalled. */
  resume(): void {
    if (this.#isCut) return;
    for (const direction of this.#directions) direction.release();
  }

  /** Both sides lose their connection, at once. */
  destroy(): void {
    this.#stop();
    this.#client.destroy();
    this.#server.destroy();
  }

  #connect(ends: Ends, latencyMs: () => number): Direction {
    let passing: Passing | undefined;
    const direction = new Direction(ends, latencyMs, (passenger) => {
      if (typeof passenger === 'string') {
        this.#passEnd(direction, passenger);
        return true;
      }
      if (passenger.begins !== undefined && passing === undefined) {
        passing = { name: passenger.begins.name, cutsAtEnd: false };
        if (!this.#begin(direction, passenger.begins, passing)) return false;
      }
      if (!direction.discards) direction.target.write(passenger.bytes);
      if (passenger.ends && passing !== undefined) {
        this.#end(direction, passing);
        passing = undefined;
      }
      return true;
    });
    const accept = (passengers: readonly Passenger[]): void => {
      if (this.#isCut) return;
      for (const passenger of passengers) direction.push(passenger);
      direction.move();
    };
    const { from, source } = ends;
    source.on('data', (bytes: Buffer) => accept(this.#isCut ? [] : this.#dialogue.split(from, bytes)));
    source.on('end', () => accept([...this.#dialogue.end(from), 'end']));
    // 'close' follows, and says that there was an error: what this side said before still reaches the other.
    source.on('error', () => {});
    source.on('close', (hadError) => accept(hadError ? ['loss'] : []));
    return direction;
  }

  /** @returns whether the message may pass now; if not, it comes again, and is not judged again. */
  #begin(direction: Direction, head: MessageHead, passing: Passing): boolean {
    const action = this.#judge({ connection: this.#number, from: direction.from, ...head });
    if (action === 'cut') {
      this.#cut(direction.target);
      return false;
    }
    if (action === 'answer-lost') this.#lostAnswer.lose();
    if (direction.from === 'client') this.#lostAnswer.clientSaid(head.name);
    else direction.discards = this.#lostAnswer.isUnderWay;
    passing.cutsAtEnd = action === 'cut-after';
    if (action === 'stall') for (const each of this.#directions) each.hold();
    if (typeof action === 'object') direction.delayBy(action.delayMs);
    return action !== 'stall' && typeof action !== 'object';
  }

  #end(direction: Direction, { name, cutsAtEnd }: Passing): void {
    const answerIsLost = direction.from === 'server' && this.#lostAnswer.serverHasSaid(name);
    if (answerIsLost) this.#cut(this.#server);
    else if (cutsAtEnd) this.#cut(direction.target);
  }

  #passEnd({ target, discards }: Direction, end: 'end' | 'loss'): void {
    if (end === 'end' && !discards) target.end();
    else this.#cut(discards ? this.#server : target);
  }

  /**
   * Ends the connection. One side still gets what was written to it. It is told by FIN that no more comes, and is
   * listened to until it has ended as well: closing a socket that holds unread bytes makes the kernel send RST, upon
   * which bytes under way may be lost.
   */
  #cut(gets: Socket): void {
    this.#stop();
    (gets === this.#client ? this.#server : this.#client).destroy();
    gets.end();
  }

  #stop(): void {
    this.#isCut = true;
    for (const direction of this.#directions) direction.clear();
  }
}
