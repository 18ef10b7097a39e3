import net from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { PgPoolClient } from './pool-port.js';

/** Where a CancelRequest for a connection goes, and what makes the server believe it. */
export interface CancelTarget {
  readonly address: net.NetConnectOpts;
  /** Set when the connection itself is encrypted: the key is not sent in the clear then. */
  readonly tls: CancelTls | undefined;
  readonly processID: number;
  readonly secretKey: Uint8Array;
}

interface CancelTls {
  readonly options: ConnectionOptions;
  /** Whether TLS begins at once, without an SSLRequest. */
  readonly direct: boolean;
}

/** `undefined` when the client does not tell what is needed, as with `pg-native`. */
export function cancelTargetOf(client: PgPoolClient): CancelTarget | undefined {
  const { host, port, processID, secretKey, connection } = client;
  if (host === undefined || port === undefined || connection?.stream === undefined) return undefined;
  if (typeof processID !== 'number' || secretKey === undefined || secretKey === null) return undefined;
  return {
    address: addressOf(client, host, port),
    tls: connection.stream.encrypted === true ? tlsOf(client, host) : undefined,
    processID,
    secretKey: typeof secretKey === 'number' ? fourBytes(secretKey) : secretKey,
  };
}

/** The address that the connection has reached, as behind one host name there may be several servers. */
function addressOf(client: PgPoolClient, host: string, port: number): net.NetConnectOpts {
  if (host.startsWith('/')) return { path: `${host}/.s.PGSQL.${port}` };
  const { remoteAddress, remotePort } = client.connection?.stream ?? {};
  return { host: remoteAddress ?? host, port: remotePort ?? port };
}

/** The options with which `pg` itself encrypts the connection. */
function tlsOf(client: PgPoolClient, host: string): CancelTls {
  const direct = client.sslNegotiation === 'direct';
  const ssl = typeof client.ssl === 'object' ? client.ssl : {};
  return {
    options: {
      host,
      ...ssl,
      // Not enumerable, so that it is in no log.
      ...(ssl.key === undefined ? {} : { key: ssl.key }),
      ...(direct ? { ALPNProtocols: ['postgresql'] } : {}),
      // RFC 6066 allows names only.
      ...(net.isIP(host) === 0 ? { servername: host } : {}),
    },
    direct,
  };
}

function fourBytes(key: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(key | 0);
  return bytes;
}
