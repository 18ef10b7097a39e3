import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readJson, readNdjson, writeNdjson } from '../../src/index.js';
import { entriesOf, latin1, pieces, saidBy } from '../support/entries.js';

const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
/** Keys without escapes: JSON.parse of V8 13.6 (Node 24) now and then mixes up those with one. */
const key = fc.string({ unit: 'grapheme', maxLength: 5 }).filter((text) => !/["\\\p{Cc}]/u.test(text));
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }).map((json): unknown => JSON.parse(JSON.stringify(json))),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }),
  fc.string({ unit: 'binary' }),
);
const plainKeys = (json: unknown): boolean =>
  typeof json !== 'object' ||
  json === null ||
  Object.entries(json).every(([name, item]) => !/["\\\p{Cc}]/u.test(name) && plainKeys(item));
const document = fc.dictionary(key, value, { maxKeys: 4 }).filter(plainKeys);
const runs = { numRuns: 150 };

async function written(documents: Record<string, unknown>[]): Promise<Buffer> {
  let text = '';
  for await (const block of writeNdjson(documents)) text += block;
  return Buffer.from(text);
}

/** What documents say; a whole number beyond 2^53 may be a bigint. */
const plain = (documents: readonly unknown[]) =>
  documents.map((item) =>
    Object.entries(item ?? {}).map(([name, value]) => [name, isLong(value) ? BigInt(String(value)) : value]),
  );
const isLong = (value: unknown): value is number =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(Number(value)) < 1e21;

describe('any documents', () => {
  it('are read back as they were written, wherever their bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(document, { maxLength: 5 }), cuts, async (documents, lengths) => {
        const said = await saidBy(readNdjson(pieces(await written(documents), lengths)));
        expect(plain(said.map(([, document]) => document))).toStrictEqual(plain(documents));
        expect(said.map(([line]) => line)).toEqual(documents.map((_, i) => i + 1));
      }),
      runs,
    );
  });

  it('are read of an array as of lines, wherever its bytes are cut', async () => {
    const space = fc.constantFrom('', ' ', '\n', '\r\n\t');
    await fc.assert(
      fc.asyncProperty(fc.array(document, { maxLength: 5 }), space, cuts, async (documents, gap, lengths) => {
        const lines = (await written(documents)).toString().trimEnd().split('\n').filter(Boolean);
        const array = `${gap}[${gap}${lines.join(`${gap},${gap}`)}${gap}]${gap}`;
        const entries = await entriesOf(readJson(pieces(Buffer.from(array), lengths)));
        expect(entries.map(({ raw }) => latin1(raw).toString())).toEqual(lines);
        expect(plain(entries.map((entry) => 'document' in entry && entry.document))).toStrictEqual(plain(documents));
      }),
      runs,
    );
  });
});

describe('any bytes', () => {
  const parts = ['{', '}', '[', ']', '"', ',', ':', '\n', '\\', '1', 'a', '\xe9', '\xc3\xa9', ' ', '{"a":1}', 'null'];
  const body = fc.array(fc.constantFrom(...parts), { maxLength: 25 }).map((list) => list.join(''));

  it('are the same lines wherever they are cut, which are made of their bytes', async () => {
    await fc.assert(
      fc.asyncProperty(body, cuts, async (text, lengths) => {
        const whole = await entriesOf(readNdjson(latin1(text)));
        expect(await entriesOf(readNdjson(pieces(latin1(text), lengths)))).toEqual(whole);
        const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
        const kept = lines.map((raw, i) => [i + 1, raw]).filter(([, raw]) => /[^ \n]/.test(String(raw)));
        expect(whole.map(({ line, raw }) => [line, raw])).toEqual(kept);
      }),
      runs,
    );
  });

  it('are the same array, or the same error, wherever they are cut, and an array if JSON.parse says so', async () => {
    const outcome = (bytes: Buffer, lengths: readonly number[]) =>
      entriesOf(readJson(pieces(bytes, lengths))).catch((error: unknown) => String(error));
    await fc.assert(
      fc.asyncProperty(body, cuts, async (text, lengths) => {
        const bytes = latin1(`[${text}]`);
        const whole = await outcome(bytes, [bytes.length]);
        expect(await outcome(bytes, lengths)).toEqual(whole);
        let parsed: unknown;
        try {
          parsed = JSON.parse(bytes.toString('latin1'));
        } catch {
          return;
        }
        expect(whole).toHaveLength(Array.isArray(parsed) ? parsed.length : -1);
      }),
      { numRuns: 400 },
    );
  });
});
