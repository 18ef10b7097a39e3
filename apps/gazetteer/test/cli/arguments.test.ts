import { describe, expect, it } from '@jest/globals';
import { parseArguments, UsageError } from '../../src/cli/arguments.js';

describe('parseArguments', () => {
  it('takes the tour when nothing is said', () => {
    expect(parseArguments([])).toEqual({ kind: 'tour' });
  });

  it('serves on port 3000 of this machine unless told otherwise', () => {
    expect(parseArguments(['serve'])).toEqual({ kind: 'serve', port: 3000, host: '127.0.0.1' });
    expect(parseArguments(['serve', '--port', '0', '--host=::1'])).toEqual({ kind: 'serve', port: 0, host: '::1' });
    expect(parseArguments(['--port=65535', 'serve'])).toMatchObject({ port: 65_535 });
  });

  it('helps, whatever else is said', () => {
    expect(parseArguments(['--help'])).toEqual({ kind: 'help' });
    expect(parseArguments(['serve', '-h', '--port', 'x'])).toEqual({ kind: 'help' });
  });

  it.each([
    [['sreve'], 'no command "sreve"'],
    [['serve', 'now'], 'nothing to do with "now"'],
    [['serve', '--prot', '1'], '--prot'],
    [['serve', '--port'], '--port'],
    [['serve', '--port', ''], '--port is a whole number'],
    [['serve', '--port', '65536'], '--port is a whole number'],
    [['serve', '--port', '1e3'], '--port is a whole number'],
    [['serve', '--port', '80.5'], '--port is a whole number'],
    [['serve', '--host', ' '], '--host is empty'],
    [['--port', '80'], 'belong to serve'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseArguments(argv)).toThrow(UsageError);
    expect(() => parseArguments(argv)).toThrow(message);
  });
});
