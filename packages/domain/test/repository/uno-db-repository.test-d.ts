import type { FieldName, Filters, OrderBy, UnoDBRepository } from '@uno/domain';
import { expectTypeOf } from 'expect-type';
import type { City, Country, cities, countries, Visit, visits } from '../support/world.js';

type Stored = Omit<City, 'country' | 'sister'>;

export async function results(
  repository: UnoDBRepository<typeof cities>,
  countryRepository: UnoDBRepository<typeof countries>,
  visitRepository: UnoDBRepository<typeof visits>,
): Promise<void> {
  expectTypeOf(await repository.get(1)).toEqualTypeOf<Stored | undefined>();
  expectTypeOf(await repository.list()).toEqualTypeOf<Stored[]>();
  expectTypeOf(await repository.add({ name: 'Bern', countryId: 1 })).toEqualTypeOf<Stored>();
  expectTypeOf(await repository.update({ id: 1 })).toEqualTypeOf<Stored>();
  expectTypeOf(await repository.batchGet([1])).toEqualTypeOf<Stored[]>();
  expectTypeOf(await repository.batchAdd([{ name: 'Bern', countryId: 1 }])).toEqualTypeOf<Stored[]>();
  expectTypeOf(await repository.batchUpdate([{ id: 1 }])).toEqualTypeOf<number>();
  expectTypeOf(await repository.batchRemove([1])).toEqualTypeOf<number>();
  expectTypeOf(await repository.exists(1)).toEqualTypeOf<boolean>();
  expectTypeOf(await repository.exists({ filters: { name: 'Bern' } })).toEqualTypeOf<boolean>();
  expectTypeOf(await visitRepository.exists({ cityId: 1, day: '2024-01-01' })).toEqualTypeOf<boolean>();
  expectTypeOf(await repository.count()).toEqualTypeOf<number>();
  expectTypeOf(await repository.getOrFail(1)).toEqualTypeOf<Stored>();
  expectTypeOf((await repository.getOrFail(1, { loadRelations: ['country'] })).country).toEqualTypeOf<
    Omit<Country, 'cities'>
  >();
  expectTypeOf(await repository.findOne()).toEqualTypeOf<Stored | undefined>();
  const first = await repository.findOne({ orderBy: ['name'], loadRelations: ['sister'] });
  expectTypeOf(first?.sister).toEqualTypeOf<Stored | null | undefined>();
  expectTypeOf(await visitRepository.get({ cityId: 1, day: '2024-01-01' })).toEqualTypeOf<Visit | undefined>();

  const [city] = await repository.list({ loadRelations: ['country'] });
  expectTypeOf(city?.country).toEqualTypeOf<Omit<Country, 'cities'> | undefined>();
  // @ts-expect-error it was not loaded
  city?.sister;
  const all = await repository.get(1, { loadRelations: true });
  expectTypeOf(all?.sister).toEqualTypeOf<Stored | null | undefined>();
  const [country] = await countryRepository.batchGet([1], { loadRelations: ['cities'] });
  expectTypeOf(country?.cities).toEqualTypeOf<Stored[] | undefined>();
  // Fewer fields are plain objects of these.
  const [brief] = await repository.list({ fields: ['id', 'population'], orderBy: ['name'] });
  expectTypeOf(brief).toEqualTypeOf<{ id: number; population: number | null } | undefined>();
  const one = await visitRepository.findOne({ fields: ['day'] });
  expectTypeOf(one).toEqualTypeOf<{ day: string } | undefined>();
  const names: FieldName<typeof cities>[] = [];
  const [some] = await repository.list({ fields: names });
  expectTypeOf(some?.status).toEqualTypeOf<'village' | 'town' | undefined>();
  const [mixed] = await repository.list({ fields: ['id'], loadRelations: ['country'] });
  // @ts-expect-error an entity has relations, some of its fields have not
  mixed?.id;
  await repository.list({ lock: 'update' });
  await repository.findOne({ lock: { for: 'share', skipLocked: true } });
  await repository.get(1, { lock: { for: 'update', noWait: true } });

  const [stored] = await repository.list();
  if (stored === undefined) return;
  expectTypeOf((await repository.loadRelations(stored, ['sister'])).sister).toEqualTypeOf<Stored | null>();
  // @ts-expect-error it was not loaded
  stored.country;
  // What was read can be written back.
  await repository.update(stored);
  await repository.batchAdd([stored]);
  await repository.remove(stored);
}

export const filters: Filters<typeof cities>[] = [
  { name: 'Bern', population: null, status: 'town' },
  { population: { gte: 1, ne: null }, createdAt: { lt: new Date() } },
  { name: { like: 'B%', ilike: '%n', in: ['a', 'b'] } },
  { or: [{ id: 1 }, { not: { id: { between: [1, 2] } } }], and: [] },
];
export const orders: OrderBy<typeof cities>[] = ['name', { population: 'desc' }, { population: 'asc', nulls: 'first' }];

