import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mayEndUnknown, saysUnknown } from './support/audit.js';
import { FaultBed } from './support/fault-bed.js';
import { operations } from './support/operations.js';
import { combinations } from './support/ways.js';

let bed: FaultBed;

beforeAll(async () => {
  bed = await FaultBed.open();
});

afterAll(() => bed.close());

afterEach(() => bed.untouched());

/** The record in whose chunk it happens: the second one of three. */
const held = 3;

describe.each(['statement', 'commit'] as const)('a session that an administrator terminates during a %s', (where) => {
  const terminate = async () => {
    await bed.run('select pg_terminate_backend($1)', [await bed.untilHeld()]);
    await bed.letGo();
  };

  it.each(combinations(operations))('is made good by another one: $label', async ({ operation, way }) => {
    await bed.hold(held, where);
    const { error, retries, complaints } = await bed.try({ operation, way, meanwhile: terminate });
    expect(complaints).toEqual([]);
    expect(error).toBeUndefined();
    expect(retries).toMatchObject([{ sqlstate: '57P01', code: 'UNO_CONNECTION' }]);
  });

  it.each(combinations(operations))(
    'fails the call that may not be tried again, which says what is written: $label',
    async ({ operation, way }) => {
      await bed.hold(held, where);
      const trial = { operation, way, config: { retryCount: 0 }, meanwhile: terminate };
      const { error, retries, complaints } = await bed.try(trial);
      expect(complaints).toEqual([]);
      expect(error).toMatchObject({ sqlstate: '57P01', retry: way.byChunk ? 'if-idempotent' : 'whole-transaction' });
      expect(retries).toEqual([]);
    },
  );
});

describe.each(['statement', 'commit'] as const)(
  'a connection that is lost during a %s, which the server goes on with',
  (where) => {
    it.each(combinations(operations))('leaves nothing to chance: $label', async ({ operation, way }) => {
      await bed.hold(held, where);
      const meanwhile = async () => {
        await bed.untilHeld();
        bed.proxy.cutAll();
        await bed.letGo();
      };
      const { error, retries, complaints } = await bed.try({ operation, way, meanwhile });
      expect(complaints).toEqual([]);
      expect(saysUnknown(error)).toBe(mayEndUnknown(operation, way));
      // Of a COMMIT it is found out that it was carried out, and it is not repeated.
      const isLookedUp = where === 'commit' && !way.byChunk && !way.chunkAlone;
      if (isLookedUp) expect(retries).toEqual([]);
    });
  },
);
