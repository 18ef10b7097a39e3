import { UnoError, type UnoErrorOptions } from '@uno/postgres';

/** Several records of one call mean the same row, and `duplicates` is `error`. */
export class DuplicateRecordError extends UnoError {
  readonly code = 'UNO_DUPLICATE_RECORD';
  readonly entity: string;
  /** The position of the record in the caller's input, from 0. */
  readonly index: number;
  /** That of the first one that means the same row. */
  readonly firstIndex: number;

  constructor(entity: string, index: number, firstIndex: number, options: UnoErrorOptions = {}) {
    super(`${entity} record ${index} means the same row as record ${firstIndex}.`, 'never', options);
    this.entity = entity;
    this.index = index;
    this.firstIndex = firstIndex;
  }
}
