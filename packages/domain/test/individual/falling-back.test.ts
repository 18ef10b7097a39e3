import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { BatchPort, FallbackCall, FallbackEnd, PortDefaults, RecordOperations, WriteResult } from '@uno/domain';
import { DeadlockError, OperationTimeoutError } from '@uno/postgres';
import { FallingBack } from '../../src/individual/falling-back.js';
import { unreachableDatabase } from '../support/database.js';
import { countries } from '../support/world.js';
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

const request = { mapping: countries, db: unreachableDatabase(), observers: [] };

function fallingBack(batch: Operations, individual: Operations, rest: Partial<BatchPort> = {}) {
  const port: BatchPort = { operations: () => unchecked(batch), ...rest };
  return new FallingBack(port, request, () => individual);
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
    const falling = fallingBack(batch.operations, individual.operations);
    expect(await call(falling, name)).toBe(result);
    expect([batch.mock.mock.calls.length, individual.mock.mock.calls.length]).toEqual([1, 0]);
    expect(warnings).not.toHaveBeenCalled();
  });

  it('is made up for by individual operations, once, when it breaks, and the process is warned', async () => {
    const batch = operations(() => Promise.reject(new TypeError(secret)));
    const individual = operations(async () => result);
    const falling = fallingBack(batch.operations, individual.operations);
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
    const falling = fallingBack(batch.operations, individual.operations);
    await expect(call(falling, name)).rejects.toBe(error);
    expect(individual.mock).not.toHaveBeenCalled();
  });

  it('fails with what the individual operations fail with, and nothing is said to have been done', async () => {
    const error = new DeadlockError('x', 'whole-transaction');
    const batch = operations(() => Promise.reject(new TypeError('x')));
    const individual = operations(() => Promise.reject(error));
    const falling = fallingBack(batch.operations, individual.operations);
    await expect(call(falling, name)).rejects.toBe(error);
    expect(warnings).not.toHaveBeenCalled();
  });
});

/** A port that says how it is told of fallbacks. */
function listeningPort() {
  const told: { readonly call: FallbackCall; end?: FallbackEnd }[] = [];
  const fallsBack = (call: FallbackCall) => {
    const one: (typeof told)[number] = { call };
    told.push(one);
    return (end: FallbackEnd) => {
      one.end = end;
    };
  };
  return { told, fallsBack };
}

describe('a port that wants to hear of fallbacks', () => {
  const reason = new TypeError(secret);

  it('hears of the call and its end, and then the process is not warned', async () => {
    const { told, fallsBack } = listeningPort();
    const batch = operations(() => Promise.reject(reason));
    const falling = fallingBack(batch.operations, operations(async () => result).operations, { fallsBack });
    await falling.batchUpdate([{ id: 1 }, { id: 2 }], { outcomes: false });
    expect(told).toEqual([
      {
        call: { operation: 'batchUpdate', mapping: countries, total: 2, reason },
        end: { failed: 1, skipped: 1 },
      },
    ]);
    expect(warnings).not.toHaveBeenCalled();
  });

  it('hears why the records could not be done one by one either', async () => {
    const { told, fallsBack } = listeningPort();
    const error = new DeadlockError('x', 'whole-transaction');
    const batch = operations(() => Promise.reject(reason));
    const individual = operations(() => Promise.reject(error));
    const falling = fallingBack(batch.operations, individual.operations, { fallsBack });
    await expect(falling.batchGet([1])).rejects.toBe(error);
    expect(told.map(({ end }) => end)).toEqual([{ failed: 0, skipped: 0, error }]);
  });
});

describe('what a port goes by', () => {
  it('holds one by one, too, except that the clock is not set back', async () => {
    const defaults: PortDefaults = { batchSize: 7, timeoutMs: 20, retry: { retryCount: 0, retryDelayMs: 0 } };
    const given: PortDefaults[] = [];
    const said: { readonly timeoutMs?: number; readonly signal?: AbortSignal }[] = [];
    const batch = operations(() => Promise.reject(new TypeError('x')));
    const individual = unchecked<Operations>({
      batchDelete: async (_: unknown, options: (typeof said)[number]) => {
        said.push(options);
        await new Promise((resolve) => options.signal?.addEventListener('abort', resolve));
        throw options.signal?.reason;
      },
    });
    const port: BatchPort = { operations: () => unchecked(batch.operations), defaults };
    const falling = new FallingBack(port, request, (one) => {
      given.push(one);
      return individual;
    });
    const failure: unknown = await falling.batchDelete([1], { outcomes: false }).catch((error: unknown) => error);
    expect(given).toEqual([{ ...defaults, timeoutMs: undefined }]);
    expect(said).toMatchObject([{ outcomes: false, timeoutMs: undefined }]);
    expect(failure).toBeInstanceOf(OperationTimeoutError);
    expect(failure).toMatchObject({ timeoutMs: 20 });
  });
});
