import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BatchOperationsPort } from '@uno/batch';
import { BatchError, UnoContext, UnoDBRepository } from '@uno/domain';
import { CommitUnknownError } from '@uno/postgres';
import { FaultBed } from './support/fault-bed.js';
import { codeOf, idOf, parcels } from './support/parcels.js';

/** A role that may not ask what became of a transaction. */
const role = `uno_doubt_${randomBytes(4).toString('hex')}`;
let bed: FaultBed;
let repository: UnoDBRepository<typeof parcels>;

beforeAll(async () => {
  bed = await FaultBed.open({ role });
  await bed.run(`create role ${role} login password '${role}'`);
  await bed.run(`grant all on all tables in schema public to ${role}`);
  await bed.run('revoke execute on function pg_xact_status(xid8) from public');
  await bed.run('create sequence attempt');
  await bed.run(`grant all on all sequences in schema public to ${role}`);
  const batch = new BatchOperationsPort({ retryDelayMs: 1 });
  repository = new UnoDBRepository(new UnoContext({ db: bed.db, batch }), parcels, { batchSize: 2 });
});

afterAll(async () => {
  await bed.run(`drop owned by ${role}`);
  await bed.run(`drop role ${role}`);
  await bed.close();
});

const four = [0, 1, 2, 3];

beforeEach(async () => {
  await bed.untouched();
  await bed.run('truncate parcel_hold, parcel, parcel_log');
  await bed.run(`insert into parcel (id, code) values ${four.map((i) => `(${idOf(i)}, '${codeOf(i)}')`).join()}`);
  await bed.run("select setval('attempt', 1, false)");
});

/** Loses the connection when the nth COMMIT is done. The second change of the row of a record is refused then. */
async function loseCommit(nth: number, refusedLater: number | undefined): Promise<void> {
  bed.proxy.inject({ when: { from: 'client', text: 'commit', nth }, action: 'answer-lost' });
  if (refusedLater === undefined) return;
  await bed.trigger(
    `if new.code = '${codeOf(refusedLater)}' and nextval('attempt') > 1 then
       raise exception 'not again' using errcode = '23514'; end if; return new;`,
    'create trigger meddle before',
  );
}

const heavier = four.map((i) => ({ id: idOf(i), weight: 7 }));

/** The positions of the records whose rows are as the records say. */
async function changed(): Promise<number[]> {
  const rows = await bed.run('select id from parcel where weight = 7 order by id');
  return rows.map(({ id }) => Number(id) - 1);
}

describe.each([true, false])('an update whose COMMIT nobody knows of (with batching: %s)', (useBatchOperations) => {
  it('is repeated, since that comes to the same', async () => {
    await loseCommit(1, undefined);
    expect(await repository.batchUpdate(heavier, { useBatchOperations })).toBe(4);
    expect(await changed()).toEqual(four);
  });

  it('is still in doubt when the repetition is refused', async () => {
    await loseCommit(1, 1);
    const error: unknown = await repository
      .batchUpdate(heavier, { useBatchOperations, skipUnchanged: false })
      .catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(BatchError);
    expect(error).toMatchObject({ index: 1, sqlstate: '23514', retries: [{ code: 'UNO_COMMIT_UNKNOWN' }] });
    expect(error instanceof BatchError && `${error.written}; ${error.unknown}`).toBe('; 0-3');
    expect(await changed()).toEqual(four);
  });

  it('is not repeated where it adds, since that would be done twice', async () => {
    await bed.run('update parcel set weight = 0');
    await loseCommit(1, undefined);
    const adding = repository.batchUpdate(heavier, { useBatchOperations, increment: ['weight'] });
    await expect(adding).rejects.toBeInstanceOf(CommitUnknownError);
    expect(await changed()).toEqual(four);
  });
});

describe('chunks that are committed one by one, record by record', () => {
  it('are told as in doubt when nobody knows of the COMMIT of an insert', async () => {
    await loseCommit(2, undefined);
    const records = [10, 11, 12, 13, 14].map((i) => ({ id: idOf(i), code: codeOf(i) }));
    const error: unknown = await repository
      .batchAdd(records, { useBatchOperations: false, atomicity: 'chunk' })
      .catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(BatchError);
    expect(error).toMatchObject({ index: undefined, cause: { code: 'UNO_COMMIT_UNKNOWN' } });
    expect(error instanceof BatchError && `${error.written}; ${error.unknown}`).toBe('0-1; 2-3');
    expect((error as BatchError).cause).toBeInstanceOf(CommitUnknownError);
  });
});
