import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperations, type RejectedRecord } from '@uno/batch';
import { column, mapEntity } from '@uno/domain';
import { batchErrorOf } from '../support/failure-of.js';
import { openTestContext, type TestContext } from '../support/test-context.js';

class Trip {
  id!: number;
  span!: string;
  address!: string | null;
  price!: string | null;
}

/** Types whose texts only PostgreSQL knows. */
const trips = mapEntity(Trip, {
  table: 'trip',
  columns: {
    id: column.integer(),
    span: column.ofType('int4range'),
    address: column.ofType('inet').nullable(),
    price: column.numeric(4, 2).nullable(),
  },
});

let context: TestContext;

beforeAll(async () => {
  context = await openTestContext([trips]);
});

afterAll(() => context.close());

beforeEach(() => context.run('truncate trip'));

const good = { span: '[1,2)', address: '10.0.0.1' };

describe('a value that only PostgreSQL finds to be wrong', () => {
  it.each([
    ['span', { ...good, id: 1, span: '[2,1)' }, 'lower bound'],
    ['address', { ...good, id: 1, address: 'nowhere' }, 'nowhere'],
    ['price', { ...good, id: 1, price: '1234.5' }, 'overflow'],
  ])('is told of with its field: %s', async (field, bad, reason) => {
    const rejected: RejectedRecord[] = [];
    const records = [{ ...good, id: 0 }, bad, { ...good, id: 2 }];
    const operations = new BatchOperations({ table: trips, db: context.db });
    const result = await operations.batchImport(records, {
      onRecordError: 'skip',
      onReject: (one) => {
        rejected.push(one);
      },
    });
    expect(result).toMatchObject({ inserted: 2, failed: 1 });
    expect(rejected).toMatchObject([{ index: 1, field, reason: expect.stringContaining(reason) }]);
    await context.run('truncate trip');
    expect(await batchErrorOf(operations.batchImport(records))).toMatchObject({ index: 1, field });
  });
});
