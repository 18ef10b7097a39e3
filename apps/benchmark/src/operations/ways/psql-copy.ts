import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Measured } from '../../measured.js';
import type { Way } from '../way.js';
import { PsqlProcess, psqlVersion } from './psql-process.js';

const columns = 'id, name, country, population, latitude, longitude, active, created_at';

function fieldsOf(record: Measured): string[] {
  const { id, name, country, population, latitude, longitude, active, createdAt } = record;
  return [id, name, country, population, latitude, longitude, active, createdAt.toISOString()].map(String);
}

const csv = (records: readonly Measured[]): string =>
  records.map((record) => `${fieldsOf(record).map(quoted).join(',')}\n`).join('');

const quoted = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

const text = (records: readonly Measured[]): string =>
  records.map((record) => `${fieldsOf(record).map(escaped).join('\t')}\n`).join('');

const escaped = (field: string): string => field.replace(/[\\\t\r\n]/g, (char) => `\\${char}`);

/** `psql \copy` of a file that is there already, by a psql that is connected already: the limit of what is possible. */
export const psqlCopy: Way = {
  name: 'psql',
  library: 'psql',
  variant: '\\copy',
  unavailable: async () => ((await psqlVersion()) === undefined ? 'there is no psql on the PATH' : undefined),
  open: async ({ connectionString, data }) => {
    const folder = await mkdtemp(join(tmpdir(), 'uno-benchmark-'));
    const csvFile = join(folder, 'records.csv');
    const textFile = join(folder, 'records.txt');
    await writeFile(csvFile, csv(data.records));
    await writeFile(textFile, text(data.records));
    const psql = await PsqlProcess.start(connectionString);
    const copy = async (file: string, format: string): Promise<number> => {
      const answer = await psql.ask(`\\copy measured (${columns}) from '${file}' with (format ${format})`);
      return Number(/^COPY (\d+)$/.exec(answer)?.[1]);
    };
    return {
      pid: psql.pid,
      runs: [
        { operation: 'insert', how: 'csv', run: () => copy(csvFile, 'csv') },
        { operation: 'insert', how: 'text', run: () => copy(textFile, 'text') },
      ],
      close: async () => {
        await psql.end();
        await rm(folder, { recursive: true });
      },
    };
  },
};
