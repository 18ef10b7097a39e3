import type { BatchOperations, ExecuteSqlResult, ExecuteSqlTotals, SqlResult } from '@uno/batch';
import { expectTypeOf } from 'expect-type';
import type { Town, towns } from '../support/town.js';

/** The rows are of the type that the caller names; parameters are values, and never nothing. */
export async function executeSql(operations: BatchOperations<typeof towns>): Promise<void> {
  const sql = 'select * from town where id = $1';

  const plain = await operations.batchExecuteSql(sql, [[1], ['2'], [3n], [null], [new Date()], [[1, 2]], [{ a: 1 }]]);
  expectTypeOf(plain).toEqualTypeOf<ExecuteSqlResult<Record<string, unknown>>>();
  expectTypeOf(plain.results[0]).toEqualTypeOf<SqlResult<Record<string, unknown>> | undefined>();
  expectTypeOf(plain.results[0]?.rows[0]?.['id']).toBeUnknown();

  const typed = await operations.batchExecuteSql<Town>(sql, [[1]], { returnRows: true, strategy: 'pipelined' });
  expectTypeOf(typed.results[0]?.rows[0]).toEqualTypeOf<Town | undefined>();
  expectTypeOf(typed.affected).toEqualTypeOf<number>();
  const narrow = await operations.batchExecuteSql<Pick<Town, 'id'>>(sql, [[1]], { returnRows: undefined });
  expectTypeOf(narrow.results[0]?.rows[0]?.id).toEqualTypeOf<number | undefined>();

  const totals = await operations.batchExecuteSql(sql, [[1]], { returnRows: false });
  expectTypeOf(totals).toEqualTypeOf<ExecuteSqlTotals>();
  expectTypeOf(totals).not.toHaveProperty('results');

  async function* many(): AsyncGenerator<[number, string]> {
    yield [1, 'Bern'];
  }
  await operations.batchExecuteSql(sql, many(), { keyOf: ([id]) => String(id), tables: [], kind: 'update' });
  await operations.batchExecuteSql(sql, new Set([[1] as const]), { onRecordError: 'skip', maxFailures: 1 });

  // @ts-expect-error undefined is no value: null is NULL
  await operations.batchExecuteSql(sql, [[undefined]]);
  // @ts-expect-error a set is a list
  await operations.batchExecuteSql(sql, [1]);
  // @ts-expect-error there is no such option
  await operations.batchExecuteSql(sql, [[1]], { outcomes: true });
  // @ts-expect-error there is no such kind
  await operations.batchExecuteSql(sql, [[1]], { kind: 'truncate' });
  // @ts-expect-error tables are mappings
  await operations.batchExecuteSql(sql, [[1]], { tables: ['town'] });
  // @ts-expect-error a row is an object
  await operations.batchExecuteSql<number>(sql, [[1]]);
  // @ts-expect-error what came back is not to be changed
  totals.affected = 5;
  // @ts-expect-error nor are the results
  plain.results.pop();
}
