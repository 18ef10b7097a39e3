import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { executeText } from '@uno/postgres';
import fc from 'fast-check';
import { outlineOf } from '../../src/statements/sql-outline.js';
import { openTestContext, type TestContext } from '../support/test-context.js';

let test: TestContext;

beforeAll(async () => {
  test = await openTestContext([]);
});
afterAll(() => test.close());

const inside = fc
  .array(fc.constantFrom('$1', '$7', 'a', ' ', '\n', '--', '/', '*', '"', '$', '$a$', '\\\\', 'ß', 'e'), {
    maxLength: 6,
  })
  .map((found) => found.join(''));
const space = fc.oneof(
  fc.constantFrom(' ', '\n', '\t', '\r\n'),
  inside.map((text) => `--${text.replaceAll('\n', '')}\n`),
  inside.map((text) => `/*${text.replaceAll(/[*/]/g, '')}/* $8 */*/`),
);

/** Something to select, in which a parameter is none. */
const decoy = fc.oneof(
  inside.map((text) => `'${text}'''`),
  inside.map((text) => `E'\\'${text}'`),
  fc.tuple(inside, space).map(([text, gap]) => `e'\\''${gap.includes('/*') ? '\n' : `${gap}\n`}'\\'${text}'`),
  inside.map((text) => `$q$${text}$q$`),
  inside.map((text) => `$$${text.replaceAll('$', '')}$$`),
  inside.map((text) => `1 as "${text.replaceAll('"', '""')}x"`),
  fc.constantFrom('1 as a$9', '1 as é$9$', "N'$9'", "U&'$9'", "b'01'", '1.5e3', "'$9'::text"),
);

it('counts the parameters that PostgreSQL counts', async () => {
  const item = fc.oneof(
    decoy,
    fc.integer({ min: 1, max: 5 }).map((n) => `$${n}::integer`),
  );
  const statement = fc.array(fc.tuple(space, item, space), { minLength: 1, maxLength: 8 }).map((items) => {
    const used = items.map(([before, found, after]) => before + found + after);
    const highest = Math.max(0, ...items.map(([, found]) => Number(/^\$(\d)::/.exec(found)?.[1] ?? 0)));
    // PostgreSQL has to be told of what type each of them is.
    const all = Array.from({ length: highest }, (_, i) => `$${i + 1}::integer`);
    return `select ${[...used, ...all].join(',')}`;
  });
  let number = 0;
  await test.db.connection().execute(async (connection) => {
    await fc.assert(
      fc.asyncProperty(statement, async (text) => {
        const name = `outline_${number++}`;
        const { parameters } = outlineOf(text);
        await executeText(connection, { sql: text, name }, new Array<number>(parameters).fill(1));
        const { rows } = await executeText(
          connection,
          { sql: 'select cardinality(parameter_types) from pg_prepared_statements where name = $1' },
          [name],
        );
        expect(rows).toEqual([[String(parameters)]]);
      }),
      { numRuns: 300 },
    );
  });
});
