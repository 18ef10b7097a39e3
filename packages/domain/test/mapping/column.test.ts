import { describe, expect, it } from '@jest/globals';
import { column } from '@uno/domain';
import { sql } from 'kysely';

describe('a column', () => {
  it('is not null, has to be given and is named as its property unless it says otherwise', () => {
    expect(column.text()).toMatchObject({
      isNullable: false,
      insertMode: 'required',
      columnName: undefined,
      origin: undefined,
    });
  });

  it('is not changed by its methods, which give another', () => {
    const plain = column.text();
    const changed = plain.named('x').nullable().default('y');
    expect(plain).toMatchObject({ isNullable: false, insertMode: 'required', columnName: undefined });
    expect(changed).toMatchObject({ isNullable: true, insertMode: 'optional', columnName: 'x' });
    expect(Object.isFrozen(changed)).toBe(true);
  });

  it('keeps what was said before when something else is said', () => {
    const expression = sql`now()`;
    const made = column.timestamptz().default(expression).nullable().named('made_at');
    expect(made).toMatchObject({ isNullable: true, insertMode: 'optional', columnName: 'made_at' });
    expect(made.origin).toEqual({ kind: 'default', value: expression });
  });

  it('that is computed stays so when it may be NULL', () => {
    expect(column.text().computed(sql`upper(name)`).nullable().insertMode).toBe('never');
  });

  it('that counts is given by a new record or not, and never where it always counts', () => {
    expect(column.integer().generated()).toMatchObject({
      insertMode: 'optional',
      origin: { kind: 'identity', always: false },
    });
    expect(column.integer().generated('always').named('no')).toMatchObject({
      insertMode: 'never',
      origin: { kind: 'identity', always: true },
    });
  });

  it.each([
    ['smallint', column.smallint(), 'smallint'],
    ['integer', column.integer(), 'integer'],
    ['bigint', column.bigint(), 'bigint'],
    ['bigint as number', column.bigint({ as: 'number' }), 'bigint'],
    ['real', column.real(), 'real'],
    ['double', column.double(), 'double precision'],
    ['numeric', column.numeric(), 'numeric'],
    ['numeric with a scale', column.numeric(10, 2), 'numeric(10,2)'],
    ['boolean', column.boolean(), 'boolean'],
    ['varchar', column.varchar(10), 'varchar(10)'],
    ['char', column.char(2), 'char(2)'],
    ['uuid', column.uuid(), 'uuid'],
    ['date', column.date(), 'date'],
    ['time', column.time(), 'time'],
    ['timestamp', column.timestamp(), 'timestamp'],
    ['timestamptz', column.timestamptz(), 'timestamptz(3)'],
    ['timestamptz as text', column.timestamptz({ as: 'string' }), 'timestamptz'],
    ['json', column.json(), 'json'],
    ['jsonb', column.jsonb(), 'jsonb'],
    ['bytea', column.bytea(), 'bytea'],
    ['enumeration', column.enumeration('mood', ['sad', 'ok']), 'mood'],
    ['array', column.array(column.text()), 'text[]'],
    ['text in which others can be equal', column.text({ nondeterministic: 'a "b' }), 'text collate "a ""b"'],
    ['array of such text', column.array(column.text({ nondeterministic: 'loose' })), 'text[] collate "loose"'],
    ['array of arrays', column.array(column.array(column.integer())), 'integer[]'],
    ['any other type', column.ofType('int4range'), 'int4range'],
  ])('of %s is declared as such', (_, made, declared) => {
    expect(made.type.sql).toBe(declared);
  });
});
