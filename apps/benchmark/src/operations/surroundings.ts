import { readFile } from 'node:fs/promises';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import type { PostgresServer } from '@uno/testing';
import { psqlVersion } from './ways/psql-process.js';

/** What figures depend on besides what is measured. */
export interface Surroundings {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryBytes: number;
    readonly system: string;
  };
  readonly versions: {
    readonly node: string;
    readonly postgres: string;
    readonly postgresSource: string;
    readonly pg: string;
    readonly kysely: string;
    readonly psql: string | null;
  };
}

export async function readSurroundings({ version, source }: PostgresServer): Promise<Surroundings> {
  const all = cpus();
  const versions = await dependencies();
  return {
    machine: {
      cpu: all[0]?.model ?? 'unknown',
      cores: all.length,
      memoryBytes: totalmem(),
      system: `${platform()} ${release()} ${arch()}`,
    },
    versions: {
      node: process.version,
      postgres: version,
      postgresSource: source,
      pg: versions.get('pg') ?? 'unknown',
      kysely: versions.get('kysely') ?? 'unknown',
      psql: (await psqlVersion()) ?? null,
    },
  };
}

/** The exact versions that this application depends on. */
async function dependencies(): Promise<ReadonlyMap<string, string>> {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('dependencies' in manifest)) return new Map();
  return new Map(Object.entries(manifest.dependencies ?? {}).map(([name, version]) => [name, String(version)]));
}
