import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { checkTime } from '../../src/types/check-time.js';
import { schemaSource } from '../../src/types/schema-source.js';

beforeAll(() => {
  // It is checked against what a user's project is checked against: the packages as they are built.
  const root = fileURLToPath(new URL('../../../..', import.meta.url));
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '--build', 'packages/domain'], { cwd: root });
});

describe('the schema by which compile time is measured', () => {
  it('compiles, and makes the more types the more entities it has', async () => {
    const [none, few] = [await checkTime(schemaSource(0)), await checkTime(schemaSource(3))];
    expect(few.types).toBeGreaterThan(none.types + 500);
  });

  it('is checked wholly: a misspelt field does not compile', async () => {
    const wrong = schemaSource(1).replace("fields: ['name', 'amount']", "fields: ['nam', 'amount']");
    await expect(checkTime(wrong)).rejects.toThrow(/"nam"/);
  });
});
