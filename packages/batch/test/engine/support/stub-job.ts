import { type FailedRecord, IndexRanges } from '@uno/domain';
import { ValidationError } from '@uno/postgres';
import type { Account, BatchJob, Session } from '../../../src/engine/batch-job.js';
import type { Entry } from '../../../src/engine/chunk.js';

/** A record that was read. */
export interface StubItem {
  readonly name: string;
  readonly indices: readonly number[];
}

type Nothing = Account<StubItem, undefined>;

/** A job over texts that is only read for; `bad` in a text makes it wrong. */
export type StubJob = BatchJob<Session, string, StubItem, undefined, Nothing>;

const account: Nothing = {
  processed: 0,
  failed: 0,
  skipped: 0,
  individually: 0,
  written: new IndexRanges(),
  failures: [] as readonly FailedRecord[],
  add: () => undefined,
};

export function stubJob(parts: Pick<StubJob, 'preProcess' | 'fold'> = {}): StubJob {
  const session: Session = { attempt: (run) => run() };
  return {
    workspace: {
      isJoined: false,
      isGone: async () => false,
      once: (run) => run(session),
      whole: (run) => run(session),
      spareWorkers: () => Number.POSITIVE_INFINITY,
    },
    isIdempotent: true,
    read: ({ record, index }: Entry<string>) => {
      if (record.includes('bad')) throw new ValidationError(`record ${index} is bad`, { index });
      return { name: record, indices: [index] };
    },
    partsOf: (item) => [item],
    indicesOf: ({ indices }) => indices,
    keyOfRecord: (record) => `key of ${record}`,
    keyOfItem: ({ name }) => name,
    identityOf: ({ name }) => name,
    prepare: () => ({ isOneStatement: true, send: async () => undefined }),
    judge: () => 'call',
    newAccount: () => account,
    merge: () => undefined,
    ...parts,
  };
}
