import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { locateInstalled } from '../src/locate-installed.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'installed-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function install(bin: string, ...programs: string[]): string {
  mkdirSync(bin, { recursive: true });
  for (const program of programs) writeFileSync(join(bin, program), '');
  return bin;
}

describe('locateInstalled', () => {
  it('takes the highest version that has a server', async () => {
    install(join(root, '9.6/bin'), 'initdb', 'postgres');
    install(join(root, '15/bin'), 'initdb', 'postgres');
    const newest = install(join(root, '17/bin'), 'initdb', 'postgres');
    install(join(root, '18/bin'), 'psql');
    install(join(root, 'common/bin'), 'initdb', 'postgres');
    await expect(locateInstalled({ PATH: '' }, [root])).resolves.toEqual({ bin: newest });
  });

  it('takes UNO_POSTGRES_BIN and nothing else when it is set', async () => {
    install(join(root, '17/bin'), 'initdb', 'postgres');
    const mine = install(join(root, 'mine'), 'initdb', 'postgres');
    await expect(locateInstalled({ UNO_POSTGRES_BIN: mine }, [root])).resolves.toEqual({ bin: mine });
    await expect(locateInstalled({ UNO_POSTGRES_BIN: '/nowhere' }, [root])).rejects.toMatchObject({
      code: 'binaries-missing',
      message: expect.stringContaining('UNO_POSTGRES_BIN (/nowhere)'),
    });
  });

  it('asks pg_config, and looks on PATH', async () => {
    const bin = install(join(root, 'elsewhere'), 'initdb', 'postgres');
    await expect(locateInstalled({ PATH: bin }, [])).resolves.toEqual({ bin });
    const tools = install(join(root, 'tools'), 'pg_config');
    writeFileSync(join(tools, 'pg_config'), `#!/bin/sh\necho ${bin}\n`);
    chmodSync(join(tools, 'pg_config'), 0o755);
    await expect(locateInstalled({ PATH: tools }, [])).resolves.toEqual({ bin });
  });

  it('says where it looked when there is none', async () => {
    await expect(locateInstalled({ PATH: root }, [join(root, 'none')])).rejects.toMatchObject({
      code: 'binaries-missing',
      message: expect.stringMatching(/none, pg_config --bindir and PATH.*apt-get install postgresql.*UNO_POSTGRES_BIN/),
    });
  });
});
