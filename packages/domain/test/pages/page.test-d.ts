import type { Loaded, Page, UnoDBRepository } from '@uno/domain';
import { expectTypeOf } from 'expect-type';
import type { Country, cities, visits } from '../support/world.js';

export async function pages(
  repository: UnoDBRepository<typeof cities>,
  visitRepository: UnoDBRepository<typeof visits>,
  query: { readonly after?: string; readonly before?: string | undefined },
): Promise<void> {
  const page = await repository.page({ limit: 5, ...query });
  expectTypeOf(page).toEqualTypeOf<Page<Loaded<typeof cities>>>();
  expectTypeOf(page.next).toEqualTypeOf<string | undefined>();
  const { items } = await repository.page({
    orderBy: [{ name: 'desc', nulls: 'last' }],
    limit: 5,
    loadRelations: ['country'],
  });
  expectTypeOf(items[0]?.country).toEqualTypeOf<Omit<Country, 'cities'> | undefined>();
  // @ts-expect-error it was not loaded
  items[0]?.sister;

  // @ts-expect-error no limit
  await repository.page({});
  // @ts-expect-error no options
  await repository.page();
  // @ts-expect-error a misspelt field in a filter
  await repository.page({ filters: { nmae: 'Bern' }, limit: 5 });
  // @ts-expect-error a misspelt field to order by
  await repository.page({ orderBy: ['nmae'], limit: 5 });
  // @ts-expect-error an unknown relation
  await repository.page({ loadRelations: ['contry'], limit: 5 });
  // @ts-expect-error a mapping without relations
  await visitRepository.page({ loadRelations: ['city'], limit: 5 });
  // @ts-expect-error a number of rows to leave out, which pages do without
  await repository.page({ limit: 5, offset: 10 });
}
