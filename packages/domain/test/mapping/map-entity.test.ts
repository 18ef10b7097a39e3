import { describe, expect, it } from '@jest/globals';
import {
  belongsTo,
  column,
  Entity,
  hasMany,
  manyToMany,
  mapEntity,
  type ResolvedRelation,
  resolveRelation,
} from '@uno/domain';
import { ConfigError } from '@uno/postgres';
import { mappingOfClass } from '../../src/mapping/mapping-registry.js';
import { Topic, volumes } from '../support/archive.js';
import { cities, countries, visits } from '../support/world.js';
import { failureOf } from '../support/wrong.js';

class Thing extends Entity<number> {
  name!: string;
  ownerId!: number | null;
  owner?: Thing | null;
}

const columns = {
  id: column.integer().generated(),
  name: column.text(),
  ownerId: column.integer().nullable(),
};

/** Maps Thing with a configuration that TypeScript would refuse. */
function map(config: object): () => unknown {
  return () => Reflect.apply(mapEntity, undefined, [Thing, { table: 'thing', columns, ...config }]);
}

describe('mapEntity refuses', () => {
  it.each([
    ['a key that is no field', { key: 'nope' }, 'Thing has no field "nope". It has: id, name, ownerId.'],
    ['a key one part of which is no field', { key: ['id', 'nope'] }, 'Thing has no field "nope"'],
    ['a key without fields', { key: [] }, 'thing: a key has at least one field.'],
    ['no key at all', { columns: { name: column.text() } }, 'Thing has no field "id". It has: name.'],
    [
      'two fields with one column',
      { columns: { ...columns, other: column.text().named('name') } },
      'thing: the fields "name" and "other" have the same column "name".',
    ],
    ['a field called "and"', { columns: { ...columns, and: column.text() } }, 'a field cannot be called "and"'],
    ['a field called "or"', { columns: { ...columns, or: column.text() } }, 'a field cannot be called "or"'],
    ['a field called "not"', { columns: { ...columns, not: column.text() } }, 'a field cannot be called "not"'],
    [
      'a field that every object has',
      { columns: { ...columns, toString: column.text() } },
      'a field cannot be called "toString", which every object has already',
    ],
    ['an empty table name', { table: '' }, 'The table "": a name takes 1 to 63 bytes'],
    ['a table name of 64 bytes', { table: 'x'.repeat(64) }, 'a name takes 1 to 63 bytes'],
    ['a table name of 63 characters and more bytes', { table: 'é'.repeat(40) }, 'a name takes 1 to 63 bytes'],
    ['a table name with U+0000', { table: 'a\0b' }, 'without U+0000'],
    ['a column name that is too long', { columns: { ...columns, ['y'.repeat(64)]: column.text() } }, '1 to 63 bytes'],
    ['a column name that is empty', { columns: { ...columns, name: column.text().named('') } }, 'the column of name'],
    ['a schema name that is too long', { schema: 'z'.repeat(64) }, 'The schema "zzz'],
    ['a schema before a dot in the table', { table: 'a.b' }, 'name its schema in `schema`, not before a dot'],
    [
      'a relation that is called like a field',
      { relations: { name: belongsTo(() => Thing, 'ownerId') } },
      'thing: "name" is a field and a relation.',
    ],
    [
      'a foreign key that is no field',
      { relations: { owner: belongsTo(() => Thing, 'ownerID') } },
      'Thing has no field "ownerID". It has: id, name, ownerId.',
    ],
    [
      'a foreign key of several fields one of which is none',
      { relations: { owner: belongsTo(() => Thing, ['ownerId', 'ownerID']) } },
      'Thing has no field "ownerID". It has: id, name, ownerId.',
    ],
    [
      'a foreign key without fields',
      { relations: { owner: belongsTo(() => Thing, []) } },
      'thing: the foreign key of "owner" is one field, or several that differ.',
    ],
    [
      'a foreign key that has a field twice',
      { relations: { things: hasMany(() => Thing, ['ownerId', 'ownerId']) } },
      'thing: the foreign key of "things" is one field, or several that differ.',
    ],
    [
      'a relation with a dot in its name',
      { relations: { 'the.owner': belongsTo(() => Thing, 'ownerId') } },
      'thing: a relation cannot be called "the.owner". Its name has no dot',
    ],
    ['a unique set over an unknown field', { uniques: [['name', 'nmae']] }, 'Thing has no field "nmae"'],
  ])('%s', async (_, config, message) => {
    const error = await failureOf(ConfigError, map(config));
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ code: 'UNO_CONFIG', retry: 'never' });
  });

  it('accepts names of 63 bytes and Unicode in them', () => {
    const table = `${'ü'.repeat(31)}x`;
    expect(mapEntity(Thing, { table, columns }).tableName).toBe(table);
  });
});

