import { describe, expect, it } from '@jest/globals';
import {
  BatchError,
  blamesRecord,
  CallbackError,
  NotFoundError,
  RowSuppressedError,
  StaleEntityError,
} from '@uno/domain';
import { ConfigError, ConnectionError, ConstraintError, UnoError, ValidationError } from '@uno/postgres';

const about = { operation: 'batchInsert', entity: 'City', total: 9, index: 4, key: '17' };

describe('BatchError', () => {
  it('names the record and repeats what the cause says of the database', () => {
    const cause = new ConstraintError('duplicate key', 'never', {
      sqlstate: '23505',
      constraint: 'city_name_key',
      column: 'name',
    });
    const error = new BatchError({ ...about, cause });
    expect(error).toMatchObject({
      code: 'UNO_BATCH',
      name: 'BatchError',
      operation: 'batchInsert',
      entity: 'City',
      total: 9,
      index: 4,
      key: '17',
      sqlstate: '23505',
      constraint: 'city_name_key',
      column: 'name',
      field: undefined,
      retry: 'never',
    });
    expect(error.cause).toBe(cause);
    expect(error.message).toBe('batchInsert of 9 City failed, nothing was written: record 4 (key 17). duplicate key');
    expect(UnoError.is(error)).toBe(true);
  });

  it('names the field of a value that was refused', () => {
    const cause = new ValidationError('no', { field: 'name', index: 4 });
    expect(new BatchError({ ...about, key: undefined, cause })).toMatchObject({
      field: 'name',
      sqlstate: undefined,
      constraint: undefined,
      message: expect.stringContaining('record 4. no'),
    });
  });

  it('says so when no single record is at fault', () => {
    const cause = new ConstraintError('deferred', 'never', { sqlstate: '23503' });
    const { message } = new BatchError({ ...about, index: undefined, key: undefined, cause });
    expect(message).toContain('no single record is at fault');
  });
});

describe('blamesRecord', () => {
  it.each([
    ['a constraint', new ConstraintError('x', 'never', { sqlstate: '23505' })],
    ['a refused value', new ValidationError('x')],
    ['a suppressed row', new RowSuppressedError('City')],
    ['a preProcess that threw', new CallbackError('preProcess', new Error('x'))],
  ])('sees a record at fault in %s', (_, error) => {
    expect(blamesRecord(error)).toBe(true);
  });

  it.each([
    ['a lost connection', new ConnectionError('x', 'if-idempotent', { sqlstate: '08006' })],
    ['a wrong configuration', new ConfigError('x')],
    ['another function of the caller that threw', new CallbackError('onProgress', new Error('x'))],
    ['an error that is not of uno', new TypeError('x')],
    ['a value that is no error', 'x'],
    ['a batch error', new BatchError({ ...about, cause: new ValidationError('x') })],
  ])('sees none in %s', (_, error) => {
    expect(blamesRecord(error)).toBe(false);
  });
});

describe('errors of rows that are not there', () => {
  it('list ten keys and count the rest', () => {
    const keys = Array.from({ length: 13 }, (_, i) => String(i));
    const error = new NotFoundError('City', keys, { operation: 'batchGet' });
    expect(error.message).toBe('City not found by key: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 3 more.');
    expect(error).toMatchObject({ code: 'UNO_NOT_FOUND', entity: 'City', keys, retry: 'never', operation: 'batchGet' });
  });

  it('say what to do about an entity that is stale', () => {
    const error = new StaleEntityError('City', ['5']);
    expect(error.message).toBe('City with key 5 is no longer in the database; read it again.');
    expect(error).toMatchObject({ code: 'UNO_STALE_ENTITY', keys: ['5'] });
  });

  it('say why a row may not have been stored', () => {
    expect(new RowSuppressedError('City')).toMatchObject({
      code: 'UNO_ROW_SUPPRESSED',
      message: expect.stringContaining('BEFORE trigger'),
    });
  });
});
