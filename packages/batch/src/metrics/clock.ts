/** Tells the time. Tests inject one that they move themselves. */
export interface Clock {
  /** Milliseconds since some moment in the past, which never go back. */
  now(): number;
}