export async function mistakes(
  repository: UnoDBRepository<typeof cities>,
  visitRepository: UnoDBRepository<typeof visits>,
): Promise<void> {
  // @ts-expect-error a misspelt field in a filter
  await repository.list({ filters: { nmae: 'Bern' } });
  // @ts-expect-error a misspelt field deep in a filter
  await repository.list({ filters: { or: [{ not: { nmae: 'Bern' } }] } });
  // @ts-expect-error a value of another type in a filter
  await repository.list({ filters: { population: '5' } });
  // @ts-expect-error a value of another type for an operator
  await repository.list({ filters: { name: { in: [5] } } });
  // @ts-expect-error null for a comparison
  await repository.list({ filters: { population: { gt: null } } });
  // @ts-expect-error null for a field that is never NULL
  await repository.list({ filters: { name: null } });
  // @ts-expect-error undefined, which would silently match every row
  await repository.list({ filters: { name: undefined } });
  // @ts-expect-error an unknown operator
  await repository.list({ filters: { name: { contains: 'B' } } });
  // @ts-expect-error a pattern for a number
  await repository.list({ filters: { population: { like: '5%' } } });
  // @ts-expect-error an unknown label
  await repository.list({ filters: { status: 'city' } });
  // @ts-expect-error a misspelt field in a count
  await repository.count({ filters: { nmae: 'Bern' } });
  // @ts-expect-error a misspelt field to order by
  await repository.list({ orderBy: ['nmae'] });
  // @ts-expect-error an unknown direction
  await repository.list({ orderBy: [{ name: 'down' }] });
  // @ts-expect-error an unknown side of the nulls
  await repository.list({ orderBy: [{ name: 'asc', nulls: 'top' }] });
  // @ts-expect-error a side of the nulls without a field
  await repository.list({ orderBy: [{ nulls: 'first' }] });
  // @ts-expect-error a limit for what is one
  await repository.findOne({ limit: 5 });
  // @ts-expect-error a misspelt field to read
  await repository.list({ fields: ['id', 'nmae'] });
  // @ts-expect-error an unknown lock
  await repository.list({ lock: 'exclusive' });
  // @ts-expect-error two ways not to wait
  await repository.list({ lock: { for: 'update', skipLocked: true, noWait: true } });
  // @ts-expect-error a misspelt field to find one by
  await repository.findOne({ filters: { nmae: 'Bern' } });
  // @ts-expect-error a misspelt field in exists
  await repository.exists({ filters: { nmae: 'Bern' } });
  // @ts-expect-error a key of another type
  await repository.exists('1');
  // @ts-expect-error a key of another type
  await repository.getOrFail('1');
  // @ts-expect-error an unknown relation
  await repository.findOne({ loadRelations: ['contry'] });
  // @ts-expect-error an unknown option
  await repository.list({ limits: 5 });
  // @ts-expect-error an unknown relation
  await repository.list({ loadRelations: ['contry'] });
  // @ts-expect-error an unknown relation
  await repository.get(1, { loadRelations: ['contry'] });
  // @ts-expect-error a mapping without relations
  await visitRepository.list({ loadRelations: ['city'] });

  // @ts-expect-error a misspelt field in a new record
  await repository.add({ name: 'Bern', countryId: 1, populaton: 5 });
  // @ts-expect-error a required field is missing
  await repository.add({ name: 'Bern' });
  // @ts-expect-error null for a field that is not nullable
  await repository.add({ name: null, countryId: 1 });
  // @ts-expect-error a value of another type
  await repository.add({ name: 5, countryId: 1 });
  // @ts-expect-error what the database computes
  await repository.add({ name: 'Bern', countryId: 1, label: 'BERN' });
  // @ts-expect-error a misspelt field in a batch
  await repository.batchAdd([{ name: 'Bern', countryId: 1, populaton: 5 }]);

  // @ts-expect-error the key is missing
  await repository.update({ name: 'Bern' });
  // @ts-expect-error a part of the key is missing
  await visitRepository.update({ cityId: 1, visitors: 5 });
  // @ts-expect-error null for a field that is not nullable
  await repository.update({ id: 1, name: null });
  // @ts-expect-error the key cannot be updated
  await repository.update({ id: 1 }, { fields: ['id'] });
  // @ts-expect-error a misspelt field in a batch
  await repository.batchUpdate([{ id: 1, nmae: 'Bern' }]);
  // @ts-expect-error the key is missing in a batch
  await repository.batchUpdate([{ name: 'Bern' }]);
  // @ts-expect-error a misspelt field among those to update
  await repository.batchUpdate([{ id: 1 }], { fields: ['nmae'] });
  // @ts-expect-error a field that the database computes among those to update
  await repository.batchUpdate([{ id: 1 }], { fields: ['label'] });

  // @ts-expect-error a key of another type
  await repository.get('1');
  // @ts-expect-error a key of another type in a batch
  await repository.batchGet([1, '2']);
  // @ts-expect-error a part of the key is missing
  await visitRepository.get({ cityId: 1 });
  // @ts-expect-error a value where the key has several fields
  await visitRepository.removeById(1);
  // @ts-expect-error an unknown strategy
  await repository.batchGet([1], { strategy: 'fast' });
}

export async function kyselyQueries(
  repository: UnoDBRepository<typeof cities>,
  others: { readonly countries: typeof countries },
): Promise<void> {
  const rows = await repository.query().selectFrom('city').select(['id', 'country_id', 'created_at']).execute();
  expectTypeOf(rows).toEqualTypeOf<{ id: number; country_id: number; created_at: Date }[]>();
  const joined = await repository
    .query(others.countries)
    .selectFrom('city')
    .innerJoin('country', 'country.id', 'city.country_id')
    .select('country.code')
    .execute();
  expectTypeOf(joined).toEqualTypeOf<{ code: string | null }[]>();

  // @ts-expect-error the table is of a mapping that was not given
  repository.query().selectFrom('country');
  // @ts-expect-error the column is misspelt
  repository.query().selectFrom('city').select('nam');
  // @ts-expect-error the property is not the column's name
  repository.query().selectFrom('city').select('countryId');
  // @ts-expect-error what is written so, the cache would not hear of
  repository.query().deleteFrom('city');
}
