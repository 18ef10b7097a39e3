import { UnoError } from '@uno/postgres';

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
