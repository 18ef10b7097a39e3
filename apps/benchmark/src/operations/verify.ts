import { isDeepStrictEqual } from 'node:util';
import type { OperationName, Results } from './operation.js';
import type { Contents, Stage } from './stage.js';

/** What an operation has done is not what it had to do. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError';
}

type Verify<K extends OperationName> = (stage: Stage, result: Results[K]) => Promise<void>;

const nothing: Contents = { rows: 0, checksum: '0' };

const verifications: { readonly [K in OperationName]: Verify<K> } = {
  insert: async (stage, inserted) => {
    same('rows said to be inserted', stage.data.rows, inserted);
    await holds(stage, stage.wanted.records);
  },
  'insert-ids': async (stage, ids) => {
    const { rows } = stage.data;
    same('ids', rows, ids.length);
    const found = await stage.numbered(ids);
    same('rows', rows, found.rows);
    same('ids of their records', rows, found.aligned);
  },
  get: async (stage, records) => {
    const wanted = stage.data.records;
    same('records', wanted.length, records.length);
    // Entities and plain objects alike.
    const equal = records.filter((record, i) => isDeepStrictEqual({ ...record }, wanted[i])).length;
    same('records as stored', wanted.length, equal);
    await holds(stage, stage.wanted.records);
  },
  update: async (stage, updated) => {
    same('rows said to be updated', stage.data.rows, updated);
    await holds(stage, stage.wanted.changed);
  },
  upsert: async (stage, { inserted, updated }) => {
    const { rows, half } = stage.data;
    same('rows said to be inserted', rows - half, inserted);
    same('rows said to be updated', half, updated);
    await holds(stage, stage.wanted.changed);
  },
  delete: async (stage, deleted) => {
    same('rows said to be deleted', stage.data.rows, deleted);
    await holds(stage, nothing);
  },
};

/**
 * Compares what an operation says, and what the table holds by a plain query, with what it has to be.
 *
 * @throws VerificationError
 */
export function verify<K extends OperationName>(operation: K, stage: Stage, result: Results[K]): Promise<void> {
  return verifications[operation](stage, result);
}

async function holds(stage: Stage, wanted: Contents): Promise<void> {
  const found = await stage.contents();
  same('rows', wanted.rows, found.rows);
  same('checksum of the rows', wanted.checksum, found.checksum);
}

function same<T extends number | string>(what: string, wanted: T, found: T): void {
  if (wanted !== found) throw new VerificationError(`${what}: ${wanted} wanted, ${found} found`);
}
