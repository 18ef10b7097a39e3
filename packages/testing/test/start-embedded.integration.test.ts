import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startEmbedded } from '@uno/testing';
import pg from 'pg';

let directory: string;
beforeEach(() => {
  // Not made, nor in a folder that only we may enter: as root, the server is another user.
  directory = join(tmpdir(), `uno-kept-${process.pid}-${Math.random().toString(36).slice(2)}`);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function rowsOf(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

describe('startEmbedded', () => {
  it('keeps data and password in a directory, safe against a crash, and nobody else sees the password', async () => {
    const first = await startEmbedded({ directory });
    await rowsOf(first.connectionString, 'create table kept as select 7 as a');
    expect(await rowsOf(first.connectionString, 'show fsync')).toEqual(['on']);
    await expect(startEmbedded({ directory })).rejects.toMatchObject({
      code: 'start-failed',
      message: expect.stringContaining('postmaster.pid'),
    });
    const port = Number(new URL(first.connectionString).port);
    await first.stop();
    expect((await stat(join(directory, 'password'))).mode & 0o777).toBe(0o600);
    await using second = await startEmbedded({ directory, port });
    expect(second.connectionString).toBe(first.connectionString);
    expect(await rowsOf(second.connectionString, 'select a from kept')).toEqual([7]);
    await expect(startEmbedded({ port })).rejects.toMatchObject({
      code: 'start-failed',
      message: expect.stringContaining(`${port}`),
    });
  });

  it('touches no directory that holds something else, or half of a database', async () => {
    await mkdir(directory);
    await writeFile(join(directory, 'notes.txt'), '');
    await expect(startEmbedded({ directory })).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('something else'),
    });
    await rm(join(directory, 'notes.txt'));
    await mkdir(join(directory, 'data'));
    await expect(startEmbedded({ directory })).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('not finished'),
    });
    await expect(startEmbedded({ directory: '/dev/null/x' })).rejects.toMatchObject({ code: 'invalid-option' });
  });
});
