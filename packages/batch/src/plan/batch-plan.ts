import type { IndexRange } from '@uno/domain';
import type { BatchExecutionStrategy } from '../config/batch-execution-strategy.js';
import type { StepWay } from '../engine/step.js';

/** The strategy of a call. */
export interface PlannedStrategy {
  readonly name: BatchExecutionStrategy;
  /** What it follows from: an option of the call, the configuration, or the operation itself. */
  readonly why: string;
  /** Whether chunks go one after the other, or several at a time. */
  readonly runs: 'in order' | 'side by side';
  /** Why they do not go side by side although that was asked for; `null` where there is nothing to say. */
  readonly whyInOrder: string | null;
}

/** A record that would be left out, as far as that is known before anything is sent. */
export interface PlannedRefusal {
  readonly index: number;
  readonly key: string | null;
  /** The code of the error, such as `UNO_VALIDATION`. */
  readonly code: string;
  readonly message: string;
}

/** How the records are cut. `null` is what is known only when the source has come to its end. */
export interface PlannedChunks {
  readonly count: number | null;
  /** Records in each chunk: of several that mean one row and are made one, one is counted. */
  readonly sizes: readonly number[] | null;
  readonly cutBy: string;
  /** Records that are made one with another of their row, within a chunk or in the whole call. */
  readonly folded: number | null;
  /** Records that would be left out under `onRecordError: 'skip'`. */
  readonly refused: readonly PlannedRefusal[];
}

/** One text that is sent, in one way and for one reason. */
export interface PlannedStatement {
  /** Whether it belongs to chunks, or comes once before or after all of them. */
  readonly when: 'before' | 'chunk' | 'after';
  /** How it carries records. */
  readonly way: StepWay;
  /** Why in this way. */
  readonly why: string;
  readonly sql: string;
  /** Parameters that one execution has: one for each column and not for each record, but where records go one by one. */
  readonly parameters: number;
  /** How often it is sent; `null` where that is not known. */
  readonly times: number | null;
  /** Records that it is sent for, all times together; `null` where that is not known. */
  readonly records: number | null;
  /** Their positions in the source, 100 ranges at most. */
  readonly positions: readonly IndexRange[];
  /** What has to be so for it to be sent at all; it is not counted then. `null` for one that is sent anyway. */
  readonly onlyIf: string | null;
}

/** The connections that a call takes. */
export interface PlannedConnections {
  /** At most so many at a time, as the pool is now; `null` where the number of chunks and the pool's size are unknown. */
  readonly most: number | null;
  /** How many the pool may open; `null` where it does not say. */
  readonly poolSize: number | null;
}

/** What commits. `null` is what is not known. */
export interface PlannedTransactions {
  /** Transactions that the call opens. */
  readonly count: number | null;
  /** Statements that commit by themselves, outside of a transaction. */
  readonly alone: number | null;
  /** Whether everything is part of a transaction of the caller's. */
  readonly joined: boolean;
  /** Savepoints that are set. */
  readonly savepoints: number | null;
  readonly isolation: string;
}

/** What happens when something fails, by the options in force. */
export interface PlannedFailure {
  /** What a failure that ends the call takes back. */
  readonly rollsBack: 'everything' | 'the chunk' | 'nothing';
  readonly onRecordError: 'abort' | 'skip';
  /** Records that may fail before the call is given up; `null` for any number of them. */
  readonly maxFailures: number | null;
  /** How the record at fault is found among the others of its chunk. */
  readonly search: 'halving' | 'PostgreSQL names it' | 'none';
  /** Attempts that it takes to find one record at fault, at most; `null` where that is not known. */
  readonly mostAttempts: number | null;
  /** How often what may pass is tried again, and which errors that is for. */
  readonly retries: {
    readonly most: number;
    readonly unit: 'the call' | 'the chunk' | 'nothing';
    readonly codes: readonly string[];
  };
  /** Whether records go one by one when PostgreSQL does not take the statement for many. */
  readonly fallsBack: boolean;
  /** The same in words, and what remains written, and what a COMMIT of which nobody knows leads to. */
  readonly says: readonly string[];
}

/** What a call would do, as plain data: it is the same after `JSON.parse(JSON.stringify(plan))`. */
export interface BatchPlan {
  readonly operation: string;
  readonly table: string;
  /** Records in the source; `null` for one that tells only at its end, and for rows that a filter finds. */
  readonly records: number | null;
  readonly strategy: PlannedStrategy;
  /** Whether records go in sets. */
  readonly sets: {
    /** Records that go one by one; `null` where that is not known. */
    readonly oneByOne: number | null;
    readonly why: string;
  };
  readonly chunks: PlannedChunks;
  /** In the order in which each text is first sent; what opens and ends transactions is not among them. */
  readonly statements: readonly PlannedStatement[];
  readonly connections: PlannedConnections;
  readonly transactions: PlannedTransactions;
  /** Times that the server is waited for, transactions and savepoints included; `null` where that is not known. */
  readonly roundTrips: number | null;
  readonly onFailure: PlannedFailure;
  /** What else is to be known, such as functions of the caller's that are called. */
  readonly notes: readonly string[];
}
