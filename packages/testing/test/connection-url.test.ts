import { describe, expect, it } from '@jest/globals';
import {
  hostAndPort,
  parseConnectionUrl,
  serverAddress,
  withAddress,
  withApplicationName,
  withDatabase,
} from '../src/connection-url.js';

const URL_WITH_EVERYTHING = 'postgres://me:s%40cret@db.example:6432/app?sslmode=require';

describe('connection URLs', () => {
  it('exchanges the database and keeps the rest', () => {
    expect(withDatabase(URL_WITH_EVERYTHING, 'uno_1')).toBe(
      'postgres://me:s%40cret@db.example:6432/uno_1?sslmode=require',
    );
    expect(withDatabase('postgres://host', 'uno_1')).toBe('postgres://host/uno_1');
  });

  it('sets the application name, over one that is there', () => {
    expect(withApplicationName('postgres://h/d?application_name=mine', 'uno_')).toBe(
      'postgres://h/d?application_name=uno_',
    );
  });

  it('names host and port', () => {
    expect(hostAndPort(URL_WITH_EVERYTHING)).toBe('db.example:6432');
    expect(hostAndPort('postgres:///db?host=/run/postgresql')).toBe('/run/postgresql:5432');
  });

  it('says where the server listens', () => {
    expect(serverAddress(URL_WITH_EVERYTHING)).toEqual({ host: 'db.example', port: 6432 });
    expect(serverAddress('postgres://me@[::1]/db')).toEqual({ host: '::1', port: 5432 });
    expect(serverAddress('postgres:///db?host=/run/postgresql&port=6000')).toEqual({
      path: '/run/postgresql/.s.PGSQL.6000',
    });
    expect(serverAddress('postgres://%2Frun%2Fpostgresql/db')).toEqual({ path: '/run/postgresql/.s.PGSQL.5432' });
  });

  it('exchanges the address and keeps the rest', () => {
    expect(withAddress(URL_WITH_EVERYTHING, '127.0.0.1', 4000)).toBe(
      'postgres://me:s%40cret@127.0.0.1:4000/app?sslmode=require',
    );
    expect(withAddress('postgres:///db?host=/run/postgresql&port=6000&user=me', '127.0.0.1', 4000)).toBe(
      'postgres://127.0.0.1:4000/db?user=me',
    );
  });

  it.each(['postgres//me:s3cret@h/d', 'mysql://me:s3cret@h/d', 's3cret'])('refuses %s without repeating it', (url) => {
    let thrown: unknown;
    try {
      parseConnectionUrl(url, 'DATABASE_URL');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'invalid-option' });
    expect(thrown).not.toHaveProperty('cause');
    expect(String(thrown)).toContain('DATABASE_URL is not a connection URL');
    expect(String(thrown)).not.toContain('s3cret');
  });
});
