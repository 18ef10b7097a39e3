import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../support/until.js';
import { FaultBed } from './support/fault-bed.js';
import { operations } from './support/operations.js';
import { combinations, ways } from './support/ways.js';

let bed: FaultBed;

const held = 3;

/** Each ends what takes too long: a statement, of which COMMIT is none, or the session with its transaction. */
const limits = [
  { setting: 'statement_timeout', sqlstate: '57014', where: 'statement', from: 10 },
  { setting: 'transaction_timeout', sqlstate: '25P04', where: 'statement', from: 17 },
  { setting: 'transaction_timeout', sqlstate: '25P04', where: 'commit', from: 17 },
] as const;

describe.each(limits)('$setting, during a $where', ({ setting, sqlstate, where, from }) => {
  let isThere = true;

  beforeAll(async () => {
    bed = await FaultBed.open();
    isThere = bed.serverVersion >= from;
    await bed.close();
    bed = await FaultBed.open({ settings: isThere ? { [setting]: '60ms' } : {} });
  });

  afterEach(() => bed.untouched());

  afterAll(() => bed.close());

  it.each(combinations(operations, ways.slice(0, 3)))(
    'ends the call, which is not begun again: $label',
    async ({ operation, way }) => {
      if (!isThere) return;
      await bed.hold(held, where);
      const { error, retries, complaints } = await bed.try({ operation, way, afterwards: () => bed.letGo() });
      expect(complaints).toEqual([]);
      expect(error).toMatchObject({ sqlstate });
      expect(retries).toEqual([]);
    },
  );
});

describe('idle_in_transaction_session_timeout', () => {
  beforeAll(async () => {
    bed = await FaultBed.open({ settings: { idle_in_transaction_session_timeout: '20ms' } });
  });

  afterAll(() => bed.close());

  const transactions = ways.filter(({ chunkAlone }) => !chunkAlone);
  // Sets of parameters are no records, of which `postProcess` is told.
  const ofRecords = operations.filter(({ tellsOfAll = false }) => !tellsOfAll);

  it.each(combinations(ofRecords, transactions))(
    'ends a call whose postProcess takes too long, and nothing is written: $label',
    async ({ operation, way }) => {
      const postProcess = () => until('the session is ended', () => bed.proxy.connections === 0);
      const { error, retries, complaints } = await bed.try({ operation, way, config: { postProcess } });
      expect(complaints).toEqual([]);
      expect(error).toMatchObject({ sqlstate: '25P03' });
      expect(retries).toEqual([]);
    },
  );
});
