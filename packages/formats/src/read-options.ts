import { flag, type OptionChecks, oneOf } from './option-checks.js';

/** What reading any format takes. What is `undefined` is not said. */
export interface ReadOptions {
  /** Whether the bytes are compressed by gzip; `auto`, the default, looks at the first two. */
  readonly gzip?: boolean | 'auto' | undefined;
  /**
   * Bytes that a record has at most, from 1 to {@link mostRecordBytes}; default {@link defaultRecordBytes}. A file with a
   * longer one ends with an error, so that a quote which is never closed does not fill the memory.
   */
  readonly maxRecordBytes?: number | undefined;
}

/** 64 MiB. */
export const defaultRecordBytes = 64 * 2 ** 20;

/** 256 MiB: a JavaScript string holds about twice as much. */
export const mostRecordBytes = 256 * 2 ** 20;

export const readOptionChecks: OptionChecks<ReadOptions> = {
  gzip: { takes: "true, false or 'auto'", allows: (value) => flag.allows(value) || oneOf('auto').allows(value) },
  maxRecordBytes: {
    takes: `a whole number from 1 to ${mostRecordBytes}`,
    allows: (value) =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= mostRecordBytes,
  },
};
