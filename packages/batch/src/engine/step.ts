/** How a statement carries records. */
export type StepWay =
  /** By COPY, as lines of text. */
  | 'copy'
  /** As one array a column. */
  | 'unnest'
  /** The same, and rows come back that are lined up with their records. */
  | 'returning'
  /** One statement a record. */
  | 'alone'
  /** One execution a record, all of them in one round trip. */
  | 'together'
  /** By way of a temporary table, into which they are copied. */
  | 'staging'
  /** It writes no records: it looks something up, or prepares or ends something. */
  | 'aside';

/** A statement as it is going to be sent for some records. */
export interface Step {
  readonly way: StepWay;
  /** Why in this way: what follows "because". */
  readonly why: string;
  readonly sql: string;
  /** Parameters that one execution has. */
  readonly parameters: number;
  /** How often it is sent. */
  readonly times: number;
  /** Positions of the records that it is sent for. */
  readonly indices: readonly number[];
  /** Whether it is behind a savepoint of its own. */
  readonly isAttempt?: boolean;
  /** Whether it goes in the round trip of the one before it. */
  readonly ridesAlong?: boolean;
  /** Only if that is so; otherwise it is not sent. */
  readonly onlyIf?: string;
}
