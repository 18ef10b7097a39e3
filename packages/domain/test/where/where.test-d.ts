import type { RemovedWhere, UnoDBRepository, UpdatedWhere } from '@uno/domain';
import { expectTypeOf } from 'expect-type';
import type { cities, visits } from '../support/world.js';

export async function writes(repository: UnoDBRepository<typeof cities>): Promise<void> {
  const updated = await repository.updateWhere({ countryId: 1 }, { population: null, name: undefined });
  expectTypeOf(updated).toEqualTypeOf<UpdatedWhere>();
  expectTypeOf(await repository.removeWhere({ not: { name: 'Bern' } }, { chunkSize: 5 })).toEqualTypeOf<RemovedWhere>();
  await repository.updateWhere({}, { population: 1 }, { all: true, increment: ['population'], version: 'countryId' });
}

export async function mistakes(
  repository: UnoDBRepository<typeof cities>,
  visitRepository: UnoDBRepository<typeof visits>,
): Promise<void> {
  // @ts-expect-error no filter
  await repository.removeWhere();
  // @ts-expect-error no filter
  await repository.removeWhere(undefined);
  // @ts-expect-error no changes
  await repository.updateWhere({ id: 1 });
  // @ts-expect-error a misspelt field in a filter
  await repository.removeWhere({ nmae: 'Bern' });
  // @ts-expect-error undefined, which would match every row
  await repository.removeWhere({ name: undefined });
  // @ts-expect-error a misspelt field among the changes
  await repository.updateWhere({ id: 1 }, { nmae: 'Bern' });
  // @ts-expect-error a key among the changes
  await repository.updateWhere({ name: 'Bern' }, { id: 1 });
  // @ts-expect-error a part of a key among the changes
  await visitRepository.updateWhere({ cityId: 1 }, { day: '2024-01-01' });
  // @ts-expect-error what the database computes
  await repository.updateWhere({ id: 1 }, { label: 'BERN' });
  // @ts-expect-error a value of another type
  await repository.updateWhere({ id: 1 }, { population: '5' });
  // @ts-expect-error null for a field that is never NULL
  await repository.updateWhere({ id: 1 }, { name: null });
  // @ts-expect-error a relation
  await repository.updateWhere({ id: 1 }, { country: { id: 1 } });
  // @ts-expect-error null, to which nothing can be added
  await repository.updateWhere({ id: 1 }, { population: null }, { increment: ['population'] });
  // @ts-expect-error text, to which nothing can be added
  await repository.updateWhere({ id: 1 }, { name: 'x' }, { increment: ['name'] });
  // @ts-expect-error an unknown option
  await repository.removeWhere({ id: 1 }, { limit: 5 });
}
