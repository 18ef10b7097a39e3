import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run, withFiles } from '../../../../scripts/snippets.mjs';
import { oddTables } from '../../../domain/test/support/odd-tables.js';
import { called } from '../support/called.js';
import { type CommandDatabase, openCommandDatabase } from '../support/command-database.js';

/** Tables, and whether something tells their rows apart. */
const tables = {
  'odd.everything': true,
  'odd."Parent.Table"': true,
  'odd.child': true,
  'odd.only_unique': true,
  'odd.seen': true,
  'odd.keyless': false,
  'odd."*/ `${x}` \\"': true,
  '"date"': true,
  '"two words"': true,
} as const;

let database: CommandDatabase;
beforeAll(async () => {
  database = await openCommandDatabase();
  await database.run(oddTables);
  await database.run(`
    create table odd."*/ \`\${x}\` \\" (
      "\`" text primary key default '\`\${x}\` \\ '' */', "\${y}" text, "it's" timestamptz not null unique, "Json" json,
      kind text[] default array['*/'], "uno'" odd.mood[][]
    );
    comment on table odd."*/ \`\${x}\` \\" is e'ends */ here\\nand there';
    create table "date" (id uuid primary key, "date" date, parent_id uuid references "date");
    create table "two words" (a integer, b timestamptz, "from" bigint, primary key (a, b));
  `);
});
afterAll(() => database.close());

const hooks = new URL('../../../../scripts/register-typescript.mjs', import.meta.url).href;

/** Checks all mappings against their tables, and follows the relation of one to itself. */
const program = (modules: number) => `
import { checkMappings, isMapping, MappingMismatchError, UnoContext, UnoDBRepository } from '@uno/domain';
import { UnoPostgresDialect } from '@uno/postgres';
import { Kysely } from 'kysely';
import pg from 'pg';
import { dateMapping } from './snippet-7.js';
${Array.from({ length: modules }, (_, i) => `import * as module${i} from './snippet-${i}.js';`).join('\n')}

const db = new Kysely<unknown>({ dialect: new UnoPostgresDialect({ pool: new pg.Pool({ connectionString: process.env['DATABASE_URL'] }) }) });
const modules = [${Array.from({ length: modules }, (_, i) => `module${i}`).join(', ')}];
const problems: string[] = [];
for (const mapping of modules.flatMap((module): unknown[] => Object.values(module)).filter(isMapping)) {
  await checkMappings(db, [mapping]).catch((error: unknown) => {
    if (!(error instanceof MappingMismatchError)) throw error;
    problems.push(...error.differences.map(({ table, problem }) => table + ': ' + problem));
  });
}
const dates = new UnoDBRepository(new UnoContext({ db }), dateMapping);
const id = '123e4567-e89b-12d3-a456-426614174000';
const added = await dates.add({ id, date: '2026-02-28', parentId: id });
const { parent } = await dates.loadRelations(added, ['parent']);
console.log(JSON.stringify({ problems, parent: parent?.date }));
await db.destroy();
`;

describe('the source of a mapping', () => {
  it('compiles, fits its table and works, whatever the types and names in it', async () => {
    const sources: string[] = [];
    for (const table of Object.keys(tables)) {
      const { code, out, err } = await called(['inspect', table, '--mapping'], database);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      sources.push(out);
    }
    await withFiles([...sources, program(sources.length)], async (files, folder) => {
      const project = { extends: '../tsconfig.test.json', include: ['*.ts'] };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(project));
      const compiled = await run('npx', ['tsc', '--project', folder]);
      expect(compiled).toEqual({ code: 0, output: '' });
      const { code, output } = await run(process.execPath, ['--import', hooks, files.at(-1) ?? ''], database.env);
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(JSON.parse(output)).toEqual({
        problems: ['odd.keyless: the key (a, b, c) has no unique index'],
        parent: '2026-02-28',
      });
      expect(await readFile(files[5] ?? '', 'utf8')).toContain('// No key and no unique set tells the rows');
    });
  });
});
