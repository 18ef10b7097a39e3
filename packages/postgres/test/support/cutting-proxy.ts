import net from 'node:net';

/** When the proxy cuts: with the statement still unsent, or when the server has answered it. */
export type Cut = 'before-forwarding' | 'after-the-answer';

/**
 * A TCP proxy before a PostgreSQL server. Armed, it destroys both sockets as soon as a client's message contains the
 * text, so that the client never learns what became of that statement.
 */
export class CuttingProxy {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #armed: { readonly text: string; readonly cut: Cut } | undefined;

  private constructor(target: URL) {
    this.#server = net.createServer((client) => this.#serve(client, target));
  }

  static async before(connectionString: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(new URL(connectionString));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : Number.NaN;
  }

  /** The next message of a client with this text is the last of its connection. */
  arm(text: string, cut: Cut): void {
    this.#armed = { text, cut };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(client: net.Socket, target: URL): void {
    const server = net.connect({ host: target.hostname, port: Number(target.port || 5432) });
    let answerIsLast = false;
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
        if (armed.cut === 'before-forwarding') return destroy();
        answerIsLast = true;
      }
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (answerIsLast) destroy();
      else client.write(bytes);
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
