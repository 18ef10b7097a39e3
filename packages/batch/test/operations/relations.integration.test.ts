import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { belongsTo, column, Entity, hasMany, manyToMany, mapEntity, UnoDBRepository } from '@uno/domain';
import { openTestContext, type TestContext } from '../support/test-context.js';

class Street extends Entity<number> {
  name!: string;
  houses?: House[];
}
class House extends Entity<number> {
  streetId!: number;
  street?: Street;
  people?: Person[];
}
class Person extends Entity<number> {
  name!: string;
  houses?: House[];
}
const streets = mapEntity(Street, {
  table: 'street',
  columns: { id: column.integer(), name: column.text() },
  relations: { houses: hasMany(() => House, 'streetId') },
});
const link = { through: 'dweller', foreignKey: 'house_id', otherKey: 'person_id' } as const;
const houses = mapEntity(House, {
  table: 'house',
  columns: { id: column.integer(), streetId: column.integer().named('street_id') },
  relations: { street: belongsTo(() => Street, 'streetId'), people: manyToMany(() => Person, link) },
});
const people = mapEntity(Person, { table: 'person', columns: { id: column.integer(), name: column.text() } });

const numbers = Array.from({ length: 25 }, (_, i) => i);
let test: TestContext;

beforeAll(async () => {
  test = await openTestContext([streets, houses, people]);
  const context = test.context();
  await new UnoDBRepository(context, streets).batchAdd(numbers.map((id) => ({ id, name: `street ${id}` })));
  await new UnoDBRepository(context, houses).batchAdd(numbers.map((id) => ({ id, streetId: (id * 7) % 25 })));
  await new UnoDBRepository(context, people).batchAdd(numbers.map((id) => ({ id, name: `person ${id}` })));
  await test.run(
    'insert into dweller select h, (h * 3 + i) % 25 from generate_series(0, 24) h, generate_series(0, 2) i',
  );
});
afterAll(() => test.close());
beforeEach(() => {
  test.statements.length = 0;
});

const relations = ['street.houses.people', 'people'] as const;

it('takes one statement for each relation of a level, whatever the chunks of a batchGet are', async () => {
  const repository = new UnoDBRepository(test.context(), houses);
  const found = await repository.batchGet(numbers, { batchSize: 10, loadRelations: relations });
  expect(found.map(({ street }) => street.id)).toEqual(numbers.map((id) => (id * 7) % 25));
  // Besides what a connection begins with.
  const reads = test.statements.filter((statement) => !statement.includes('set_config'));
  expect(reads).toHaveLength(3 + 4);
});

it('loads the same in chunks side by side, with batching off and in a transaction', async () => {
  const load = (repository: UnoDBRepository<typeof houses>, options = {}) =>
    repository.batchGet(numbers, { ...options, loadRelations: relations });
  const expected = await load(new UnoDBRepository(test.context(), houses));
  expect(expected[4]?.street.houses[0]?.people.map(({ id }) => id)).toEqual([12, 13, 14]);
  const parallel = await load(new UnoDBRepository(test.context(), houses), { batchSize: 4, parallel: true });
  const individually = await load(new UnoDBRepository(test.context({ batch: false }), houses));
  const tuned = await load(new UnoDBRepository(test.context(), houses), { optimizeForSize: true });
  for (const found of [parallel, individually, tuned]) expect(found).toEqual(expected);
  const context = test.context();
  await test.db.transaction().execute(async (db) => {
    await context.runWith(db, async () => {
      expect(await load(new UnoDBRepository(context, houses))).toEqual(expected);
    });
  });
});
