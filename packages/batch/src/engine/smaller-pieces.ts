import { sqlstateOf, UnoError } from '@uno/postgres';

/** Everything at once did not work, and smaller pieces may. */
export class SmallerPiecesNeeded extends Error {
  override readonly name = 'SmallerPiecesNeeded';

  constructor(override readonly cause: unknown) {
    super('Everything at once did not work.');
  }
}

/** Whether a failure is about how much was asked for at once: memory, disk or time of the server, or of a string. */
export function isAboutSize(error: unknown): boolean {
  return UnoError.is(error) && (error.code === 'UNO_RESOURCE' || error.code === 'UNO_STATEMENT_TIMEOUT');
}

/**
 * Conditions that fewer records at once may cure where the transaction can go on: `query_canceled` (by a timeout of the
 * server), `insufficient_resources`, `disk_full`, `out_of_memory` and `configuration_limit_exceeded` (such as
 * `temp_file_limit`). After others the connection is gone.
 */
const curable: ReadonlySet<string | undefined> = new Set(['57014', '53000', '53100', '53200', '53400']);

/** Whether a failure may not come again for fewer records of the same transaction. */
export function isCurableBySize(error: unknown): boolean {
  return isAboutSize(error) && curable.has(sqlstateOf(error));
}
