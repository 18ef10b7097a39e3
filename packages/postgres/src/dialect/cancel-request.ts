import net from 'node:net';
import tls from 'node:tls';
import type { CancelTarget } from './cancel-target.js';
import { onAbort } from './on-abort.js';

/** "Canceling Requests in Progress" of PostgreSQL's documentation: instead of a version, 1234 and 5678. */
const CANCEL_REQUEST_CODE = 80_877_102;
/** "SSL Session Encryption" there. */
const SSL_REQUEST_CODE = 80_877_103;

/**
 * Sends a CancelRequest over a socket of its own and waits until the server has closed that. The server does so when it
 * has passed the request on; only then can the request no longer hit what is sent on the connection afterwards.
 *
 * @throws whatever the socket reports, or an Error when the signal is aborted before the server has closed the socket
 */
export async function sendCancelRequest(target: CancelTarget, limit: AbortSignal): Promise<void> {
  const raw = net.connect(target.address);
  const forget = onAbort(limit, () => raw.destroy(new Error('the server did not take the request in time')));
  try {
    await connected(raw, 'connect');
    const socket = target.tls === undefined ? raw : await encrypted(raw, target.tls);
    await closedByServer(socket, cancelRequest(target));
  } finally {
    forget();
    raw.destroy();
  }
}

/** The message with a key of the usual 4 bytes is 16 bytes long; since PostgreSQL 18, keys may be longer. */
export function cancelRequest({ processID, secretKey }: Pick<CancelTarget, 'processID' | 'secretKey'>): Buffer {
  const head = Buffer.alloc(12);
  head.writeInt32BE(head.length + secretKey.length, 0);
  head.writeInt32BE(CANCEL_REQUEST_CODE, 4);
  head.writeInt32BE(processID | 0, 8);
  return Buffer.concat([head, secretKey]);
}

function connected(socket: net.Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server closed the socket')));
  });
}

async function encrypted(raw: net.Socket, { options, direct }: NonNullable<CancelTarget['tls']>): Promise<net.Socket> {
  if (!direct) await requestTls(raw);
  const socket = tls.connect({ ...options, socket: raw });
  // A socket that is destroyed below TLS would leave its TLS side waiting.
  raw.once('close', () => socket.destroy());
  await connected(socket, 'secureConnect');
  return socket;
}

function requestTls(raw: net.Socket): Promise<void> {
  const request = Buffer.alloc(8);
  request.writeInt32BE(request.length, 0);
  request.writeInt32BE(SSL_REQUEST_CODE, 4);
  return new Promise((resolve, reject) => {
    raw.once('error', reject);
    raw.once('close', () => reject(new Error('the server closed the socket')));
    raw.once('data', (answer) => {
      if (answer.toString('latin1') === 'S') resolve();
      else reject(new Error('the server refused to encrypt the request'));
    });
    raw.write(request);
  });
}

function closedByServer(socket: net.Socket, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('end', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the socket was closed before the server had taken the request')));
    // Without a reader, the end is never seen.
    socket.resume();
    socket.write(message);
  });
}
