import { expect } from '@jest/globals';
import { CanceledError } from '../../src/index.js';

/** What the signals of the tests are aborted with. */
export const reason = new Error('the user went away');

export function expectCanceled(error: unknown): void {
  expect(error).toBeInstanceOf(CanceledError);
  expect(error).toMatchObject({ code: 'UNO_CANCELED', retry: 'whole-transaction', cause: reason });
}
