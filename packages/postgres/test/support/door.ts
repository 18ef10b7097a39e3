import net from 'node:net';

/**
 * A way to a PostgreSQL server that can be shut: then new connections are refused by the system, as if no server were
 * there, and those that there are stay.
 */
export class Door {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #port = 0;
  #accepted = 0;

  private constructor(target: URL) {
    this.#server = net.createServer((client) => {
      this.#accepted++;
      this.#join(client, net.connect({ host: target.hostname, port: Number(target.port || 5432) }));
    });
  }

  /** @param path - of a Unix socket to listen on instead of a port */
  static async before(connectionString: string, path?: string): Promise<Door> {
    const door = new Door(new URL(connectionString));
    if (path === undefined) await door.open();
    else await new Promise<void>((resolve) => door.#server.listen(path, resolve));
    return door;
  }

  get port(): number {
    return this.#port;
  }

  /** How many sockets clients have opened, those of cancel requests among them. */
  get accepted(): number {
    return this.#accepted;
  }

  shut(): void {
    this.#server.close();
  }

  /** Listens on the port that it had before. */
  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #join(client: net.Socket, server: net.Socket): void {
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
