import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommitUnknownError } from '@uno/postgres';
import type pg from 'pg';
import { FaultBed } from './support/fault-bed.js';
import { operations } from './support/operations.js';
import { ways } from './support/ways.js';

let bed: FaultBed;
let taken: pg.PoolClient | undefined;

beforeAll(async () => {
  bed = await FaultBed.open();
  bed.pool.on('acquire', (client) => {
    taken = client;
  });
});

afterAll(() => bed.close());

/** What a socket can fail with besides ECONNRESET, and something that nobody has heard of. */
const codes = ['ENETDOWN', 'EHOSTDOWN', 'EPROTO', 'ERR_SSL_BAD_RECORD_TYPE', 'EUNHEARD', 'UNHEARD_OF', undefined];

const [insert, insertWithModels] = operations;
const [chunked, byChunk] = ways;
if (insert === undefined || insertWithModels === undefined || chunked === undefined || byChunk === undefined) {
  throw new Error('there are operations and ways');
}

/** Fails the socket of the call when the server has done something and its answer is held back. */
async function failSocketAt(answer: string | RegExp, code: string | undefined): Promise<void> {
  const { fired } = bed.proxy.inject({
    when: { from: 'server', name: 'CommandComplete', text: answer },
    action: 'stall',
  });
  await fired;
  const socket: unknown = Reflect.get(Object(Reflect.get(Object(taken), 'connection')), 'stream');
  const destroy: unknown = Reflect.get(Object(socket), 'destroy');
  if (typeof destroy !== 'function') throw new Error('pg has no socket');
  Reflect.apply(destroy, socket, [Object.assign(new Error('the socket failed'), code === undefined ? {} : { code })]);
  bed.proxy.resume();
}

describe.each(codes)('a socket that fails with %s when the server is done', (code) => {
  it('leaves a statement that commits by itself in doubt, and it is not sent again', async () => {
    const { error, retries, complaints } = await bed.try({
      operation: insert,
      way: byChunk,
      count: 2,
      meanwhile: () => failSocketAt('INSERT', code),
    });
    expect(complaints).toEqual([]);
    expect(error).toMatchObject({ cause: { code: 'UNO_COMMIT_UNKNOWN' }, unknown: { size: 2 } });
    expect(retries).toEqual([]);
  });

  it('has a COMMIT looked up', async () => {
    const { error, complaints } = await bed.try({
      operation: insertWithModels,
      way: chunked,
      meanwhile: () => failSocketAt('COMMIT', code),
    });
    expect(complaints).toEqual([]);
    expect(error).toBeUndefined();
  });

  it('is repeated where nothing can have been committed', async () => {
    const { error, retries, complaints } = await bed.try({
      operation: insert,
      way: chunked,
      meanwhile: () => failSocketAt('INSERT', code),
    });
    expect(complaints).toEqual([]);
    expect(error).toBeUndefined();
    expect(retries).toHaveLength(1);
  });
});

describe('what nobody knows of', () => {
  it('is a CommitUnknownError', async () => {
    const { error } = await bed.try({
      operation: insert,
      way: ways.find(({ name }) => name === 'single_query') ?? chunked,
      meanwhile: () => failSocketAt('INSERT', 'ENETDOWN'),
    });
    expect(error).toBeInstanceOf(CommitUnknownError);
  });
});
