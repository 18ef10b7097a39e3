import { describe, expect, it } from '@jest/globals';
import { isConnectionLost, translateError } from '../../src/errors/translate.js';
import {
  CanceledError,
  ConfigError,
  ConnectionError,
  ConstraintError,
  isRecordFault,
  StatementError,
  StatementTimeoutError,
  ValidationError,
} from '../../src/index.js';
import { serverError, socketError } from '../support/server-error.js';

describe('translateError', () => {
  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ECONNABORTED',
    'EPIPE',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ENOENT',
    'EACCES',
    'ENETDOWN',
    'EHOSTDOWN',
    'ENOTCONN',
    'EPROTO',
    'ERR_SSL_BAD_RECORD_TYPE',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_STREAM_DESTROYED',
    'ERR_SOCKET_CLOSED',
  ])('makes a ConnectionError of a socket that fails with %s', (code) => {
    const cause = socketError(code);
    const error = translateError(cause, 'batchInsert');
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ retry: 'if-idempotent', operation: 'batchInsert', cause });
    expect(error.message).toContain(code);
    expect(isConnectionLost(error)).toBe(true);
  });

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated',
    'Client has encountered a connection error and is not queryable',
    'Client was closed and is not queryable',
    'timeout exceeded when trying to connect',
    'Connection terminated due to connection timeout',
    'The server does not support SSL connections',
    'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string',
    'Query read timeout',
  ])('knows the connection is of no further use by the message "%s" of pg', (message) => {
    const error = translateError(new Error(message));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.retry).toBe('if-idempotent');
    expect(isConnectionLost(error)).toBe(true);
  });

  it.each(['ERR_INVALID_ARG_TYPE', 'ERR_OUT_OF_RANGE', 'UNHEARD_OF'])(
    'takes %s, which says nothing of a connection, for a refused statement',
    (code) => {
      const error = translateError(Object.assign(new TypeError('not a buffer'), { code }));
      expect(error).toBeInstanceOf(StatementError);
      expect([error.retry, isConnectionLost(error)]).toEqual(['never', false]);
    },
  );

  it('reads the errors of an AggregateError, as Node throws it for a host of several addresses', () => {
    const error = translateError(new AggregateError([socketError('ECONNREFUSED'), socketError('EHOSTUNREACH')]));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toMatch(/ECONNREFUSED.*; .*EHOSTUNREACH/);
  });

  it('takes an AggregateError without a socket error for a refused statement', () => {
    const error = translateError(new AggregateError([new Error('one'), new Error('two')]));
    expect(error).toBeInstanceOf(StatementError);
    expect(error.message).toContain('one; two');
    expect(isConnectionLost(error)).toBe(false);
  });

  it('passes errors of uno unchanged', () => {
    const errors = [new ConfigError('a'), new ValidationError('b'), new ConnectionError('c', 'safe')];
    expect(errors.map((error) => translateError(error, 'another operation'))).toEqual(errors);
    expect(errors.every((error) => translateError(error) === error)).toBe(true);
  });

  it('does not take an error of Node with five letters for an SQLSTATE', () => {
    expect(translateError(socketError('EPIPE'))).toBeInstanceOf(ConnectionError);
    expect(translateError(Object.assign(new Error('x'), { code: 'ABCDE' }))).not.toHaveProperty('sqlstate', 'ABCDE');
  });

  it.each([['a string'], [undefined], [null], [42]])('wraps %p, which is no error at all', (thrown) => {
    const error = translateError(thrown);
    expect(error).toBeInstanceOf(StatementError);
    expect(error.message).toContain(String(thrown));
  });

  it('repeats what the server said, with schema, table, column and constraint', () => {
    const fields = { schema: 's', table: 't', column: 'c', constraint: 'k' };
    const error = translateError(serverError('23505', 'duplicate key value', fields));
    expect(error).toBeInstanceOf(ConstraintError);
    expect(error).toMatchObject({ ...fields, message: 'duplicate key value (SQLSTATE 23505)' });
  });

  it('does not repeat the message of class 22, which quotes the value', () => {
    const cause = serverError('22P02', 'invalid input syntax for type integer: "4111 1111 1111 1111"');
    const error = translateError(cause);
    expect(error.message).not.toContain('4111');
    expect(error.message).toContain('22P02');
    expect(error.cause).toBe(cause);
  });

  it('tells a statement that took too long from one that was cancelled', () => {
    const late = translateError(serverError('57014', 'canceling statement due to statement timeout'));
    const cancelled = translateError(serverError('57014', 'canceling statement due to user request'));
    expect(late).toBeInstanceOf(StatementTimeoutError);
    expect(cancelled).toBeInstanceOf(CanceledError);
  });
});

describe('isRecordFault', () => {
  it('is true for a value refused before it was sent', () => {
    expect(isRecordFault(new ValidationError('name takes a string'))).toBe(true);
  });

  it('is true for a ValidationError of another installed copy', () => {
    const brand = { [Symbol.for('uno.error')]: true };
    const foreign = Object.assign(new Error('x'), brand, { code: 'UNO_VALIDATION', retry: 'never' });
    expect(isRecordFault(foreign)).toBe(true);
  });

  it.each([[new Error('x')], [undefined], [new ConfigError('x')], [serverError('23505')]])(
    'is false for %p, which no rule of the table can be about',
    (error) => {
      expect(isRecordFault(error)).toBe(false);
    },
  );
});
