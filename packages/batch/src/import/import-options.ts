import {
  type AnyMapping,
  type BatchWriteOptions,
  callback,
  type FieldName,
  flag,
  listOfFields,
  type NewRecord,
  type OptionRules,
  type UpdatableField,
  writeOptionRules,
} from '@uno/domain';
import type { RejectedRecord } from './rejected-record.js';

/** Where the progress of an import is kept: a name, and the schema of the tables `uno_import` and `uno_import_chunk`. */
export interface CheckpointOptions {
  readonly name: string;
  /** The first of the search path if not said. */
  readonly schema?: string | undefined;
}

/** Options of `batchImport`. */
export interface BatchImportOptions<M extends AnyMapping> extends BatchWriteOptions {
  /** The fields whose unique constraint tells whether a record is there already; without them every record is new. */
  readonly uniqueFields?: readonly FieldName<M>[] | undefined;
  /**
   * What becomes of a row that is there: left alone, which counts as skipped (`false`, the default), made as the record
   * says (`true`), or only in some fields.
   */
  readonly updateOnConflict?: boolean | readonly UpdatableField<M>[] | undefined;
  /** What the columns of a file are for, where their names do not say; `null` passes one over. */
  readonly columns?: Readonly<Record<string, FieldName<M> | null>> | undefined;
  /**
   * Called with every record before it is checked; gives the record to write, or `null` to leave it out, which counts as
   * skipped. Of a file it gets texts, or what JSON says, by the names of fields, and of columns that are for none; texts
   * that it gives back are read as those of the file. What it throws is that record's failure. Instead of the
   * configuration's.
   */
  readonly preProcess?: ((record: never, index: number) => object | null | PromiseLike<object | null>) | undefined;
  /**
   * The path of a file to which the rejected records are written, in the format of the source and with line, field and
   * reason beside each, so that it can be mended and imported. It is written anew, and only if there are any. Needs
   * `onRecordError: 'skip'`.
   */
  readonly rejects?: string | undefined;
  /** Told of every rejected record when that is certain. Needs `onRecordError: 'skip'`. */
  readonly onReject?: ((rejected: RejectedRecord) => void | PromiseLike<void>) | undefined;
  /**
   * Commits chunk by chunk and keeps, under this name and in the same transactions, how far it has come: when the process
   * or the connection dies, the same call goes on where it stopped.
   */
  readonly checkpoint?: string | CheckpointOptions | undefined;
  /** `true` does everything, counts, and takes it back. */
  readonly dryRun?: boolean | undefined;
}

/** Says whether totals are wanted, or no more than how many records were inserted or updated. */
export interface StatsOptions {
  /** `false` gives how many records were inserted or updated, and no more. Default `true`. */
  readonly returnStats?: boolean | undefined;
}

/** An import of records that the caller makes. */
export interface BatchImportRecordsOptions<M extends AnyMapping, R> extends Omit<BatchImportOptions<M>, 'columns'> {
  readonly preProcess?:
    | ((record: R, index: number) => NewRecord<M> | null | PromiseLike<NewRecord<M> | null>)
    | undefined;
}

/** An import of records of another kind, which have to be made records of the mapping. */
export interface BatchImportOtherOptions<M extends AnyMapping, R> extends BatchImportRecordsOptions<M, R> {
  readonly preProcess: (record: R, index: number) => NewRecord<M> | null | PromiseLike<NewRecord<M> | null>;
}

/** An import of a file. */
export interface BatchImportFileOptions<M extends AnyMapping> extends BatchImportOptions<M> {
  readonly preProcess?:
    | ((record: Readonly<Record<string, unknown>>, index: number) => object | null | PromiseLike<object | null>)
    | undefined;
}

/** What became of the records of an import; the counts add up to `total`, the records of the source. */
export interface ImportResult {
  readonly total: number;
  readonly inserted: number;
  readonly updated: number;
  /** Rows that already were as asked, and were not rewritten. */
  readonly unchanged: number;
  /** Records of rows that were there and are not to be updated, and those for which `preProcess` gave `null`. */
  readonly skipped: number;
  /** Records that were rejected. */
  readonly failed: number;
  /** Milliseconds that it took; with a checkpoint, in all runs together. */
  readonly elapsedMs: number;
  /** Of `total`, records that earlier runs under the same checkpoint had done. */
  readonly resumed: number;
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';

export const importRules: OptionRules<BatchImportOptions<AnyMapping> & StatsOptions> = {
  ...writeOptionRules,
  uniqueFields: listOfFields,
  updateOnConflict: {
    takes: 'true, false, or a list of fields',
    allows: (value) => typeof value === 'boolean' || Array.isArray(value),
  },
  columns: {
    takes: 'an object that gives a field, or null, for names of columns',
    allows: (value) =>
      typeof value === 'object' &&
      value !== null &&
      Object.values(value).every((field) => field === null || typeof field === 'string'),
  },
  preProcess: callback,
  rejects: { takes: 'the path of a file', allows: isText },
  onReject: callback,
  checkpoint: {
    takes: 'a name, or an object with a name and perhaps a schema',
    allows: (value) =>
      isText(value) ||
      (typeof value === 'object' &&
        value !== null &&
        'name' in value &&
        isText(value.name) &&
        Object.keys(value).every((key) => key === 'name' || key === 'schema') &&
        (!('schema' in value) || value.schema === undefined || isText(value.schema))),
  },
  dryRun: flag,
  returnStats: flag,
};
