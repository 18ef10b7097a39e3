import { describe, expect, it } from '@jest/globals';
import { column, mapEntity } from '@uno/domain';
import { copyField, copyLine } from '@uno/postgres';
import fc from 'fast-check';
import { WorkItem } from '../../src/shapes/work-item.js';
import { CopyLines } from '../../src/statements/copy-lines.js';

class Note {
  id!: number;
  body!: string | null;
  more!: string | null;
}
const notes = mapEntity(Note, {
  table: 'note',
  columns: { id: column.integer(), body: column.text().nullable(), more: column.text().nullable() },
});

const text = fc.option(
  fc.oneof(
    fc.constantFrom('', '\\', '\\N', '\t', 'a\tb', '\n', '\r', 'é', '😀', 'plain', '"', 'x'.repeat(70_000)),
    fc.string({ unit: 'grapheme', maxLength: 30 }).filter((value) => !value.includes('\0') && value.isWellFormed()),
  ),
  { nil: null },
);
const records = fc.array(fc.record({ id: fc.integer({ min: 0, max: 99 }), body: text, more: text }), { maxLength: 20 });

const linesOf = (list: readonly Note[], spare?: Buffer) => {
  const lines = new CopyLines(spare);
  for (const [i, record] of list.entries()) lines.add(notes, notes.fields, WorkItem.ofNew(notes, record, i));
  return lines;
};
const shown = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const bare = notes.fields.map(({ type }) => type.bare);

describe('the lines of a COPY', () => {
  it('are those that are written field by field, whatever the memory was before', () => {
    fc.assert(
      fc.property(records, fc.nat(200), (list, size) => {
        const expected = list.map(({ id, body, more }) => copyLine([String(id), body, more], bare)).join('');
        expect(shown(linesOf(list, Buffer.alloc(size, 'rest')).data)).toBe(expected);
      }),
    );
  });

  it('take more fields at their ends', () => {
    fc.assert(
      fc.property(records, text, (list, last) => {
        const expected = list
          .map(({ id, body, more }) => copyLine([String(id), body, more, last], [...bare, false]))
          .join('');
        expect(
          shown(
            linesOf(list).withMore(
              [],
              list.map(() => [last]),
            ).data,
          ),
        ).toBe(expected);
      }),
    );
  });

  it('say which record has a value that its type cannot hold', () => {
    const wrong = [
      { id: 1, body: null, more: null },
      { id: 2 ** 40, body: copyField(null, true), more: null },
    ];
    expect(() => linesOf(wrong)).toThrow('Note record 1, field "id"');
  });
});
