import { describe, expect, it } from '@jest/globals';
import { called, calledForJson } from '../support/called.js';

describe('the command line', () => {
  it('explains itself on stdout, with the exit codes', async () => {
    for (const argv of [['--help'], ['help'], ['-h']]) {
      const { code, out, err } = await called(argv);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      for (const word of ['inspect', 'export', 'db', 'Exit codes:', 'DATABASE_URL']) expect(out).toContain(word);
    }
    expect((await called(['export', '--help'])).out).toContain('--database');
    expect(await called(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it.each([
    [[], 'Name a command; uno --help lists them.'],
    [['exprot', 'city'], "Unknown command 'exprot'. Did you mean export?"],
    [['inspect'], "Missing required argument 'table'."],
    [['inspect', 'city', '--maping'], "Unknown option '--maping'. Did you mean --mapping?"],
    [['inspect', 'city', 'country'], "Too many arguments for 'inspect'. Expected 1 argument but got 2."],
    [
      ['export', 'city', '--format', 'xml'],
      "Option '--format <format>' argument 'xml' is invalid. Allowed choices are csv, ndjson.",
    ],
    [['export'], 'Name a table to export, or say --query.'],
    [['export', 'city', '--query', 'select 1'], 'Name a table or say --query, not both.'],
    [['export', '--query', ' ; '], '--query is empty.'],
    [['export', 'city', '--out', ''], '--out is empty.'],
    [['export', 'city', '--json'], expect.stringContaining('name a file for them with --out')],
    [['db', '--port', '70000'], expect.stringContaining('a whole number from 1 to 65535')],
    [['db', '--data', ''], '--data is empty.'],
    [['inspect', 'city', '--database', 'mysql://me:secret@host/db'], expect.stringContaining('--database is no URL')],
  ])('ends with 2 when it is asked for what is not there: %j', async (argv, message) => {
    const usage = await calledForJson(
      argv.filter((argument) => argument !== '--json'),
      { env: {} },
    );
    if (!argv.includes('--json')) {
      expect(usage).toEqual({ code: 2, value: { error: { code: 'UNO_USAGE', message, retry: 'never' } }, err: '' });
      const plain = await called(argv);
      expect(plain).toMatchObject({ code: 2, out: '' });
      expect(plain.err).toMatch(/^uno: .*\[UNO_USAGE\]\n$/);
      expect(plain.err).not.toContain('secret');
    } else expect(usage.value).toMatchObject({ error: { message } });
  });

  it('offers a database to play with where none is named', async () => {
    const { code, out, err } = await called(['inspect', 'city']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/--database.*DATABASE_URL.*"uno db".*\[UNO_NO_DATABASE\]\n$/);
  });

  it('goes to the database of --database, else of DATABASE_URL, else of PGHOST or PGDATABASE', async () => {
    const nowhere = (port: number) => `postgres://me:secret@127.0.0.1:${port}/there`;
    const env = { DATABASE_URL: nowhere(2), PGHOST: '127.0.0.1', PGPORT: '3' };
    const messageOf = async (argv: string[], known: Record<string, string>) => {
      const { code, value } = await calledForJson(['inspect', 'city', ...argv], { env: known });
      expect({ code, value }).toMatchObject({ code: 1, value: { error: { code: 'UNO_CONNECTION' } } });
      return JSON.stringify(value);
    };
    expect(await messageOf(['--database', nowhere(1)], env)).toContain('127.0.0.1:1');
    expect(await messageOf([], env)).toContain('127.0.0.1:2');
    expect(await messageOf([], { PGHOST: '127.0.0.1', PGPORT: '3' })).toContain('127.0.0.1:3');
    expect(await messageOf([], env)).not.toContain('secret');
  });

  it('shows the stack of an error with --debug, and not without', async () => {
    const argv = ['inspect', 'city', '-d', 'postgres://127.0.0.1:1/there'];
    expect((await called(argv)).err).toMatch(/^uno: [^\n]*\[UNO_CONNECTION\]\n$/);
    expect((await called([...argv, '--debug'])).err).toMatch(/\[UNO_CONNECTION\]\n.*\n +at [\s\S]*Caused by: /);
  });
});
