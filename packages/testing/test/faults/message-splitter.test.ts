import { describe, expect, it } from '@jest/globals';
import type { MessageOrigin } from '../../src/faults/message-names.js';
import { type MessagePart, MessageSplitter } from '../../src/faults/message-splitter.js';
import { TEXT_PREFIX_BYTES } from '../../src/faults/message-text.js';
import { CANCEL_REQUEST, GSSENC_REQUEST, SSL_REQUEST, STARTUP, typed, untyped, wholes } from '../support/wire.js';

type Expectation = readonly [bytes: Buffer, name: string, text?: string];

const CLIENT: readonly Expectation[] = [
  [GSSENC_REQUEST, 'GSSENCRequest'],
  [SSL_REQUEST, 'SSLRequest'],
  [STARTUP, 'StartupMessage'],
  [typed('p', 'SCRAM-SHA-256\0'), 'PasswordMessage'],
  [typed('Q', 'SELECT \u00e4\u{1f600}\0'), 'Query', 'SELECT \u00e4\u{1f600}'],
  [typed('Q', '\0'), 'Query', ''],
  [typed('P', 'name\0INSERT INTO t VALUES ($1)\0\0\x01\0\0\0\x17'), 'Parse', 'INSERT INTO t VALUES ($1)'],
  [typed('P', '\0SELECT 1\0\0\0'), 'Parse', 'SELECT 1'],
  [typed('B', '\0name\0\0\0\0\0\0\0'), 'Bind'],
  [typed('D', 'P\0'), 'Describe'],
  [typed('E', '\0\0\0\0\0'), 'Execute'],
  [typed('C', 'Sname\0'), 'Close'],
  [typed('H'), 'Flush'],
  [typed('S'), 'Sync'],
  [typed('d', 'some\tcopy\n'), 'CopyData'],
  [typed('c'), 'CopyDone'],
  [typed('f', 'why\0'), 'CopyFail'],
  [typed('!', 'what?'), 'Unknown'],
  [typed('X'), 'Terminate'],
];

const SERVER: readonly Expectation[] = [
  [typed('R', '\0\0\0\0'), 'Authentication'],
  [typed('S', 'TimeZone\0UTC\0'), 'ParameterStatus'],
  [typed('K', 'pid.key.'), 'BackendKeyData'],
  [typed('Z', 'I'), 'ReadyForQuery'],
  [typed('1'), 'ParseComplete'],
  [typed('2'), 'BindComplete'],
  [typed('T', '\0\0'), 'RowDescription'],
  [typed('D', '\0\0'), 'DataRow'],
  [typed('C', 'INSERT 0 1\0'), 'CommandComplete', 'INSERT 0 1'],
  [typed('E', 'SERROR\0VERROR\0C40001\0MCould not serialize\0\0'), 'ErrorResponse', '40001'],
  [typed('E', 'SERROR\0MCannot tell\0\0'), 'ErrorResponse'],
  [typed('N', 'SNOTICE\0C00000\0\0'), 'NoticeResponse', '00000'],
];

const expected = (messages: readonly Expectation[]) =>
  messages.map(([bytes, name, text]) => ({ name, text, bytes: bytes.toString('latin1') }));
const stream = (messages: readonly Expectation[]) => Buffer.concat(messages.map(([bytes]) => bytes));

function split(from: MessageOrigin, chunks: readonly Buffer[]): MessagePart[] {
  const splitter = new MessageSplitter(from);
  return chunks.flatMap((chunk) => splitter.push(chunk));
}

describe.each([
  ['client', CLIENT],
  ['server', SERVER],
] as const)('the messages of a %s', (from, messages) => {
  const bytes = stream(messages);

  it('are found when they share one segment', () => {
    expect(wholes(split(from, [bytes]))).toEqual(expected(messages));
  });

  it('are found when each byte comes by itself', () => {
    expect(
      wholes(
        split(
          from,
          [...bytes].map((byte) => Buffer.from([byte])),
        ),
      ),
    ).toEqual(expected(messages));
  });

  it('are found wherever the segments are cut', () => {
    for (let at = 1; at < bytes.length; at += 1) {
      expect(wholes(split(from, [bytes.subarray(0, at), bytes.subarray(at)]))).toEqual(expected(messages));
    }
  });

  it('are views of what has come, not copies', () => {
    for (const part of split(from, [bytes])) expect(part.bytes.buffer).toBe(bytes.buffer);
  });
});

