import { randomUUID } from 'node:crypto';
import { type AnyMapping, columnList, type Execute, tableText } from '@uno/domain';
import { identifier, type Queryable, type TextResult, type TextStatement } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import { executeSql } from '../compute/scan-queries.js';
import type { Step } from '../engine/step.js';
import { unnestedValue, unnestTable } from '../statements/unnest-sql.js';

/** The rows that a sync is about. */
export interface PartOfTable {
  readonly mapping: AnyMapping;
  readonly db: Queryable;
  /** Which rows belong to it; `undefined` for all of the table. */
  readonly condition: RawBuilder<unknown> | undefined;
}

/**
 * The keys that a source has, in a temporary table of the transaction. Its name is that of one call alone, so that several
 * may be made in one transaction; its columns have the types and collations of the table's own.
 */
export class PresentKeys {
  readonly #part: PartOfTable;
  readonly #name = `pg_temp.${identifier(`uno_sync_${randomUUID()}`)}`;

  constructor(part: PartOfTable) {
    this.#part = part;
  }

  async create(execute: Execute): Promise<void> {
    const { mapping } = this.#part;
    const keys = mapping.keyFields.map(({ column }, i) => `${identifier(column)} as k${i}`).join(', ');
    const sql = `create temporary table ${this.#name} on commit drop as select ${keys} from ${tableText(mapping)} with no data`;
    await execute({ sql }, []);
  }

  /** The server drops it at COMMIT, which in a transaction of the caller's may be far. */
  async drop(execute: Execute): Promise<void> {
    await execute({ sql: `drop table ${this.#name}` }, []);
  }

  /** @param arrays - one array parameter a key field */
  async add(execute: Execute, arrays: readonly string[]): Promise<void> {
    await execute(this.#insertion(), arrays);
  }

  /**
   * Adds keys whose rows have just been written, and looks whether these lie in the part; one statement.
   *
   * @returns the position, from 1, of the first key whose row does not; `undefined` if all do
   */
  async addWritten(execute: Execute, arrays: readonly string[]): Promise<number | undefined> {
    const query = this.#additionOfWritten(arrays);
    if (query === undefined) {
      await this.add(execute, arrays);
      return undefined;
    }
    const { rows } = await this.#run(execute, query);
    const first = rows[0]?.[0];
    return first === undefined || first === null ? undefined : Number(first);
  }

  /**
   * What {@link addWritten} sends.
   *
   * @param indices - positions of the records
   */
  addingStep(arrays: readonly string[], indices: readonly number[]): Step {
    const step = { way: 'aside', why: 'the keys of the source are kept on the server', times: 1, indices } as const;
    const query = this.#additionOfWritten(arrays);
    if (query === undefined) return { ...step, sql: this.#insertion().sql, parameters: arrays.length };
    const { sql: text, parameters } = query.compile(this.#part.db);
    return { ...step, sql: text, parameters: parameters.length };
  }

  /** `undefined` where every row belongs to the part. */
  #additionOfWritten(arrays: readonly string[]): RawBuilder<unknown> | undefined {
    const { mapping, condition } = this.#part;
    if (condition === undefined) return undefined;
    const given = arrays.map((array, i) => sql`${array}::${sql.raw(arrayType(mapping, i))}`);
    const names = sql.raw([...mapping.keyFields.map((_, i) => `c${i}`), 'ord'].join(', '));
    const values = sql.raw(mapping.keyFields.map((field, i) => unnestedValue(field, i)).join(', '));
    const keys = sql.raw(columnList(mapping.keyFields));
    const same = sql.raw(
      mapping.keyFields.map((field, i) => `o.${identifier(field.column)} = ${unnestedValue(field, i)}`).join(' and '),
    );
    return sql`with u as materialized (select * from unnest(${sql.join(given)}) with ordinality as u(${names})),
        added as (insert into ${sql.raw(this.#name)} select ${values} from u)
        select min(u.ord) from u join (
          select ${keys} from ${sql.raw(tableText(mapping))} where (${condition}) is not true
        ) as o on ${same}`;
  }

  /** Tells the planner how many there are, which it would guess to be few. */
  async analyze(execute: Execute): Promise<void> {
    await execute({ sql: `analyze ${this.#name}` }, []);
  }

  /** How many rows of the part have none of the keys. */
  async countMissing(execute: Execute): Promise<number> {
    const { rows } = await this.#run(execute, sql`select count(*) from ${this.#table} where ${this.#missing}`);
    return Number(rows[0]?.[0]);
  }

  /** Deletes those rows, and gives their number. */
  async deleteMissing(execute: Execute): Promise<number> {
    const { affected } = await this.#run(execute, sql`delete from ${this.#table} where ${this.#missing}`);
    return affected;
  }

  /** The same, with their keys, of which `most` come back at most. */
  async deleteMissingWithKeys(
    execute: Execute,
    most: number,
  ): Promise<{ readonly deleted: number; readonly keys: readonly (readonly string[])[] }> {
    const returned = sql.raw(columnList(this.#part.mapping.keyFields, 't'));
    const { rows } = await this.#run(
      execute,
      sql`with d as (delete from ${this.#table} where ${this.#missing} returning ${returned})
        select count(*) over (), d.* from d limit ${most}::bigint`,
    );
    return { deleted: Number(rows[0]?.[0] ?? 0), keys: rows.map(([, ...key]) => key.map(String)) };
  }

  get #table(): RawBuilder<unknown> {
    return sql.raw(`${tableText(this.#part.mapping)} as t`);
  }

  get #missing(): RawBuilder<unknown> {
    const same = this.#part.mapping.keyFields.map(({ column }, i) => `s.k${i} = t.${identifier(column)}`);
    const isAbsent = sql.raw(`not exists (select from ${this.#name} as s where ${same.join(' and ')})`);
    const { condition } = this.#part;
    return condition === undefined ? isAbsent : sql`(${condition}) and ${isAbsent}`;
  }

  #insertion(): TextStatement {
    const { keyFields } = this.#part.mapping;
    const values = keyFields.map((field, i) => unnestedValue(field, i)).join(', ');
    return { sql: `insert into ${this.#name} select ${values} from ${unnestTable(keyFields, { ordinality: false })}` };
  }

  #run(execute: Execute, query: RawBuilder<unknown>): Promise<TextResult> {
    return executeSql(execute, this.#part.db, query);
  }
}

/** How many rows lie in a part. */
export async function countPart(execute: Execute, { mapping, db, condition }: PartOfTable): Promise<number> {
  const where = condition === undefined ? sql`` : sql` where ${condition}`;
  const { rows } = await executeSql(execute, db, sql`select count(*) from ${sql.raw(tableText(mapping))}${where}`);
  return Number(rows[0]?.[0]);
}

function arrayType({ keyFields }: AnyMapping, position: number): string {
  const type = keyFields[position]?.type;
  return `${type?.unnestsApart ? 'text' : (type?.sql ?? 'text')}[]`;
}
