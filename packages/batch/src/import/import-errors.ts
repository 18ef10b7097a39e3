import { UnoError, type UnoErrorOptions } from '@uno/postgres';

/**
 * The source of an import is not the one that its checkpoint is of: what was done already reads otherwise now, or there is
 * less of it. Nothing was written by this call after that was noticed. Import the source under another name, or forget the
 * checkpoint.
 */
export class SourceChangedError extends UnoError {
  readonly code = 'UNO_SOURCE_CHANGED';
  readonly checkpoint: string;
  /** Positions of the records that read otherwise, from 0: one of them does, at least. */
  readonly records: { readonly first: number; readonly last: number } | undefined;

  constructor(checkpoint: string, why: string, records?: { readonly first: number; readonly last: number }) {
    super(
      `The source is not the one that the checkpoint "${checkpoint}" is of: ${why}. Import it under another name, or forget the checkpoint.`,
      'never',
      { operation: 'batchImport' },
    );
    this.checkpoint = checkpoint;
    this.records = records;
  }
}

/** The progress of an import cannot be kept, or gone on from: somebody else has gone on from it, or the call is another one. */
export class CheckpointError extends UnoError {
  readonly code = 'UNO_CHECKPOINT';
  readonly checkpoint: string;

  constructor(checkpoint: string, message: string, options: UnoErrorOptions = {}) {
    super(message, 'never', { operation: 'batchImport', ...options });
    this.checkpoint = checkpoint;
  }
}

/** A file of rejected records cannot be written or gone on with. */
export class RejectsError extends UnoError {
  readonly code = 'UNO_REJECTS';
  readonly path: string;

  constructor(path: string, message: string, options: UnoErrorOptions = {}) {
    super(message, 'never', { operation: 'batchImport', ...options });
    this.path = path;
  }
}
