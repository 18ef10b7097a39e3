import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CommitUnknownError } from '@uno/postgres';
import { type PostgresServer, startPostgres } from '@uno/testing';
import { mayEndUnknown, saysUnknown } from './support/audit.js';
import { FaultBed } from './support/fault-bed.js';
import { operations } from './support/operations.js';
import { combinations, type Way, ways } from './support/ways.js';

let server: PostgresServer;
let bed: FaultBed;

beforeAll(async () => {
  // What is committed has to outlive a crash, and what is not has to be lost in it.
  server = await startPostgres({ source: 'embedded', settings: { synchronous_commit: 'on', wal_writer_delay: '10s' } });
  bed = await FaultBed.open({ database: await server.createDatabase() });
});

afterAll(async () => {
  await bed.close();
  await server.stop();
});

afterEach(() => bed.untouched());

const held = 3;
const chosen = ways.filter(({ name }) => name === 'chunked' || name === 'parallel');

describe.each([
  ['fast', 'statement'],
  ['fast', 'commit'],
  ['immediate', 'statement'],
  ['immediate', 'commit'],
] as const)('a server that is restarted (%s) during a %s', (mode, where) => {
  // Of a transaction that is lost in a crash, the server knows nothing afterwards: the one held, or that of another chunk.
  const isLostIn = (way: Way) => mode === 'immediate' && (where === 'commit' || way.byChunk);
  const meanwhile = async () => {
    await bed.untilHeld();
    await server.restart(mode);
    await bed.reconnect();
  };

  it.each(combinations(operations, chosen))('is waited for: $label', async ({ operation, way }) => {
    await bed.hold(held, where);
    const { error, complaints } = await bed.try({ operation, way, config: { retryCount: 20 }, meanwhile });
    expect(complaints).toEqual([]);
    const mayBeUnknown = mayEndUnknown(operation, way) || (isLostIn(way) && !operation.isIdempotent);
    if (!(mayBeUnknown && saysUnknown(error))) expect(error).toBeUndefined();
  });

  it.each(combinations(operations, chosen))(
    'fails a call that is not tried again: $label',
    async ({ operation, way }) => {
      await bed.hold(held, where);
      const { error, complaints } = await bed.try({ operation, way, config: { retryCount: 0 }, meanwhile });
      expect(complaints).toEqual([]);
      // A fast shutdown ends also the session that holds the call up. When that is the first to go, the call may get
      // through before it is its turn, and the audit has seen that it is right about that.
      if (mode === 'fast' && error === undefined) return;
      expect(error).toBeDefined();
      // What the other chunks have come to by then differs, and the audit knows.
      if (way.byChunk) return;
      expect(error).toMatchObject({
        retry: isLostIn(way) && saysUnknown(error) ? 'if-idempotent' : 'whole-transaction',
      });
    },
  );
});

describe('a server that crashes during a commit and gives the number of the lost transaction to another one', () => {
  let isReused = false;
  const meanwhile = async () => {
    await bed.untilHeld();
    const lost = await bed.transactionUnderTest();
    bed.proxy.refuse(true);
    await server.restart('immediate');
    await bed.reconnect();
    let taken = 0n;
    while (taken < lost) {
      const [row] = await bed.run('select pg_current_xact_id()::text as taken');
      taken = BigInt(String(row?.['taken']));
    }
    isReused = taken === lost;
    bed.proxy.refuse(false);
  };

  it.each(combinations(operations, ways.slice(0, 1)))('is not believed: $label', async ({ operation, way }) => {
    await bed.hold(held, 'commit');
    const { error, complaints } = await bed.try({ operation, way, config: { retryCount: 20 }, meanwhile });
    expect(complaints).toEqual([]);
    // Where the server had written down by chance that the number was in use, it is known to be undone.
    if (operation.isIdempotent || !isReused) expect(error).toBeUndefined();
    else expect(error).toBeInstanceOf(CommitUnknownError);
  });
});
