import type { Measured } from '../measured.js';
import type { Input } from './dataset.js';

/** What each operation gives back, by which it is verified. */
export interface Results {
  /** Rows that were inserted. */
  readonly insert: number;
  /** The generated keys, in the order of the records. */
  readonly 'insert-ids': readonly (number | undefined)[];
  /** The records, in the order of the keys. */
  readonly get: readonly (Measured | undefined)[];
  /** Rows that were there. */
  readonly update: number;
  readonly upsert: { readonly inserted: number; readonly updated: number };
  /** Rows that are gone. */
  readonly delete: number;
}

/** The name of an operation, as in `--only`. */
export type OperationName = keyof Results;

/** What is in the table before an operation: nothing, every other record, or all of them. */
export type StartingState = 'empty' | 'half' | 'full';

interface Operation {
  readonly title: string;
  readonly start: StartingState;
  /** What it is done with. */
  readonly input: Input;
  /** Whether the starting state has to be restored afterwards. */
  readonly writes: boolean;
}

/** Every operation, in the order in which they are measured. */
export const operations: Readonly<Record<OperationName, Operation>> = {
  insert: { title: 'insert', start: 'empty', input: 'records', writes: true },
  'insert-ids': { title: 'insert with ids back', start: 'empty', input: 'unnumbered', writes: true },
  get: { title: 'get by ids', start: 'full', input: 'ids', writes: false },
  update: { title: 'update of two columns', start: 'full', input: 'changes', writes: true },
  upsert: { title: 'upsert, half new', start: 'half', input: 'changed', writes: true },
  delete: { title: 'delete by ids', start: 'full', input: 'ids', writes: true },
};

/** Whether there is an operation of that name. */
function isOperationName(name: string): name is OperationName {
  return Object.hasOwn(operations, name);
}

/** All names, in the order in which they are measured. */
export const operationNames: readonly OperationName[] = Object.keys(operations).filter(isOperationName);
