/** What the command ends with; scripts can rely on it. */
export const ExitCode = {
  /** All of it was done. */
  done: 0,
  /** It failed; what was wrong is on stderr. */
  failed: 1,
  /** It was asked for something that is not there: an unknown option, a wrong value, no database to go to. */
  usage: 2,
  /** It was done, but for records that were rejected. */
  rejected: 3,
  /** Somebody pressed Ctrl-C. */
  interrupted: 130,
} as const;
