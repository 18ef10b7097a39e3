import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchError, type BatchProgress, UnoContext, UnoDBRepository, type WriteEvent } from '@uno/domain';
import { ConfigError, ConstraintError } from '@uno/postgres';
import { type OpenDatabase, openDatabase } from '../support/database.js';
import { RecordingObserver } from '../support/observers.js';
import { countries } from '../support/world.js';
import { failureOf, unchecked } from '../support/wrong.js';

let database: OpenDatabase;
let observer: RecordingObserver;
let repository: UnoDBRepository<typeof countries>;

beforeAll(async () => {
  database = await openDatabase([countries]);
});

afterAll(() => database.close());

beforeEach(async () => {
  await database.empty();
  observer = new RecordingObserver();
  repository = new UnoDBRepository(new UnoContext({ db: database.db, observers: [observer] }), countries);
});

/** Countries whose codes are numbers, of which those at the given positions are the same as the first. */
function some(count: number, same: readonly number[] = []) {
  return Array.from({ length: count }, (_, i) => ({ name: `country ${i}`, code: same.includes(i) ? 'c0' : `c${i}` }));
}

const skip = { outcomes: true, onRecordError: 'skip' } as const;

describe('records that are written one by one', () => {
  it('leave out those at fault, and give the entities of the others in their order', async () => {
    const { models, outcomes, failures, ...totals } = await repository.batchAdd(some(6, [2, 4]), skip);
    expect(totals).toEqual({
      total: 6,
      inserted: 4,
      updated: 0,
      unchanged: 0,
      deleted: 0,
      skipped: 0,
      failed: 2,
      individually: 0,
    });
    expect(models.map(({ name }) => name)).toEqual(['country 0', 'country 1', 'country 3', 'country 5']);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'inserted',
      'inserted',
      'failed',
      'inserted',
      'failed',
      'inserted',
    ]);
    expect(outcomes.filter(({ status }) => status === 'inserted').map(({ key }) => key)).toEqual(
      models.map(({ id }) => `${id}`),
    );
    expect(failures.map(({ index, error }) => [index, error instanceof ConstraintError])).toEqual([
      [2, true],
      [4, true],
    ]);
  });

  it('cost one statement each, and a savepoint only where some may be left out', async () => {
    await repository.batchAdd(some(5));
    expect(database.statements.filter((text) => text.startsWith('insert'))).toHaveLength(5);
    expect(database.statements.filter((text) => text.includes('savepoint'))).toEqual([]);
  });

  it('tell the observers once of a transaction, without the ones that were left out', async () => {
    const { models } = await repository.batchAdd(some(4, [1]), skip);
    const expected: Partial<WriteEvent> = {
      kind: 'insert',
      keys: models.map(({ id }) => `${id}`),
      outcome: 'committed',
    };
    expect(observer.events).toEqual([expect.objectContaining(expected)]);
  });

  it('tell nobody where all is rolled back, and of each chunk that is not', async () => {
    await failureOf(BatchError, () => repository.batchAdd(some(4, [3])));
    expect(observer.events).toEqual([]);
    await failureOf(BatchError, () => repository.batchAdd(some(6, [5]), { atomicity: 'chunk', batchSize: 2 }));
    expect(observer.events.map(({ keys }) => keys.length)).toEqual([2, 2]);
  });

  it('say how far they are after every batchSize of them, and at the end', async () => {
    const seen: BatchProgress[] = [];
    const onProgress = (progress: BatchProgress) => void seen.push(progress);
    await repository.batchAdd(some(7, [1, 2]), { ...skip, batchSize: 3, onProgress });
    expect(seen.map(({ processed, failed, total }) => [processed, failed, total])).toEqual([
      [3, 2, 7],
      [6, 2, 7],
      [7, 2, 7],
    ]);
    expect(seen.map(({ processed, remainingMs }) => processed === 7 || Number(remainingMs) > 0)).not.toContain(false);
  });

  it('are undone by what onProgress throws', async () => {
    const stop = new Error('stop');
    const onProgress = () => {
      throw stop;
    };
    const call = repository.batchAdd(some(4), { batchSize: 2, onProgress });
    await expect(call).rejects.toMatchObject({ code: 'UNO_CALLBACK', callback: 'onProgress', cause: stop });
    expect(await repository.count()).toBe(0);
  });

  it('may be none', async () => {
    expect(await repository.batchAdd([], skip)).toMatchObject({ total: 0, outcomes: [], models: [], failures: [] });
    expect(await repository.batchRemove([], { outcomes: true })).toMatchObject({ total: 0, outcomes: [] });
    expect(database.statements).toEqual([]);
  });

  it('leave out a key that is none', async () => {
    const [first] = await repository.batchAdd(some(1));
    const { outcomes } = await repository.batchRemove([unchecked('x'), first?.id ?? 0, 999], skip);
    expect(outcomes.map(({ status, key }) => [status, key])).toEqual([
      ['failed', undefined],
      ['deleted', `${first?.id}`],
      ['skipped', '999'],
    ]);
  });

  it('send nothing where a key is none and nothing may be left out', async () => {
    const [first] = await repository.batchAdd(some(1));
    database.statements.length = 0;
    const error = await failureOf(BatchError, () => repository.batchRemove([first?.id ?? 0, unchecked('x')]));
    expect([error.index, database.statements]).toEqual([1, []]);
  });

  it('are not left out without anybody being told which', async () => {
    const options = unchecked<object>({ onRecordError: 'skip' });
    await failureOf(ConfigError, () => repository.batchAdd(some(1), options));
    expect(database.statements).toEqual([]);
  });

  it('name the record where it is the COMMIT that fails, or leave it out', async () => {
    const { signal } = new AbortController();
    await database.db.schema
      .alterTable('country')
      .addUniqueConstraint('late', ['name'], (constraint) => constraint.deferrable().initiallyDeferred())
      .execute();
    const twice = [...some(2), { name: 'country 0', code: 'x' }];
    const error = await failureOf(BatchError, () => repository.batchAdd(twice, { signal }));
    expect(error).toMatchObject({ index: 2, constraint: 'late', total: 3 });
    expect([await repository.count(), getEventListeners(signal, 'abort')]).toEqual([0, []]);
    const { failures } = await repository.batchAdd(twice, { ...skip, signal });
    expect(failures).toMatchObject([{ index: 2, error: { constraint: 'late' } }]);
    expect([await repository.count(), getEventListeners(signal, 'abort')]).toEqual([2, []]);
    await database.db.schema.alterTable('country').dropConstraint('late').execute();
  });
});
