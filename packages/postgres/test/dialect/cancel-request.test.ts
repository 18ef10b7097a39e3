import { describe, expect, it } from '@jest/globals';
import { cancelRequest } from '../../src/dialect/cancel-request.js';
import { cancelTargetOf } from '../../src/dialect/cancel-target.js';
import type { PgPoolClient } from '../../src/dialect/pool-port.js';

const stream = { destroy: () => undefined };

function clientWith(parts: Partial<PgPoolClient>): PgPoolClient {
  const connection = { stream };
  const port = { query: () => Promise.reject(new Error('not sent')), on: () => undefined, release: () => undefined };
  return { ...port, host: 'db.example', port: 5433, processID: 7, secretKey: -2, connection, ...parts };
}

describe('a CancelRequest', () => {
  it('has 16 bytes for the usual key, negative or not', () => {
    const target = cancelTargetOf(clientWith({}));
    expect(target).toBeDefined();
    const bytes = target === undefined ? Buffer.alloc(0) : cancelRequest(target);
    expect(bytes.toString('hex')).toBe('0000001004d2162e00000007fffffffe');
  });

  it('has the whole of a longer key', () => {
    const bytes = cancelRequest({ processID: 7, secretKey: Buffer.alloc(32, 1) });
    expect([bytes.length, bytes.readInt32BE(0)]).toEqual([44, 44]);
  });
});

describe('where a CancelRequest goes', () => {
  it('is the address that the connection has reached', () => {
    const reached = { ...stream, remoteAddress: '192.0.2.7', remotePort: 6432 };
    expect(cancelTargetOf(clientWith({ connection: { stream: reached } }))?.address).toEqual({
      host: '192.0.2.7',
      port: 6432,
    });
    expect(cancelTargetOf(clientWith({}))?.address).toEqual({ host: 'db.example', port: 5433 });
  });

  it('is the Unix socket', () => {
    const target = cancelTargetOf(clientWith({ host: '/run/postgresql' }));
    expect(target?.address).toEqual({ path: '/run/postgresql/.s.PGSQL.5433' });
  });

  it('is encrypted as the connection is, with its hidden key', () => {
    const ssl = Object.defineProperty({ ca: 'the authority' }, 'key', { value: 'the key', enumerable: false });
    const connection = { stream: { ...stream, encrypted: true } };
    const named = cancelTargetOf(clientWith({ connection, ssl }));
    expect(named?.tls).toEqual({
      direct: false,
      options: { host: 'db.example', servername: 'db.example', ca: 'the authority', key: 'the key' },
    });
    const numbered = cancelTargetOf(clientWith({ connection, ssl: true, host: '192.0.2.7', sslNegotiation: 'direct' }));
    expect(numbered?.tls).toEqual({ direct: true, options: { host: '192.0.2.7', ALPNProtocols: ['postgresql'] } });
    expect(cancelTargetOf(clientWith({ ssl }))?.tls).toBeUndefined();
  });

  it.each([
    { processID: null },
    { secretKey: null },
    { host: undefined },
    { port: undefined },
    { connection: undefined },
  ])('is not known without %p', (missing) => {
    expect(cancelTargetOf(clientWith(missing))).toBeUndefined();
  });
});
