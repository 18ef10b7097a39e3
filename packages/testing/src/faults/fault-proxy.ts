import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { parseConnectionUrl, serverAddress, withAddress, withDatabase } from '../connection-url.js';
import { TestServerError } from '../test-server-error.js';
import type { Fault, FaultAction, InjectedFault } from './fault.js';
import { checkCount, checkDelay } from './fault-options.js';
import { MessageLog, type ProxyMessage } from './message-log.js';
import { ProxiedConnection } from './proxied-connection.js';
import { WaitingFault } from './waiting-fault.js';

const HOST = '127.0.0.1';
const MESSAGES_KEPT = 10_000;

/** Options of `startFaultProxy`. */
export interface FaultProxyOptions {
  /** The connection URL of the server. */
  readonly target: string;
  /** How many messages the log keeps: default 10,000. */
  readonly messagesKept?: number;
}

/**
 * A TCP proxy before a PostgreSQL server that reads the messages passing through, and makes connections fail at an
 * exact message; get one by `startFaultProxy`.
 *
 * What is encrypted it cannot read: once a server has agreed to TLS, the rest of the connection passes as it is, with
 * latency, without messages and faults. Test servers do not offer TLS unless they are told to.
 */
export class FaultProxy implements AsyncDisposable {
  readonly #target: string;
  readonly #address: NetConnectOpts;
  readonly #listener: Server;
  readonly #log: MessageLog;
  readonly #faults = new Set<WaitingFault>();
  readonly #connections = new Set<ProxiedConnection>();
  #connectionCount = 0;
  #latencyMs = 0;
  #refuses = false;
  #closing: Promise<void> | undefined;

  private constructor({ target, messagesKept = MESSAGES_KEPT }: FaultProxyOptions) {
    parseConnectionUrl(target, 'target');
    this.#target = target;
    this.#address = serverAddress(target);
    this.#log = new MessageLog(checkCount(messagesKept, 'messagesKept'));
    this.#listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  /** See `startFaultProxy`. */
  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    proxy.#listener.listen(0, HOST);
    await once(proxy.#listener, 'listening');
    return proxy;
  }

  /** The target by way of the proxy: the same user, password (hence a secret), database and parameters. */
  get connectionString(): string {
    return withAddress(this.#target, HOST, this.#port);
  }

  /** The same for another database of the server. */
  connectionStringFor(database: string): string {
    return withDatabase(this.connectionString, database);
  }

  /** How many clients are connected. */
  get connections(): number {
    return [...this.#connections].filter(({ isOpen }) => isOpen).length;
  }

  /**
   * The last messages seen, in the order in which their turn came to be passed on, those that met a fault included. A
   * snapshot: ask again for those that have come since.
   */
  get messages(): readonly ProxyMessage[] {
    return this.#log.messages;
  }

  /** Forgets the messages seen so far. */
  clearMessages(): void {
    this.#log.clear();
  }

  /**
   * Has something happen to messages to come. If several faults are due at one message, the one injected first happens
   * to it, and the others to the next message that they fit.
   *
   * @throws {TestServerError} `invalid-option`
   * @example
   * const fault = proxy.inject({ when: { name: 'Query', text: /^commit/i }, action: 'answer-lost' })
   * await expect(transfer(pool)).rejects.toThrow()
   * await fault.fired // and the transfer is committed
   */
  inject(fault: Fault): InjectedFault {
    const waiting = new WaitingFault(fault);
    if (this.#closing !== undefined) waiting.giveUp('the proxy is closed.');
    else this.#faults.add(waiting);
    return Object.freeze({ fired: waiting.fired, remove: () => this.#remove(waiting, 'it was removed.') });
  }

  /** Passes on what is stalled, on all connections. Faults that stall others to come remain. */
  resume(): void {
    for (const connection of this.#connections) connection.resume();
  }

  /**
   * Makes every round trip take so many milliseconds more: half of it each way. 0 ends it.
   *
   * @throws {TestServerError} `invalid-option`
   */
  setLatency(ms: number): void {
    this.#latencyMs = checkDelay(ms, 'latency');
  }

  /** All connections are lost, on both sides, at once. New ones are accepted. */
  cutAll(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  /** Whether new connections are closed as soon as they are made. Those that there are stay. */
  refuse(refuses: boolean): void {
    this.#refuses = refuses;
  }

  /** Cuts all connections and stops listening. Safe to call again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #port(): number {
    const address: AddressInfo | string | null = this.#listener.address();
    if (typeof address === 'object' && address !== null) return address.port;
    throw new TestServerError('stopped', 'The fault proxy has been closed.');
  }

  async #close(): Promise<void> {
    for (const fault of this.#faults) this.#remove(fault, 'the proxy was closed.');
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    const ended = [...this.#connections].map((connection) => connection.closed);
    this.cutAll();
    await Promise.all([closed, ...ended]);
  }

  #accept(client: Socket): void {
    if (this.#refuses || this.#closing !== undefined) {
      client.destroy();
      return;
    }
    this.#connectionCount += 1;
    const connection = new ProxiedConnection({
      number: this.#connectionCount,
      client,
      server: connect({ ...this.#address, allowHalfOpen: true, noDelay: true }),
      latencyMs: () => this.#latencyMs / 2,
      judge: (message) => this.#judge(message),
    });
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
  }

  #judge(message: ProxyMessage): FaultAction | undefined {
    this.#log.add(message);
    // All faults see all messages, as they count them.
    const due = [...this.#faults].filter((fault) => fault.isDue(message));
    const [first] = due;
    if (first === undefined) return undefined;
    first.fire(message);
    if (first.isOver) this.#faults.delete(first);
    return first.action;
  }

  #remove(fault: WaitingFault, why: string): void {
    this.#faults.delete(fault);
    fault.giveUp(why);
  }
}

/**
 * Starts a proxy on a free port of 127.0.0.1. While it is not closed, this process does not end by itself.
 *
 * @throws {TestServerError} `invalid-option` when the target is no connection URL
 * @example
 * await using database = await createTestDatabase()
 * await using proxy = await startFaultProxy({ target: database.connectionString })
 * const pool = new pg.Pool({ connectionString: proxy.connectionString })
 */
export function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  return FaultProxy.start(options);
}
