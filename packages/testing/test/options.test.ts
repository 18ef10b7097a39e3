import { describe, expect, it } from '@jest/globals';
import { settingArguments, THROWAWAY_SETTINGS } from '../src/options.js';

describe('settingArguments', () => {
  it('sets the throwaway settings', () => {
    expect(settingArguments()).toEqual(
      Object.entries(THROWAWAY_SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    );
    expect(settingArguments()).toContain('fsync=off');
  });

  it('lets the caller have the last word', () => {
    const settings = settingArguments({ max_connections: '7', 'pg_stat_statements.max': '100' });
    expect(settings).toContain('max_connections=7');
    expect(settings).not.toContain('max_connections=300');
    expect(settings).toContain('pg_stat_statements.max=100');
  });

  it.each([
    ['port', '1'],
    ['Listen_Addresses', '*'],
    ['unix_socket_directories', '/tmp'],
    ['-D', '/tmp'],
    ['a b', '1'],
    ['work_mem', '1MB\n'],
  ])('refuses %s', (name, value) => {
    expect(() => settingArguments({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(JSON.stringify(name)) }),
    );
  });
});
