import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { RecordOperations, WriteResult } from '@uno/domain';
import { DeadlockError } from '@uno/postgres';
import { FallingBack } from '../../src/individual/falling-back.js';
import type { countries } from '../support/world.js';
import { unchecked } from '../support/wrong.js';

type Operations = RecordOperations<typeof countries>;

const result: WriteResult = {
  total: 5,
  inserted: 3,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  skipped: 1,
  failed: 1,
  failures: [],
  individually: 0,
};

let warnings: jest.SpiedFunction<typeof process.emitWarning>;

beforeEach(() => {
  warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** Operations of which every one does the same, and how often they were asked. */
function operations(run: () => Promise<unknown>) {
  const mock = jest.fn(run);
  const all = { batchGet: mock, batchInsert: mock, batchUpdate: mock, batchDelete: mock };
  return { mock, operations: unchecked<Operations>(all) };
}

const secret = 'contents of a record';
const names = ['batchInsert', 'batchUpdate', 'batchDelete', 'batchGet'] as const;

function call(falling: FallingBack<typeof countries>, name: (typeof names)[number]): Promise<unknown> {
  const options = { outcomes: false };
  if (name === 'batchInsert') return falling.batchInsert([], { ...options, returnModels: true });
  if (name === 'batchUpdate') return falling.batchUpdate([], options);
  return name === 'batchDelete' ? falling.batchDelete([], options) : falling.batchGet([]);
}

describe.each(names)('%s of a port', (name) => {
  it('is all that happens while it works', async () => {
    const batch = operations(async () => result);
    const individual = operations(async () => result);
    const falling = new FallingBack(
      () => batch.operations,
      () => individual.operations,
    );
    expect(await call(falling, name)).toBe(result);
    expect([batch.mock.mock.calls.length, individual.mock.mock.calls.length]).toEqual([1, 0]);
    expect(warnings).not.toHaveBeenCalled();
  });

  it('is made up for by individual operations, once, when it breaks, and the process is warned', async () => {
    const batch = operations(() => Promise.reject(new TypeError(secret)));
    const individual = operations(async () => result);
    const falling = new FallingBack(
      () => batch.operations,
      () => individual.operations,
    );
    expect(await call(falling, name)).toEqual(name === 'batchGet' ? result : { ...result, individually: 4 });
    expect([batch.mock.mock.calls.length, individual.mock.mock.calls.length]).toEqual([1, 1]);
    expect(individual.mock.mock.calls).toEqual(batch.mock.mock.calls);
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(warnings).toHaveBeenCalledWith(
      expect.stringContaining(name),
      expect.objectContaining({ code: 'UNO_FALLBACK', detail: expect.stringContaining('TypeError') }),
    );
    expect(JSON.stringify(warnings.mock.calls)).not.toContain(secret);
  });

  it('is not repeated for an error of uno, which says itself what may be done', async () => {
    const error = new DeadlockError('x', 'whole-transaction');
    const batch = operations(() => Promise.reject(error));
    const individual = operations(async () => result);
    const falling = new FallingBack(
      () => batch.operations,
      () => individual.operations,
    );
    await expect(call(falling, name)).rejects.toBe(error);
    expect(individual.mock).not.toHaveBeenCalled();
  });

  it('fails with what the individual operations fail with, and nothing is said to have been done', async () => {
    const error = new DeadlockError('x', 'whole-transaction');
    const batch = operations(() => Promise.reject(new TypeError('x')));
    const individual = operations(() => Promise.reject(error));
    const falling = new FallingBack(
      () => batch.operations,
      () => individual.operations,
    );
    await expect(call(falling, name)).rejects.toBe(error);
    expect(warnings).not.toHaveBeenCalled();
  });
});
