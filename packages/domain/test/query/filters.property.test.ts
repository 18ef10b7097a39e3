import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Filters } from '@uno/domain';
import fc from 'fast-check';
import { evaluate } from '../support/evaluate.js';
import { documents, type factMapping, lists, type OpenFacts, openFacts, orders, values } from '../support/facts.js';

function operators(value: fc.Arbitrary<unknown>, extra: Record<string, fc.Arbitrary<unknown>> = {}) {
  const list = fc.array(value, { maxLength: 4 });
  const operator = {
    eq: fc.option(value),
    ne: fc.option(value),
    lt: value,
    lte: value,
    gt: value,
    gte: value,
    in: list,
    notIn: list,
    between: fc.tuple(value, value),
    isNull: fc.boolean(),
    ...extra,
  };
  const one = fc.oneof(
    ...Object.entries(operator).map(([name, operand]) => operand.map((given): [string, unknown] => [name, given])),
  );
  return fc.array(one, { minLength: 1, maxLength: 2 }).map((pairs) => Object.fromEntries(pairs));
}

const pattern = fc.array(fc.constantFrom('a', 'B', '%', '_', '\\%', '\\_', '\\\\', '"', 'é'), { maxLength: 4 });
const words = fc.constantFrom('', 'AB%', 'a', 'É', 'x', 'b', '1');
const patterns = {
  like: pattern.map((parts) => parts.join('')),
  ilike: pattern.map((parts) => parts.join('')),
  ieq: words,
  iin: fc.array(words, { maxLength: 3 }),
};

/** One of some operators with its operand. */
function oneOf(operators: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> {
  return fc.oneof(...Object.entries(operators).map(([name, operand]) => operand.map((given) => ({ [name]: given }))));
}

const listed = oneOf({ contains: lists, containedBy: lists, overlaps: lists, eq: fc.option(lists) });

const ordered = fc.constantFrom<unknown>(1, 1.5, 5, '1', 'B', 'x');
const part = fc.oneof(
  fc.constantFrom<unknown>(1, '1', 'B', true, null),
  oneOf({
    ...{ eq: fc.option(documents), ne: fc.option(documents), lt: ordered, lte: ordered, gt: ordered, gte: ordered },
    ...{ in: fc.array(documents, { maxLength: 3 }), notIn: fc.array(documents, { maxLength: 3 }) },
    ...{ between: fc.tuple(ordered, ordered), isNull: fc.boolean(), exists: fc.boolean() },
    ...{ contains: documents, containedBy: documents, ...patterns },
  }),
);
const path = fc.constantFrom('a', 'b', 'a.b', 'a.0', '0', '1.0', '0.b', 'a.b.c', 'a.1');
const document = oneOf({
  ...{
    at: fc.dictionary(path, part, { minKeys: 1, maxKeys: 2, noNullPrototype: true }),
    contains: documents,
    containedBy: documents,
  },
  ...{ eq: fc.option(documents), ne: fc.option(documents) },
});

const condition = fc.oneof(
  listed.map((list) => ({ list })),
  document.map((doc) => ({ doc })),
  ...Object.entries(values).map(([field, value]) => {
    const either = fc.oneof(fc.option(value), operators(value, field === 'words' ? patterns : {}));
    return either.map((given): Record<string, unknown> => ({ [field]: given }));
  }),
);

/** Any filter, some levels deep. */
const filters = fc.letrec<{ filter: Record<string, unknown> }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4 },
    condition,
    fc.tuple(condition, condition).map(([one, two]) => ({ ...one, ...two })),
    fc.array(tie('filter'), { maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie('filter'), { maxLength: 3 }).map((or) => ({ or })),
    tie('filter').map((not) => ({ not })),
    fc.tuple(condition, tie('filter')).map(([one, not]) => ({ ...one, not })),
  ),
})).filter;

let facts: OpenFacts;

beforeAll(async () => {
  facts = await openFacts();
});
afterAll(() => facts.close());

it('a filter finds the rows for which it is true under SQL’s three-valued logic, and no others', async () => {
  await fc.assert(
    fc.asyncProperty(filters, async (filter) => {
      // The generator writes what the type allows; TypeScript cannot follow it there.
      const found = await facts.repository.list({ filters: filter as Filters<typeof factMapping>, orderBy: ['id'] });
      const expected = facts.rows.filter((row) => evaluate(row, filter, orders) === true);
      expect(found.map(({ id }) => id)).toEqual(expected.map((row) => row['id']));
    }),
    { numRuns: 600 },
  );
});

it('a filter and its negation share no row, and leave out those for which it is unknown', async () => {
  await fc.assert(
    fc.asyncProperty(filters, async (filter) => {
      const given = filter as Filters<typeof factMapping>;
      const unknown = facts.rows.filter((row) => evaluate(row, filter, orders) === null).length;
      const [yes, no, both] = await Promise.all([
        facts.repository.count({ filters: given }),
        facts.repository.count({ filters: { not: given } }),
        facts.repository.count({ filters: { and: [given, { not: given }] } }),
      ]);
      expect(both).toBe(0);
      expect(yes + no + unknown).toBe(facts.rows.length);
    }),
    { numRuns: 200 },
  );
});