describe('a mapping', () => {
  it('tells its table, fields and key', () => {
    expect(cities.name).toBe('City');
    expect(cities.tableName).toBe('city');
    expect(cities.tablePath).toEqual(['city']);
    expect(cities.key).toEqual(['id']);
    expect(cities.field('countryId')).toMatchObject({ column: 'country_id', position: 2, isKey: false });
    expect(visits.keyFields.map((field) => field.column)).toEqual(['city_id', 'day']);
  });

  it('puts the schema before the table', () => {
    const mapping = mapEntity(Thing, { table: 'thing', schema: 'app', columns });
    expect(mapping.tableName).toBe('app.thing');
    expect(mapping.tablePath).toEqual(['app', 'thing']);
  });

  it('lists the fields that there are when asked for another', async () => {
    const error = await failureOf(ConfigError, () => countries.field('nmae'));
    expect(error.message).toBe('Country has no field "nmae". It has: id, name, code.');
  });

  it('lists the relations that there are when asked for another', async () => {
    const error = await failureOf(ConfigError, () => cities.relation('contry'));
    expect(error.message).toBe('City has no relation "contry". It has: country, sister.');
  });

  it('says so when there are no relations, and finds none that every object has', async () => {
    const error = await failureOf(ConfigError, () => visits.relation('constructor'));
    expect(error.message).toBe('Visit has no relation "constructor". It has: none.');
  });

  it('cannot be changed, nor can the configuration that it was made from reach it', () => {
    const config = {
      table: 'thing',
      columns: { ...columns },
      key: ['id' as const],
      relations: { owner: belongsTo(() => Thing, 'ownerId') },
      uniques: [['name' as const]],
    } as const;
    const mapping = mapEntity(Thing, config);
    Object.assign(config.columns, { late: column.text() });
    for (const part of [
      mapping,
      mapping.columns,
      mapping.key,
      mapping.relations,
      mapping.relations.owner,
      mapping.uniques,
      mapping.uniques[0],
      mapping.fields,
      mapping.fields[0],
      mapping.keyFields,
      mapping.tablePath,
      mapping.columns.name,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(mapping.findField('late')).toBeUndefined();
    expect(() => Object.assign(mapping, { tableName: 'other' })).toThrow(TypeError);
  });

  it('says whether the text of a key can stand for a row', () => {
    expect(cities.hasTextKey).toBe(true);
    expect(visits.hasTextKey).toBe(true);
    class Price {
      amount!: string;
    }
    expect(mapEntity(Price, { table: 'price', columns: { amount: column.numeric() }, key: 'amount' }).hasTextKey).toBe(
      false,
    );
  });
});

describe('manyToMany refuses', () => {
  const given = { through: 'thing_thing', foreignKey: 'a', otherKey: 'b' };
  it.each<[string, object, string]>([
    [
      'an unknown option',
      { table: 'x' },
      'manyToMany has no option "table". Known are: through, schema, foreignKey, otherKey.',
    ],
    ['an empty table', { through: '' }, 'manyToMany: the table "": a name takes 1 to 63 bytes'],
    ['no column', { foreignKey: [] }, 'manyToMany: foreignKey names one column, or several that differ.'],
    ['a column twice', { otherKey: ['b', 'b'] }, 'manyToMany: otherKey names one column, or several that differ.'],
  ])('%s', async (_, options, message) => {
    const error = await failureOf(ConfigError, () => manyToMany(() => Thing, { ...given, ...options }));
    expect(error.message).toContain(message);
  });
});

describe('a relation with both of its ends', () => {
  it('tells the fields on both sides', () => {
    const sides = ({ sourceFields, targetFields }: ResolvedRelation) =>
      [sourceFields, targetFields].map((fields) => fields.map(({ column: name }) => name));
    expect(sides(resolveRelation(cities, 'country'))).toEqual([['country_id'], ['id']]);
    expect(sides(resolveRelation(countries, 'cities'))).toEqual([['id'], ['country_id']]);
    const toTopics = resolveRelation(volumes, 'topics');
    expect(sides(toTopics)).toEqual([['id'], ['code']]);
    expect(toTopics.link).toEqual({
      path: ['volume_topic'],
      sourceColumns: ['volume_id'],
      targetColumns: ['topic_code'],
    });
  });

  it('is refused where a table between them has not as many columns as a key', async () => {
    class Pair {
      a!: number;
      b!: number;
    }
    const pairs = mapEntity(Pair, {
      table: 'pair',
      columns: { a: column.integer(), b: column.integer() },
      key: ['a', 'b'],
      relations: { topics: manyToMany(() => Topic, { through: 'x', foreignKey: 'a', otherKey: 'code' }) },
    });
    const error = await failureOf(ConfigError, () => resolveRelation(pairs, 'topics'));
    expect(error.message).toBe(
      'The relation Pair.topics: foreignKey has 1 part(s), a, and the key of Pair has 2: a, b. Name one for each, in this order.',
    );
  });
});

describe('the target of a relation', () => {
  it('has to be mapped by the time it is loaded', async () => {
    class Unmapped {}
    const error = await failureOf(ConfigError, () => mappingOfClass(Unmapped, 'The relation Thing.owner'));
    expect(error.message).toBe(
      'The relation Thing.owner needs the class Unmapped, which is not mapped. Call mapEntity(Unmapped, …) first.',
    );
  });

  it('is found by its class, in the latest mapping', () => {
    class Twice extends Entity<number> {}
    mapEntity(Twice, { table: 'once', columns: { id: column.integer() } });
    const latest = mapEntity(Twice, { table: 'twice', columns: { id: column.integer() } });
    expect(mappingOfClass(Twice, 'A test')).toBe(latest);
  });

  it('may be named before it is defined', () => {
    expect(hasMany(() => Thing, 'ownerId')).toMatchObject({ kind: 'hasMany', foreignKey: 'ownerId' });
  });
});
