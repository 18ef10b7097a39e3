import { describe, expect, it } from '@jest/globals';
import {
  CanceledError,
  CommitUnknownError,
  ConfigError,
  ConnectionError,
  ConstraintError,
  DatabaseError,
  DeadlockError,
  LockTimeoutError,
  ResourceError,
  SerializationError,
  StatementError,
  StatementTimeoutError,
  TransactionAbortedError,
  UnoError,
  ValidationError,
} from '../../src/index.js';

const databaseErrors = [
  [ConstraintError, 'UNO_CONSTRAINT'],
  [SerializationError, 'UNO_SERIALIZATION'],
  [DeadlockError, 'UNO_DEADLOCK'],
  [LockTimeoutError, 'UNO_LOCK_TIMEOUT'],
  [StatementTimeoutError, 'UNO_STATEMENT_TIMEOUT'],
  [CanceledError, 'UNO_CANCELED'],
  [ConnectionError, 'UNO_CONNECTION'],
  [ResourceError, 'UNO_RESOURCE'],
  [StatementError, 'UNO_STATEMENT'],
  [TransactionAbortedError, 'UNO_TRANSACTION_ABORTED'],
  [CommitUnknownError, 'UNO_COMMIT_UNKNOWN'],
] as const;

describe('an error of the database', () => {
  it.each(databaseErrors)('%p has its own stable code', (ErrorClass, code) => {
    const error = new ErrorClass('what happened', 'never');
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toBeInstanceOf(UnoError);
    expect(error).toMatchObject({ code, name: ErrorClass.name, message: 'what happened', retry: 'never' });
  });

  it('has codes that no other class has', () => {
    expect(new Set(databaseErrors.map(([, code]) => code)).size).toBe(databaseErrors.length);
  });

  it('carries what PostgreSQL said, the operation and the cause', () => {
    const options = {
      sqlstate: '23505',
      schema: 's',
      table: 't',
      column: 'c',
      constraint: 'k',
      operation: 'batchInsert',
      cause: new Error('the original'),
    };
    expect(new ConstraintError('x', 'never', options)).toMatchObject(options);
  });

  it('has no cause where none is given', () => {
    expect(Object.hasOwn(new StatementError('x', 'never'), 'cause')).toBe(false);
  });
});

describe('an error of the input', () => {
  it('of the program is never worth repeating', () => {
    expect(new ConfigError('x')).toMatchObject({ code: 'UNO_CONFIG', name: 'ConfigError', retry: 'never' });
  });

  it('names field, position and key of the record', () => {
    const where = { field: 'name', index: 0, key: '7', sqlstate: '22001', reason: 'too long' };
    expect(new ValidationError('x', where)).toMatchObject({ code: 'UNO_VALIDATION', retry: 'never', ...where });
  });

  it('has its message for a reason where no shorter one is given', () => {
    expect(new ValidationError('name takes a string').reason).toBe('name takes a string');
  });
});

describe('UnoError.is', () => {
  it('recognises an error of another installed copy by its brand', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('uno.error')]: true, retry: 'safe' });
    expect(foreign instanceof UnoError).toBe(false);
    expect(UnoError.is(foreign)).toBe(true);
  });

  it('recognises every class of this copy', () => {
    const errors = [new ConfigError('x'), new ValidationError('x'), new StatementError('x', 'never')];
    expect(errors.every((error) => UnoError.is(error))).toBe(true);
  });

  it.each([[new Error('x')], [null], [undefined], ['UNO_CONFIG'], [{ code: 'UNO_CONFIG' }]])(
    'does not take %p for one',
    (value) => {
      expect(UnoError.is(value)).toBe(false);
    },
  );

  it('keeps the brand out of what is logged', () => {
    expect(Object.keys(new ConfigError('x'))).toEqual(expect.arrayContaining(['code', 'retry']));
    expect(JSON.stringify(new ConfigError('x'))).not.toContain('uno.error');
  });
});
