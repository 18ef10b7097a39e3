import { ConstraintError, DeadlockError, ValidationError } from '@uno/postgres';
import type { CallDescription } from '../../../src/metrics/call-recorder.js';

/** A call of `batchInsert` of 1000 cities. */
export const insertCities: CallDescription = Object.freeze({
  operation: 'batchInsert',
  name: 'City',
  table: 'city',
  strategy: 'chunked',
  batchSize: 500,
  atomicity: 'all',
  total: 1000,
});

/** A clock that stands still until it is moved. */
export class ManualClock {
  #time = 1_000_000;

  now(): number {
    return this.#time;
  }

  advance(ms: number): void {
    this.#time += ms;
  }
}

export const duplicate = new ConstraintError('city violates city_pkey.', 'never', { sqlstate: '23505' });
export const deadlock = new DeadlockError('A deadlock was ended.', 'whole-transaction', { sqlstate: '40P01' });
export const tooLong = new ValidationError('City record 7: "name" is too long.', {
  index: 7,
  key: '70',
  sqlstate: '22001',
});
export const deadlockNote = Object.freeze({ sqlstate: '40P01', code: 'UNO_DEADLOCK', delayMs: 12.5 });
export const lostNote = Object.freeze({ sqlstate: undefined, code: 'UNO_CONNECTION', delayMs: 50 });
