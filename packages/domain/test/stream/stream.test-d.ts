import type { Loaded, UnoDBRepository } from '@uno/domain';
import { expectTypeOf } from 'expect-type';
import type { Country, cities, visits } from '../support/world.js';

export async function streams(
  repository: UnoDBRepository<typeof cities>,
  visitRepository: UnoDBRepository<typeof visits>,
): Promise<void> {
  expectTypeOf(repository.stream()).toEqualTypeOf<AsyncIterableIterator<Loaded<typeof cities>>>();
  for await (const city of repository.stream({ filters: { name: 'Bern' }, loadRelations: ['country'] })) {
    expectTypeOf(city.country).toEqualTypeOf<Omit<Country, 'cities'>>();
    // @ts-expect-error it was not loaded
    city.sister;
  }
  for await (const city of repository.stream({ orderBy: [{ name: 'desc' }], chunkSize: 5 })) {
    // @ts-expect-error no relation was loaded
    city.country;
  }
  // @ts-expect-error a misspelt field in a filter
  repository.stream({ filters: { nmae: 'Bern' } });
  // @ts-expect-error a misspelt field to order by
  repository.stream({ orderBy: ['nmae'] });
  // @ts-expect-error an unknown relation
  repository.stream({ loadRelations: ['contry'] });
  // @ts-expect-error a mapping without relations
  visitRepository.stream({ loadRelations: ['city'] });
  // @ts-expect-error an unknown option
  repository.stream({ limits: 5 });
}
