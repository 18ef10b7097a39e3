import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommitUnknownError } from '@uno/postgres';
import type { FaultPattern } from '@uno/testing';
import { saysUnknown } from './support/audit.js';
import { FaultBed, type Finding } from './support/fault-bed.js';
import { type FaultedOperation, operations } from './support/operations.js';
import { type Way, ways } from './support/ways.js';

/** A server that does not answer has two seconds before its connection is closed: so the operations wait side by side. */
let beds: ReadonlyMap<FaultedOperation, FaultBed>;

beforeAll(async () => {
  beds = new Map(await Promise.all(operations.map(async (operation) => [operation, await FaultBed.open()] as const)));
});

afterAll(() => Promise.all([...beds.values()].map((bed) => bed.close())));

/** What is stalled, and how it is given up. */
interface Stall {
  readonly way: Way;
  readonly when: FaultPattern;
  readonly by: 'signal' | 'timeoutMs';
  /** Whether the call opens its connection itself. */
  readonly isCold?: boolean;
}

/** Gives up every operation when nothing moves any more on a connection. */
function stalled({ way, when, by, isCold = false }: Stall): Promise<(readonly [FaultedOperation, Finding])[]> {
  const one = async (operation: FaultedOperation, bed: FaultBed) => {
    await (isCold ? bed.coolDown() : bed.warmUp());
    const fault = bed.proxy.inject({ when, action: 'stall' });
    const controller = new AbortController();
    let inUse = 0;
    const finding = await bed.try({
      operation,
      way,
      options: by === 'signal' ? { signal: controller.signal } : { timeoutMs: 200 },
      meanwhile: () => fault.fired.then(() => controller.abort(new Error('enough'))),
      afterwards: () => {
        inUse = bed.pool.totalCount - bed.pool.idleCount;
        bed.proxy.resume();
      },
    });
    // One that is just being opened comes back to the pool when the network does.
    const leak = inUse > 0 && !isCold ? [`${inUse} connections are not closed`] : [];
    return [operation, { ...finding, complaints: [...finding.complaints, ...leak] }] as const;
  };
  return Promise.all([...beds].map(([operation, bed]) => one(operation, bed)));
}

function wayOf(name: string): Way {
  const found = ways.find((way) => way.name === name);
  if (found === undefined) throw new Error(`there is no way ${name}`);
  return found;
}

const statements: readonly (readonly [string, FaultPattern])[] = [
  ['statement is sent', { from: 'client', name: 'Execute' }],
  ['statement is answered', { from: 'server', name: 'BindComplete' }],
];

describe('a network that stalls', () => {
  it.each([
    ['transaction is begun', { from: 'client', name: 'Query', text: 'start transaction' }],
    ['savepoint is answered', { from: 'server', name: 'CommandComplete', text: 'SAVEPOINT' }],
    ...statements,
  ] as const)('when a %s, does not keep a transaction, of which nothing is written', async (_, when) => {
    for (const [operation, { error, complaints }] of await stalled({ way: wayOf('chunked'), when, by: 'signal' })) {
      expect([operation.name, complaints]).toEqual([operation.name, []]);
      expect(error).toMatchObject({ code: 'UNO_CANCELED' });
    }
  });

  it.each(statements)(
    'when a %s, does not keep chunks whose time is over, of which nobody may know',
    async (_, when) => {
      for (const [operation, { error, complaints }] of await stalled({
        way: wayOf('parallel'),
        when,
        by: 'timeoutMs',
      })) {
        expect([operation.name, complaints]).toEqual([operation.name, []]);
        expect(error).toBeDefined();
        if (saysUnknown(error)) expect(operation.isOneStatement).toBe(true);
      }
    },
  );

  it.each([
    ['made', { from: 'client', name: 'StartupMessage' }],
    ['set up', { from: 'client', name: 'Query', text: 'set_config' }],
  ] as const)('when a connection is %s, does not keep the call, for which nothing is sent', async (_, when) => {
    const way = wayOf('chunked');
    for (const [operation, { error, complaints }] of await stalled({ way, when, by: 'timeoutMs', isCold: true })) {
      expect([operation.name, complaints]).toEqual([operation.name, []]);
      expect(error).toMatchObject({ code: 'UNO_TIMEOUT' });
    }
  });

  it('when a COMMIT is answered, does not hide that it was carried out', async () => {
    const when = { from: 'server', name: 'CommandComplete', text: 'COMMIT' } as const;
    for (const [operation, { error, complaints }] of await stalled({ way: wayOf('chunked'), when, by: 'signal' })) {
      expect([operation.name, complaints]).toEqual([operation.name, []]);
      expect(error).toBeUndefined();
    }
  });

  it('when a COMMIT is sent, leaves open whether it arrives, and says so in bounded time', async () => {
    const when = { from: 'client', name: 'Query', text: 'commit' } as const;
    for (const [operation, { error, complaints }] of await stalled({ way: wayOf('chunked'), when, by: 'signal' })) {
      expect([operation.name, complaints]).toEqual([operation.name, []]);
      expect(error).toBeInstanceOf(CommitUnknownError);
    }
  });
});
