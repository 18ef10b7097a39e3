import { describe, expect, it } from '@jest/globals';
import { Dialogue } from '../../src/faults/dialogue.js';
import { GSSENC_REQUEST, SSL_REQUEST, STARTUP, typed, wholes } from '../support/wire.js';

/** `N` is also the type of a notice, `S` that of a parameter status: only the dialogue tells which is meant. */
const NOTICE = typed('N', 'SNOTICE\0C00000\0\0');
const LOOKS_LIKE_A_QUERY = typed('Q', 'SELECT 1\0');

describe('a request for encryption', () => {
  it('that is refused is answered by one byte, and messages follow', () => {
    const dialogue = new Dialogue();
    dialogue.split('client', GSSENC_REQUEST);
    expect(wholes(dialogue.split('server', Buffer.from('N')))).toMatchObject([{ name: 'GSSENCResponse', text: 'N' }]);
    dialogue.split('client', SSL_REQUEST);
    expect(wholes(dialogue.split('server', Buffer.from('N')))).toMatchObject([{ name: 'SSLResponse', text: 'N' }]);
    expect(wholes(dialogue.split('client', STARTUP))).toMatchObject([{ name: 'StartupMessage' }]);
    expect(wholes(dialogue.split('server', NOTICE))).toMatchObject([{ name: 'NoticeResponse', text: '00000' }]);
    expect(wholes(dialogue.split('client', LOOKS_LIKE_A_QUERY))).toMatchObject([{ name: 'Query' }]);
  });

  it.each([
    ['S', SSL_REQUEST],
    ['G', GSSENC_REQUEST],
  ])('that is accepted by %s makes everything after it opaque', (answer, request) => {
    const dialogue = new Dialogue();
    dialogue.split('client', request);
    expect(wholes(dialogue.split('server', Buffer.from(answer)))).toMatchObject([{ text: answer }]);
    const opaque = { bytes: LOOKS_LIKE_A_QUERY, begins: undefined, ends: false };
    expect(dialogue.split('client', LOOKS_LIKE_A_QUERY)).toEqual([opaque]);
    expect(dialogue.split('server', LOOKS_LIKE_A_QUERY)).toEqual([opaque]);
  });

  it('may be answered by an error', () => {
    const dialogue = new Dialogue();
    dialogue.split('client', SSL_REQUEST);
    const error = typed('E', 'SFATAL\0C53300\0Mtoo many\0\0');
    const parts = [...error].flatMap((byte) => dialogue.split('server', Buffer.from([byte])));
    expect(wholes(parts)).toMatchObject([{ name: 'ErrorResponse', text: '53300' }]);
  });
});

describe('a client that begins with TLS', () => {
  it('makes the answers of the server opaque as well', () => {
    const dialogue = new Dialogue();
    dialogue.split('client', Buffer.from('\x16\x03\x01\x02\0\x01\0\x01\xfc', 'latin1'));
    expect(dialogue.split('server', typed('Z', 'I'))).toMatchObject([{ begins: undefined, ends: false }]);
  });
});
