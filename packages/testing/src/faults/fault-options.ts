import { TestServerError } from '../test-server-error.js';

/** The longest that a timer of Node can wait. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** @throws {TestServerError} `invalid-option` */
export function checkCount(value: number, name: string): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new TestServerError('invalid-option', `${name} is ${value}: expected a whole number from 1.`);
}

/** @throws {TestServerError} `invalid-option` */
export function checkDelay(ms: number, name: string): number {
  if (ms >= 0 && ms <= LONGEST_DELAY_MS) return ms;
  throw new TestServerError('invalid-option', `${name} is ${ms}: expected milliseconds from 0 to ${LONGEST_DELAY_MS}.`);
}
