import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MessageWriter } from '../../src/dialect/message-writer.js';
import type { WireParameter } from '../../src/index.js';
import { anyText } from '../support/arbitraries.js';

const anyName = fc.string({ unit: fc.constantFrom('a', 'ß', '_', '1'), maxLength: 20 });
const anyParameter: fc.Arbitrary<WireParameter> = fc.oneof(
  anyText,
  anyText.map((text) => text.repeat(500)),
  fc.uint8Array({ maxLength: 5_000 }),
  fc.constant(null),
);

type Message =
  | { readonly type: 'P'; readonly name: string; readonly sql: string }
  | { readonly type: 'B'; readonly name: string; readonly parameters: readonly WireParameter[] }
  | { readonly type: 'D' | 'E' | 'S' };

const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constant('P' as const), name: anyName, sql: anyText }),
  fc.record({ type: fc.constant('B' as const), name: anyName, parameters: fc.array(anyParameter) }),
  fc.record({ type: fc.constantFrom('D' as const, 'E' as const, 'S' as const) }),
);

function write(writer: MessageWriter, message: Message): void {
  if (message.type === 'P') writer.parse(message.name, message.sql);
  else if (message.type === 'B') writer.bind(message.name, message.parameters);
  else if (message.type === 'D') writer.describePortal();
  else if (message.type === 'E') writer.execute();
  else writer.sync();
}

/** Reads what the writer wrote, by the formats of PostgreSQL's documentation. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  *messages(): IterableIterator<Message> {
    while (this.#at < this.#bytes.length) {
      const type = String.fromCharCode(this.#int(1));
      const end = this.#at + this.#int(4);
      if (type === 'P') {
        yield { type, name: this.#text(), sql: this.#text() };
        expect(this.#int(2)).toBe(0);
      } else if (type === 'B') {
        expect(this.#text()).toBe('');
        yield { type, name: this.#text(), parameters: this.#parameters() };
        expect(this.#int(2)).toBe(0);
      } else if (type === 'D') {
        expect([String.fromCharCode(this.#int(1)), this.#text()]).toEqual(['P', '']);
        yield { type };
      } else if (type === 'E') {
        expect([this.#text(), this.#int(4)]).toEqual(['', 0]);
        yield { type };
      } else {
        expect(type).toBe('S');
        yield { type: 'S' };
      }
      expect(this.#at).toBe(end);
    }
  }

  #parameters(): WireParameter[] {
    const formats = Array.from({ length: this.#int(2) }, () => this.#int(2));
    return Array.from({ length: this.#int(2) }, (_, i) => {
      const length = this.#int(4) | 0;
      if (length === -1) return null;
      const bytes = this.#bytes.subarray(this.#at, this.#at + length);
      this.#at += length;
      return formats[i] === 1 ? new Uint8Array(bytes) : bytes.toString();
    });
  }

  #int(size: number): number {
    this.#at += size;
    return this.#bytes.readUIntBE(this.#at - size, size);
  }

  #text(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }
}

describe('messages that are written one behind the other', () => {
  it('are read as what they were, whatever the room was at first', () => {
    fc.assert(
      fc.property(fc.array(anyMessage), fc.integer({ min: 0, max: 5_000 }), (messages, capacity) => {
        const writer = new MessageWriter(capacity);
        for (const message of messages) write(writer, message);
        expect(writer.length).toBe(writer.bytes.length);
        expect([...new Reader(writer.bytes).messages()]).toEqual(messages);
      }),
    );
  });
});
