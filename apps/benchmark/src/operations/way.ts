import type { Dataset } from './dataset.js';
import type { OperationName, Results } from './operation.js';

/** A way of doing one operation on all records of a data set. */
export interface Run<K extends OperationName> {
  readonly operation: K;
  /** By what means, where a way has several for one operation: `csv`, `models`. */
  readonly how?: string;
  /** What is measured: from the records in memory to the result in memory. */
  run(): Promise<Results[K]>;
}

/** {@link Run} of any operation. */
export type AnyRun = { readonly [K in OperationName]: Run<K> }[OperationName];

/** A way that is connected to a database and has its data. */
export interface OpenWay {
  readonly runs: readonly AnyRun[];
  /** The process that does the work of the client, if it is not this one. */
  readonly pid?: number | undefined;
  close(): Promise<void>;
}

/** Where to work, and with what. */
export interface WayContext {
  /** A database with the empty tables `measured` and `numbered`. */
  readonly connectionString: string;
  readonly data: Dataset;
}

/** A way of doing the operations that are compared: adding one is adding a file, and a line in `all-ways.ts`. */
export interface Way {
  /** As in `--ways`. */
  readonly name: string;
  /** As in the JSON: whose way it is. */
  readonly library: string;
  /** As in the JSON: which of the library's ways. */
  readonly variant: string;
  /** The part of the rows that it is measured on, if it is slow; its times are extrapolated. */
  readonly share?: number;
  /** Why it cannot be measured here; `undefined` when it can. */
  unavailable?(): Promise<string | undefined>;
  open(context: WayContext): Promise<OpenWay>;
}
