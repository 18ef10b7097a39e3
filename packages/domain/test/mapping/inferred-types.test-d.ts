import {
  belongsTo,
  column,
  Entity,
  type FieldName,
  type FieldValue,
  hasMany,
  type KeyOf,
  type Loaded,
  mapEntity,
  type NewRecord,
  type RecordPatch,
  type RelationName,
  type UpdatableField,
} from '@uno/domain';
import type { JsonNull } from '@uno/postgres';
import { expectTypeOf } from 'expect-type';
import { sql } from 'kysely';
import type { City, Country, cities, countries, Visit, visits } from '../support/world.js';

// Names and values.
expectTypeOf<FieldName<typeof visits>>().toEqualTypeOf<'cityId' | 'day' | 'visitors' | 'note'>();
expectTypeOf<FieldValue<typeof cities, 'population'>>().toEqualTypeOf<number | null>();
expectTypeOf<FieldValue<typeof cities, 'status'>>().toEqualTypeOf<'village' | 'town'>();
expectTypeOf<FieldValue<typeof cities, 'createdAt'>>().toEqualTypeOf<Date>();
expectTypeOf<RelationName<typeof cities>>().toEqualTypeOf<'country' | 'sister'>();
expectTypeOf<RelationName<typeof visits>>().toEqualTypeOf<never>();
expectTypeOf<UpdatableField<typeof cities>>().toEqualTypeOf<
  'name' | 'countryId' | 'sisterId' | 'population' | 'status' | 'createdAt'
>();
expectTypeOf<typeof cities.tableName>().toEqualTypeOf<'city'>();

// Keys: the value itself, or an object of the fields.
expectTypeOf<KeyOf<typeof cities>>().toEqualTypeOf<number>();
expectTypeOf<KeyOf<typeof visits>>().toEqualTypeOf<{ readonly cityId: number; readonly day: string }>();

// New records: what the database fills in may be left out, what it computes may not be said.
expectTypeOf<{ name: string; countryId: number }>().toExtend<NewRecord<typeof cities>>();
expectTypeOf<{ name: string; countryId: number; id: undefined; population: null }>().toExtend<
  NewRecord<typeof cities>
>();
expectTypeOf<{ name: string }>().not.toExtend<NewRecord<typeof cities>>();
expectTypeOf<{ name: string; countryId: null }>().not.toExtend<NewRecord<typeof cities>>();
expectTypeOf<keyof NewRecord<typeof cities>>().toEqualTypeOf<
  'id' | 'name' | 'countryId' | 'sisterId' | 'population' | 'status' | 'createdAt'
>();
expectTypeOf<City>().toExtend<NewRecord<typeof cities>>();

// What is always generated is not given either, and still is the key.
class Ticket {
  id!: number;
  label!: string;
}
export const tickets = mapEntity(Ticket, {
  table: 'ticket',
  columns: { id: column.integer().generated('always'), label: column.text() },
});
expectTypeOf<keyof NewRecord<typeof tickets>>().toEqualTypeOf<'label'>();
expectTypeOf<UpdatableField<typeof tickets>>().toEqualTypeOf<'label'>();
expectTypeOf<KeyOf<typeof tickets>>().toEqualTypeOf<number>();
expectTypeOf<{ id: number }>().toExtend<RecordPatch<typeof tickets>>();
// @ts-expect-error it counts always, or unless a record says a number
column.integer().generated('sometimes');

// Patches: the key is needed, all else may be left out.
expectTypeOf<{ id: number }>().toExtend<RecordPatch<typeof cities>>();
expectTypeOf<{ name: string }>().not.toExtend<RecordPatch<typeof cities>>();
expectTypeOf<{ cityId: number }>().not.toExtend<RecordPatch<typeof visits>>();
expectTypeOf<{ cityId: number; day: string; note: null }>().toExtend<RecordPatch<typeof visits>>();

