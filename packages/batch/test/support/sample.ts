import { column, mapEntity } from '@uno/domain';
import type { Json, JsonNull } from '@uno/postgres';
import { sql } from 'kysely';

/** An entity with a column of every type. */
export class Sample {
  id!: number;
  tag!: string | null;
  count!: number;
  big!: bigint | null;
  bigNumber!: number | null;
  ratio!: number | null;
  single!: number | null;
  amount!: string | null;
  flag!: boolean;
  title!: string;
  code!: string | null;
  fixed!: string | null;
  uid!: string | null;
  day!: string | null;
  at!: Date | null;
  exactAt!: string | null;
  local!: string | null;
  clock!: string | null;
  data!: Json | JsonNull | null;
  raw!: Json | JsonNull | null;
  bytes!: Uint8Array | null;
  mood!: 'good' | 'so "so"' | "it's bad" | null;
  numbers!: number[] | null;
  words!: (string | null)[] | null;
  matrix!: number[][] | null;
  span!: string | null;
  doubled!: number | null;
}

/** `tag` is unique and `count` is checked by the tests' own constraint, so that records can be refused. */
export const samples = mapEntity(Sample, {
  table: 'sample "of" types',
  schema: 'Odd schema',
  columns: {
    id: column.integer(),
    tag: column.text().nullable(),
    count: column.smallint().default(7),
    big: column.bigint().nullable(),
    bigNumber: column.bigint({ as: 'number' }).named('big number').nullable(),
    ratio: column.double().nullable(),
    single: column.real().nullable(),
    amount: column.numeric(30, 4).nullable(),
    flag: column.boolean().default(sql`1 = 1`),
    title: column.text().named('select').default('un"titled\\'),
    code: column.varchar(8).nullable(),
    fixed: column.char(4).nullable(),
    uid: column.uuid().nullable(),
    day: column.date().nullable(),
    at: column.timestamptz().nullable(),
    exactAt: column.timestamptz({ as: 'string' }).named('exact_at').nullable(),
    local: column.timestamp().nullable(),
    clock: column.time().nullable(),
    data: column.jsonb({ nullDocument: true }).nullable(),
    raw: column.json({ nullDocument: true }).nullable(),
    bytes: column.bytea().nullable(),
    mood: column.enumeration('mood', ['good', 'so "so"', "it's bad"]).nullable(),
    numbers: column.array(column.integer()).nullable(),
    words: column.array(column.text().nullable()).nullable(),
    matrix: column.array(column.array(column.integer())).nullable(),
    span: column.ofType('int4range').nullable(),
    doubled: column.integer().nullable().computed(sql`count * 2`),
  },
  uniques: [['tag']],
});
