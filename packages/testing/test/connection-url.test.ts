import { describe, expect, it } from '@jest/globals';
import { hostAndPort, parseConnectionUrl, withApplicationName, withDatabase } from '../src/connection-url.js';

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
