import { describe, expect, it } from '@jest/globals';
import { column, mapEntity } from '@uno/domain';
import { ValidationError } from '@uno/postgres';
import { failureOf } from '../support/wrong.js';

class Sample {
  id!: number;
  at!: Date | null;
  tags!: string[];
  bytes!: Uint8Array;
  mood!: 'sad' | 'ok';

  get first(): string | undefined {
    return this.tags[0];
  }
}

const samples = mapEntity(Sample, {
  table: 'sample',
  columns: {
    id: column.bigint({ as: 'number' }),
    at: column.timestamptz().nullable(),
    tags: column.array(column.text()),
    bytes: column.bytea(),
    mood: column.enumeration('mood', ['sad', 'ok']),
  },
});

const row = ['7', '2024-02-29 12:00:00+00', '{a,b}', '\\x0102', 'ok'];

describe('a row', () => {
  it('becomes an entity of the class, with its methods', () => {
    const sample = samples.hydrate(row);
    expect(sample).toBeInstanceOf(Sample);
    expect(sample).toEqual(
      Object.assign(new Sample(), {
        id: 7,
        at: new Date('2024-02-29T12:00:00Z'),
        tags: ['a', 'b'],
        bytes: new Uint8Array([1, 2]),
        mood: 'ok',
      }),
    );
    expect(sample.first).toBe('a');
  });

  it('gives null for NULL', () => {
    expect(samples.hydrate(['7', null, '{}', '\\x', 'ok']).at).toBeNull();
  });

  it.each([
    ['a bigint that no number holds', ['9007199254740993', null, '{}', '\\x', 'ok'], 'id', 'beyond 2^53 - 1'],
    ['an infinite time', ['7', 'infinity', '{}', '\\x', 'ok'], 'at', "{ as: 'string' }"],
    ['a label that the mapping does not know', ['7', null, '{}', '\\x', 'new'], 'mood', 'not a label of mood'],
    ['an array with nulls', ['7', null, '{NULL}', '\\x', 'ok'], 'tags', 'null elements'],
  ])('with %s is an error that names the field', async (_, wrong, field, reason) => {
    const error = await failureOf(ValidationError, () => samples.hydrate(wrong));
    expect(error.field).toBe(field);
    expect(error.message).toContain(`Sample.${field} cannot be read as`);
    expect(error.message).toContain(reason);
    expect(error.cause).toBeInstanceOf(RangeError);
  });
});

describe('a snapshot', () => {
  it('shares nothing that can be changed with the entity it was taken from', () => {
    const sample = samples.hydrate(row);
    const snapshot = samples.snapshot(sample);
    sample.at?.setTime(0);
    sample.tags.push('c');
    sample.bytes[0] = 9;
    expect(samples.restore(snapshot)).toEqual(samples.hydrate(row));
  });

  it('shares nothing that can be changed with the entities that are made from it', () => {
    const snapshot = samples.snapshot(samples.hydrate(row));
    const first = samples.restore(snapshot);
    first.tags.push('c');
    first.bytes[0] = 9;
    first.at?.setTime(0);
    expect(samples.restore(snapshot)).toEqual(samples.hydrate(row));
  });

  it('keeps NULLs', () => {
    const sample = samples.hydrate(['7', null, '{}', '\\x', 'ok']);
    expect(samples.restore(samples.snapshot(sample)).at).toBeNull();
  });
});
