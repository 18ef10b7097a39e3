import { InvalidValue, type PgType } from '../../src/index.js';

/** The message with which a type refuses a value. */
export function refusalOf(type: PgType<unknown, unknown>, value: unknown): string {
  try {
    type.encode(value);
  } catch (error) {
    if (error instanceof InvalidValue) return error.message;
    throw error;
  }
  throw new Error('The value was not refused.');
}
