import { describe, expect, it } from '@jest/globals';
import { parseArguments, UsageError } from '../../src/operations/arguments.js';

describe('parseArguments', () => {
  it('measures everything where nothing is said', () => {
    expect(parseArguments([])).toMatchObject({ rows: 100_000, rounds: 5, warmUps: 1, scale: false });
    expect(parseArguments([])).toHaveProperty('only', ['insert', 'insert-ids', 'get', 'update', 'upsert', 'delete']);
    expect(parseArguments([])).toHaveProperty('ways.0', 'expert');
  });

  it('takes lists in any order, and measures in its own', () => {
    const parsed = parseArguments(['--only', 'delete, insert', '--ways', 'uno-5000,expert,uno-5000', '--rows', '500']);
    expect(parsed).toMatchObject({ rows: 500, only: ['insert', 'delete'], ways: ['expert', 'uno-5000'] });
  });

  it('looks at uno alone when it is about scale', () => {
    expect(parseArguments(['--scale'])).toMatchObject({ scale: true, rounds: 3, ways: ['uno', 'uno-5000'] });
  });

  it.each([
    [['--only', 'insert,truncate'], '--only takes insert, insert-ids, get, update, upsert, delete, not "truncate"'],
    [['--ways', 'typeorm'], 'not "typeorm"'],
    [['--rows', '1e5'], '--rows is a whole number from 2, not "1e5"'],
    [['--rounds', '0'], '--rounds is a whole number from 1'],
    [['--fast'], '--fast'],
    [['insert'], 'insert'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseArguments(argv)).toThrow(UsageError);
    expect(() => parseArguments(argv)).toThrow(message);
  });
});
