import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations } from '@uno/batch';
import type { AnyMapping, KeyOf, RecordStatus, WriteResult } from '@uno/domain';
import { type KindOfTable, labelFor, type Promised } from './kind-of-table.js';
import { type OpenTable, openTable, type ShownRow } from './open-table.js';

/** A single query is the first chunk of the others, so that it is done only where `UNO_SWEEP=all` asks for everything. */
const strategies = (['chunked', 'parallel', 'single_query'] as const).slice(
  0,
  process.env['UNO_SWEEP'] === 'all' ? 3 : 2,
);
const batchSize = 10;
/** Records of a test: three chunks. */
const count = 24;
const numbers = Array.from({ length: count }, (_, number) => number);

/**
 * Every operation on a kind of table, under several strategies: what it gives, in which order, what it counts, what
 * PostgreSQL shows of the table afterwards, and that the number of statements does not grow with that of the records.
 */
export function behavesAsTable<M extends AnyMapping>(name: string, kind: KindOfTable<M>): void {
  describe(name, () => {
    let table: OpenTable;

    beforeAll(async () => {
      table = await openTable(kind.make, kind.role);
    });
    afterAll(() => table.close());
    beforeEach(async () => {
      await table.run(kind.empty);
      table.sent.length = 0;
    });

    describe.each(strategies)('under %s', (executionStrategy) => {
      let operations: BatchOperations<M>;

      beforeEach(() => {
        operations = new BatchOperations({
          table: kind.mapping,
          db: table.db,
          config: { executionStrategy, batchSize },
        });
      });

      function promise(what: Promised, title: string, run: () => Promise<void>): void {
        const gap = kind.gaps?.[what];
        if (gap === undefined) it(`${what}: ${title}`, run);
        else it.failing(`${what}: ${title} (not yet: ${gap})`, run);
      }

      /** Stores the first of the records in version 0. */
      async function stored(howMany: number): Promise<KeyOf<M>[]> {
        const records = numbers.slice(0, howMany).map((number) => kind.record(number, 0));
        const { models } = await operations.batchInsert(records, { returnModels: true });
        table.sent.length = 0;
        return models.map((model) => kind.keyOf(model));
      }

      async function expectShown(rows: readonly ShownRow[]): Promise<void> {
        expect(await table.run(kind.shown)).toEqual(rows);
      }

      /** A few statements a chunk, and some that look something up. */
      function expectInSets(what: Promised, result?: WriteResult): void {
        if (kind.oneByOne?.[what] !== undefined) return;
        const chunks = executionStrategy === 'single_query' ? 1 : Math.ceil(count / batchSize);
        const queries = table.sent.filter((text) => /^\s*(with|select|insert|update|delete|merge)\b/i.test(text));
        expect(queries.length).toBeLessThanOrEqual(4 * chunks + 2);
        expect(result?.individually ?? 0).toBe(0);
      }

      promise('insert', 'counts the records and stores them', async () => {
        const result = await operations.batchInsert(numbers.map((number) => kind.record(number, 0)));
        expect(result).toMatchObject({ ...nothing, total: count, inserted: count });
        expectInSets('insert', result);
        await expectShown(numbers.map((number) => kind.row(number, 0)));
      });

      promise('insert with models', 'gives the entities in the order of the records', async () => {
        const order = numbers.toReversed();
        const records = order.map((number) => kind.record(number, 0));
        const result = await operations.batchInsert(records, { returnModels: true, outcomes: true });
        expect(result).toMatchObject({ ...nothing, total: count, inserted: count });
        expect(result.models.map((model) => kind.labelOf(model))).toEqual(order.map(labelFor));
        expect(result.outcomes).toMatchObject(order.map((_, index) => ({ index, status: 'inserted' })));
        expectInSets('insert with models', result);
        await expectShown(numbers.map((number) => kind.row(number, 0)));
        const keys = result.models.map((model) => kind.keyOf(model));
        expect(await operations.batchGet(keys)).toEqual(result.models);
      });

      promise('get', 'gives the entities in the order of the keys, again and again', async () => {
        const keys = await stored(count);
        const order = [...numbers.toReversed(), 3, 3, -1, 0];
        const found = await operations.batchGet(order.map((number) => keys[number] ?? kind.absent));
        expect(found.map((model) => model && kind.labelOf(model))).toEqual(
          order.map((number) => (number < 0 ? undefined : labelFor(number))),
        );
        expectInSets('get');
      });

      promise('update', 'changes the rows of the keys, and passes over one that is not there', async () => {
        const keys = await stored(count);
        const order = [...numbers.slice(4).toReversed(), -1];
        const patches = order.map((number) => kind.patch(keys[number] ?? kind.absent, Math.max(number, 0), 1));
        const result = await operations.batchUpdate(patches, { outcomes: true });
        expect(result).toMatchObject({ ...nothing, total: 21, updated: 20, skipped: 1 });
        expect(result.outcomes.map(({ status }) => status)).toEqual(
          order.map((number): RecordStatus => (number < 0 ? 'skipped' : 'updated')),
        );
        expectInSets('update', result);
        await expectShown(numbers.map((number) => kind.row(number, number < 4 ? 0 : 1)));
      });

      const toUpsert = (number: number, version: number) => (kind.toUpsert ?? kind.record)(number, version);

      /** A third of the records is new, a third changed, a third as it is. */
      const thirds = numbers.map(
        (number) => (['unchanged', 'updated', 'inserted'] as const)[number % 3] ?? 'unchanged',
      );

      /** Stores what is to be there, and gives the records to be upserted, from the last to the first. */
      async function upserted() {
        const before = numbers.filter((number) => thirds[number] !== 'inserted');
        await operations.batchInsert(before.map((number) => toUpsert(number, 0)));
        table.sent.length = 0;
        return numbers.toReversed().map((number) => toUpsert(number, thirds[number] === 'updated' ? 1 : 0));
      }

      const afterUpsert = () => numbers.map((number) => kind.row(number, thirds[number] === 'updated' ? 1 : 0));

      promise('upsert', 'tells new, changed and unchanged rows apart', async () => {
        const result = await operations.batchUpsert(await upserted(), kind.upsertBy);
        expect(result).toMatchObject({ ...nothing, total: count, inserted: 8, updated: 8, unchanged: 8 });
        expectInSets('upsert', result);
        await expectShown(afterUpsert());
      });

      promise(
        'upsert with models',
        'gives the entities in the order of the records, and what became of each',
        async () => {
          const options = { ...kind.upsertBy, returnModels: true, outcomes: true } as const;
          const result = await operations.batchUpsert(await upserted(), options);
          expect(result).toMatchObject({ ...nothing, total: count, inserted: 8, updated: 8, unchanged: 8 });
          expect(result.models.map((model) => kind.labelOf(model))).toEqual(numbers.toReversed().map(labelFor));
          expect(result.outcomes.map(({ status }) => status)).toEqual(thirds.toReversed());
          expectInSets('upsert with models', result);
          await expectShown(afterUpsert());
          const keys = result.models.map((model) => kind.keyOf(model));
          expect(await operations.batchGet(keys)).toEqual(result.models);
        },
      );

      promise('delete', 'removes the rows of the keys, and passes over one that is not there', async () => {
        const keys = await stored(count);
        const order = [20, 7, -1, 3, 15];
        const doomed = order.map((number) => keys[number] ?? kind.absent);
        const result = await operations.batchDelete(doomed, { outcomes: true });
        expect(result).toMatchObject({ ...nothing, total: 5, deleted: 4, skipped: 1 });
        expect(result.outcomes.map(({ status }) => status)).toEqual(
          order.map((number): RecordStatus => (number < 0 ? 'skipped' : 'deleted')),
        );
        const left = numbers.filter((number) => !order.includes(number));
        await expectShown(left.map((number) => kind.row(number, 0)));
        const all = await operations.batchDelete(keys);
        expect(all).toMatchObject({ ...nothing, total: count, deleted: 20, skipped: 4 });
        expectInSets('delete', all);
        await expectShown([]);
      });

      promise('skip on insert', 'leaves out the record that PostgreSQL refuses', async () => {
        const records = numbers.map((number) => (number === 13 ? kind.bad.record : kind.record(number, 0)));
        const result = await operations.batchInsert(records, { onRecordError: 'skip' });
        expect(result).toMatchObject({ ...nothing, total: count, inserted: 23, failed: 1 });
        expect(result.failures).toMatchObject([{ index: 13, error: { sqlstate: kind.bad.sqlstate } }]);
        await expectShown(numbers.filter((number) => number !== 13).map((number) => kind.row(number, 0)));
      });

      promise('skip on update', 'leaves out the record that PostgreSQL refuses', async () => {
        const keys = await stored(count);
        const { badPatch = { amount: -1 } } = kind;
        const patches = keys.map((key, number) => {
          const patch = kind.patch(key, number, 1);
          return number === 13 ? { ...patch, ...badPatch } : patch;
        });
        const result = await operations.batchUpdate(patches, { onRecordError: 'skip' });
        expect(result).toMatchObject({ ...nothing, total: count, updated: 23, failed: 1 });
        expect(result.failures).toMatchObject([{ index: 13 }]);
        await expectShown(numbers.map((number) => kind.row(number, number === 13 ? 0 : 1)));
      });

      promise('skip on upsert', 'leaves out the record that PostgreSQL refuses', async () => {
        await operations.batchInsert(numbers.slice(0, 12).map((number) => toUpsert(number, 0)));
        const records = numbers.map((number) => (number === 13 ? kind.bad.record : toUpsert(number, 1)));
        const result = await operations.batchUpsert(records, { ...kind.upsertBy, onRecordError: 'skip' });
        expect(result).toMatchObject({ ...nothing, total: count, inserted: 11, updated: 12, failed: 1 });
        expect(result.failures).toMatchObject([{ index: 13, error: { sqlstate: kind.bad.sqlstate } }]);
        await expectShown(numbers.filter((number) => number !== 13).map((number) => kind.row(number, 1)));
      });
    });
  });
}

const nothing = { inserted: 0, updated: 0, unchanged: 0, deleted: 0, skipped: 0, failed: 0, individually: 0 };
