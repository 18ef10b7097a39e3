import { UnoError, type UnoErrorOptions } from '@uno/postgres';

/** What a sync would have done. */
export interface SyncRefusedOptions extends UnoErrorOptions {
  /** Rows that are missing in the source; `undefined` where they were not counted. */
  readonly deletions?: number | undefined;
  /** Rows that may be deleted at most. */
  readonly maxDeletions?: number | undefined;
}

/**
 * A sync was given up because it would delete more than is allowed, or everything for want of a record in its source.
 * Nothing was written. When the source is right, say so by `maxDeletions` or `allowEmpty`.
 */
export class SyncRefusedError extends UnoError {
  readonly code = 'UNO_SYNC_REFUSED';
  readonly entity: string;
  readonly deletions: number | undefined;
  readonly maxDeletions: number | undefined;

  constructor(entity: string, why: string, options: SyncRefusedOptions = {}) {
    super(`The sync of ${entity} was given up, nothing was written: ${why}`, 'never', options);
    this.entity = entity;
    this.deletions = options.deletions;
    this.maxDeletions = options.maxDeletions;
  }
}
