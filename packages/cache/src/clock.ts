/** Tells the time. Tests inject one that they move themselves. */
export interface Clock {
  /** Milliseconds since some moment in the past, more than 0, which never go back. */
  now(): number;
}