// What is not loaded is not in the type.
expectTypeOf<Loaded<typeof visits>>().toEqualTypeOf<Visit>();
expectTypeOf<Loaded<typeof cities>>().toEqualTypeOf<Omit<City, 'country' | 'sister'>>();
expectTypeOf<Loaded<typeof cities, readonly ['country']>['country']>().toEqualTypeOf<Omit<Country, 'cities'>>();
expectTypeOf<Loaded<typeof cities, readonly ['country']>>().not.toHaveProperty('sister');
expectTypeOf<Loaded<typeof cities, true>['sister']>().toEqualTypeOf<Omit<City, 'country' | 'sister'> | null>();
expectTypeOf<Loaded<typeof cities, true>['country']>().toEqualTypeOf<Omit<Country, 'cities'>>();
expectTypeOf<Loaded<typeof countries, true>['cities']>().toEqualTypeOf<Omit<City, 'country' | 'sister'>[]>();

// Every column type has its type in TypeScript.
class Every {
  id!: bigint;
  small!: number;
  exact!: string;
  tags!: (string | null)[];
  grid!: number[][];
  document!: { a: number } | JsonNull | null;
  bytes!: Uint8Array;
  stamp!: string;
}
export const every = mapEntity(Every, {
  table: 'every',
  schema: 'app',
  columns: {
    id: column.bigint().generated(),
    small: column.bigint({ as: 'number' }),
    exact: column.numeric(10, 2),
    tags: column.array(column.text().nullable()),
    grid: column.array(column.array(column.integer())),
    document: column.jsonb<{ a: number }>({ nullDocument: true }).nullable(),
    bytes: column.bytea(),
    stamp: column.timestamptz({ as: 'string' }),
  },
});
expectTypeOf(every.tableName).toEqualTypeOf<'app.every'>();
expectTypeOf<KeyOf<typeof every>>().toEqualTypeOf<bigint>();

// What must not compile in a mapping.
class Place extends Entity<number> {
  name!: string;
  size!: number | null;
  ownerId!: number;
  owner?: Place;
}
class Nameless {
  name!: string;
}

// @ts-expect-error there is no column `id`, so the key has to be said
mapEntity(Nameless, { table: 'x', columns: { name: column.text() } });
// @ts-expect-error the class inherits `id`, but it is not mapped
mapEntity(Place, { table: 'x', columns: { name: column.text() } });
mapEntity(Nameless, { table: 'x', columns: { name: column.text() }, key: 'name' });
// @ts-expect-error the key is misspelt
mapEntity(Nameless, { table: 'x', columns: { name: column.text() }, key: 'nmae' });
// @ts-expect-error a part of the key is misspelt
mapEntity(Place, { table: 'x', columns: { id: column.integer(), name: column.text() }, key: ['id', 'nmae'] });
// @ts-expect-error the field is misspelt
mapEntity(Place, { table: 'x', columns: { id: column.integer(), nmae: column.text() } });
// @ts-expect-error the property is a string
mapEntity(Place, { table: 'x', columns: { id: column.integer(), name: column.integer() } });
// @ts-expect-error the property may be null, the column not
mapEntity(Place, { table: 'x', columns: { id: column.integer(), size: column.integer() } });
// @ts-expect-error the column may be NULL, the property not
mapEntity(Place, { table: 'x', columns: { id: column.integer(), name: column.text().nullable() } });
// @ts-expect-error the property is a number, the column a bigint
mapEntity(Place, { table: 'x', columns: { id: column.bigint() } });
// @ts-expect-error the unique set names no field
mapEntity(Place, { table: 'x', columns: { id: column.integer() }, uniques: [['nmae']] });
mapEntity(Place, {
  table: 'x',
  columns: { id: column.integer(), ownerId: column.integer() },
  // @ts-expect-error the foreign key is no column of this mapping
  relations: { owner: belongsTo(() => Place, 'ownerID') },
});
// @ts-expect-error the foreign key is no property of the other class
hasMany(() => Place, 'ownerID');
// @ts-expect-error a default is of the column's type
column.text().default(5);
// @ts-expect-error as is the value of an enumerated type
column.enumeration('mood', ['sad', 'ok']).default('happy');
column.timestamptz().default(sql`now()`);
// @ts-expect-error an entity's key is a string, a number or a bigint
class Wrong extends Entity<Date> {}

export type { Wrong };
