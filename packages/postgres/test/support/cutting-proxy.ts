import net from 'node:net';

/**
 * What happens to the connection whose statement it is: it is cut with the statement still unsent, or as soon as it was
 * sent, or when the server has answered it; or it stays, and the answer never comes.
 */
export type Cut = 'before-forwarding' | 'after-forwarding' | 'after-the-answer' | 'no-answer';

/**
 * A TCP proxy before a PostgreSQL server. Armed, it destroys both sockets as soon as a client's message contains the
 * text, so that the client never learns what became of that statement.
 */
export class CuttingProxy {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #held: (() => void)[] = [];
  #armed: { readonly text: string; readonly cut: Cut } | undefined;
  #holding = false;
  #accepted = 0;

  private constructor(target: URL) {
    this.#server = net.createServer((client) => {
      this.#accepted++;
      if (this.#holding) this.#held.push(() => this.#serve(client, target));
      else this.#serve(client, target);
    });
  }

  /**
   * @param path - of a Unix socket to listen on instead of a port
   * @param port - 0 for a free one
   */
  static async before(connectionString: string, path?: string, port = 0): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(new URL(connectionString));
    await new Promise<void>((resolve) => {
      if (path === undefined) proxy.#server.listen(port, '127.0.0.1', resolve);
      else proxy.#server.listen(path, resolve);
    });
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : Number.NaN;
  }

  /** How many sockets clients have opened, those of cancel requests among them. */
  get accepted(): number {
    return this.#accepted;
  }

  /** The next message of a client with this text is the last of its connection. */
  arm(text: string, cut: Cut): void {
    this.#armed = { text, cut };
  }

  /** New connections are accepted, and then nothing happens on them. */
  holdNew(): void {
    this.#holding = true;
  }

  /** Lets those that were held go on. */
  letGo(): void {
    this.#holding = false;
    for (const serve of this.#held.splice(0)) serve();
  }

  /** New connections are refused. */
  refuseNew(): void {
    this.#server.close();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(client: net.Socket, target: URL): void {
    const server = net.connect({ host: target.hostname, port: Number(target.port || 5432) });
    let fate: Cut | undefined;
    const destroy = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', destroy);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        destroy();
      });
    }
    client.on('data', (bytes) => {
      const armed = this.#armed;
      if (armed !== undefined && bytes.includes(armed.text)) {
        this.#armed = undefined;
        fate = armed.cut;
        if (fate === 'before-forwarding') return destroy();
      }
      server.write(bytes, () => {
        if (fate === 'after-forwarding') destroy();
      });
    });
    server.on('data', (bytes) => {
      if (fate === 'after-the-answer') destroy();
      else if (fate !== 'no-answer') client.write(bytes);
    });
  }
}

/** The same database by way of another port. */
export function throughPort(connectionString: string, port: number): string {
  const url = new URL(connectionString);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return url.href;
}
