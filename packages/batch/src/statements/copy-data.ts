import type { Field } from '@uno/domain';

/** Records as the data of a COPY. */
export interface CopyData {
  readonly data: Uint8Array;
  /** What can be another one's, when the data are not needed any more. */
  readonly memory: Buffer;
  /** The same records, each with some more fields, whose values are PostgreSQL's texts. */
  withMore(fields: readonly Field[], more: readonly (readonly (string | null)[])[]): CopyData;
}
