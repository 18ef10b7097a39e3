import { describe, expect, it } from '@jest/globals';
import { connectFailure } from '../../src/dialect/connection-address.js';
import type { PgPool } from '../../src/dialect/pool-port.js';
import { ConnectionError } from '../../src/index.js';
import { serverError, socketError } from '../support/server-error.js';

function pool(options?: PgPool['options']): PgPool {
  return {
    connect: () => Promise.reject(new Error('never asked')),
    end: () => Promise.resolve(),
    ...(options === undefined ? {} : { options }),
  };
}

const refused = socketError('ECONNREFUSED');

describe('the address in the error of a failed connection', () => {
  it.each([
    ['postgres://u:secret@db.example:6543/atlas', 'db.example:6543, database "atlas"'],
    ['postgresql://u:secret@db.example/atlas', 'db.example:5432, database "atlas"'],
    ['postgres://u:secret@[::1]:6543/atlas', '[::1]:6543, database "atlas"'],
    ['postgres://u:secret@db.example', 'db.example:5432'],
    ['postgres://u:s%2Fecret@db.example/my%20atlas?sslmode=disable', 'db.example:5432, database "my atlas"'],
  ])('of %s is read without the password', (connectionString, expected) => {
    const error = connectFailure(refused, pool({ connectionString }));
    expect(error.message).toContain(`Cannot connect to PostgreSQL at ${expected}: `);
    expect(error.message).not.toContain('ecret');
  });

  it('is read from single options', () => {
    const error = connectFailure(refused, pool({ host: '/run/postgresql', port: 6543, database: 'atlas' }));
    expect(error.message).toContain('at /run/postgresql:6543, database "atlas": ');
  });

  it('is honest about a pool that does not tell', () => {
    expect(connectFailure(refused, pool()).message).toContain('at the configured server: ');
  });

  it('does not repeat a connection string that cannot be read', () => {
    const error = connectFailure(new Error('Invalid URL'), pool({ connectionString: 'postgres://u:se/cret@:x:/' }));
    expect(error.message).toContain('Invalid URL');
    expect(error.message).not.toContain('cret');
  });
});

describe('the advice in the error of a failed connection', () => {
  it.each([
    [serverError('28P01', 'password authentication failed'), 'Check the user and the password.', 'never'],
    [serverError('3D000', 'database does not exist'), 'Create the database or name another one.', 'never'],
    [serverError('53300', 'too many clients'), 'Lower the size of the pools or raise max_connections.', 'safe'],
    [serverError('57P03', 'the database system is starting up'), 'Check that the server is running there', 'safe'],
    [refused, 'Check that the server is running there', 'safe'],
    [new AggregateError([refused, refused]), 'Check that the server is running there', 'safe'],
    [new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'), 'Check the user and', 'safe'],
  ])('for %p is to the point: %s', (cause, advice, retry) => {
    const error = connectFailure(cause, pool());
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ cause, retry, message: expect.stringContaining(advice) });
  });
});