describe('a long message', () => {
  const ANNOUNCED_BYTES = 900_000_000;
  const head = (type: string) => {
    const bytes = typed(type);
    bytes.writeUInt32BE(ANNOUNCED_BYTES - 1, 1);
    return bytes;
  };

  it('is passed on as it comes when it has no text', () => {
    const splitter = new MessageSplitter('server');
    const [first] = splitter.push(head('D'));
    expect(first).toMatchObject({ begins: { name: 'DataRow' }, ends: false });
    const chunk = Buffer.alloc(50_000_000);
    for (let sent = 5; sent < ANNOUNCED_BYTES; sent += chunk.length) {
      const bytes = chunk.subarray(0, ANNOUNCED_BYTES - sent);
      const parts = splitter.push(bytes);
      expect(parts).toHaveLength(1);
      expect(parts[0]?.bytes.length).toBe(bytes.length);
      expect(parts[0]?.ends).toBe(sent + bytes.length === ANNOUNCED_BYTES);
    }
    expect(splitter.push(typed('Z', 'I'))).toMatchObject([{ begins: { name: 'ReadyForQuery' }, ends: true }]);
  });

  it('is held back no longer than until its text can be matched', () => {
    const splitter = new MessageSplitter('client');
    splitter.push(STARTUP);
    const text = Buffer.from(`SELECT '${'\u00e4'.repeat(TEXT_PREFIX_BYTES)}`);
    expect(splitter.push(head('Q'))).toEqual([]);
    expect(splitter.push(text.subarray(0, TEXT_PREFIX_BYTES - 6))).toEqual([]);
    const parts = splitter.push(text.subarray(TEXT_PREFIX_BYTES - 6));
    expect(Buffer.concat(parts.map(({ bytes }) => bytes))).toEqual(Buffer.concat([head('Q'), text]));
    const seen = parts[0]?.begins?.text;
    // 65,536 bytes without the head: SELECT and the quote, and an even rest of characters of two bytes.
    expect(seen).toBe(`SELECT '${'\u00e4'.repeat((TEXT_PREFIX_BYTES - 5 - 8 - 1) / 2)}`);
    expect(parts.filter(({ begins }) => begins !== undefined)).toHaveLength(1);
  });
});

describe('what is not PostgreSQL', () => {
  it.each([
    ['client', Buffer.from('\x16\x03\x01\x02\0\x01\0\x01\xfc a TLS ClientHello', 'latin1')],
    ['client', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['client', Buffer.concat([STARTUP, Buffer.from('Q\0\0\0\x03 a length below four')])],
    ['server', Buffer.from('Z\0\0\0\0 another')],
  ] as const)('is passed on as it is (%s %#)', (from, bytes) => {
    for (let at = 1; at < bytes.length; at += 1) {
      const splitter = new MessageSplitter(from);
      const parts = [...splitter.push(bytes.subarray(0, at)), ...splitter.push(bytes.subarray(at))];
      expect(Buffer.concat(parts.map((part) => part.bytes))).toEqual(bytes);
      const begun = parts.flatMap(({ begins }) => begins?.name ?? []);
      expect(begun.filter((name) => name !== 'StartupMessage')).toEqual([]);
      expect(splitter.isOpaque).toBe(true);
    }
  });

  it('includes a message that never becomes whole: its bytes are given out in the end', () => {
    const splitter = new MessageSplitter('client');
    const bytes = untyped(196608).subarray(0, 7);
    expect(splitter.push(bytes)).toEqual([]);
    expect(splitter.end().map((part) => part.bytes)).toEqual([bytes]);
    expect(splitter.end()).toEqual([]);
  });
});

describe('requests on a connection of their own', () => {
  it('include the one to cancel', () => {
    expect(wholes(split('client', [CANCEL_REQUEST]))).toMatchObject([{ name: 'CancelRequest' }]);
  });
});
