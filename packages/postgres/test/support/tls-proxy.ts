import net from 'node:net';
import tls from 'node:tls';

/** Encryption without certificates: only who has these options too can shake hands. */
export const anonymousTls = {
  ciphers: 'AECDH-AES128-SHA:@SECLEVEL=0',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  rejectUnauthorized: false,
} as const;

/** A proxy that speaks TLS to its clients, as a PostgreSQL server with `ssl = on` does, and refuses who does not ask for it. */
export class TlsProxy {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #encrypted = 0;
  #refused = 0;

  private constructor(target: URL) {
    this.#server = net.createServer((client) => this.#greet(client, target));
  }

  static async before(connectionString: string): Promise<TlsProxy> {
    const proxy = new TlsProxy(new URL(connectionString));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : Number.NaN;
  }

  /** Connections that were encrypted. */
  get encrypted(): number {
    return this.#encrypted;
  }

  /** Connections that were not. */
  get refused(): number {
    return this.#refused;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #greet(client: net.Socket, target: URL): void {
    this.#keep(client);
    client.once('data', (request) => {
      if (request.length !== 8 || request.readInt32BE(4) !== 80_877_103) {
        this.#refused++;
        client.destroy();
        return;
      }
      // Before the answer, so that nothing of the handshake is missed.
      const secureContext = tls.createSecureContext(anonymousTls);
      client.write('S');
      const secure = new tls.TLSSocket(client, { isServer: true, secureContext });
      secure.once('secure', () => this.#encrypted++);
      const server = net.connect({ host: target.hostname, port: Number(target.port || 5432) });
      this.#keep(server);
      for (const [one, other] of [
        [secure, server],
        [server, secure],
      ] as const) {
        one.on('error', () => other.destroy());
        one.pipe(other);
      }
    });
  }

  #keep(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
