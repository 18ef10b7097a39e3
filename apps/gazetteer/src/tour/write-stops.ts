import { count, milliseconds } from '../cli/output.js';
import type { CityRecord } from '../data/geonames.js';
import { verify } from '../measure/verify.js';
import { cities } from '../model/cities.js';
import { type Guide, inStatements } from './guide.js';

const renamedMark = ' [renamed by uno]';
const neverWritten = 'this must not be written';

/** Renames cities whose other fields have been changed as well, and must not be written. */
export async function renameMany(guide: Guide, amount: number): Promise<void> {
  const { cities: repository, facts, maintenance, meter, say } = guide;
  const found = await repository.batchGet(await repository.scatteredIds(amount));
  for (const city of found) city.district = neverWritten;
  say(`Renaming ${count(found.length)} cities: of each entity the name alone, though more of it has changed.`);
  const { result, measured } = await meter.measure('rename', found.length, () =>
    maintenance.rename(found, ({ name }) => name + renamedMark),
  );
  verify('the number of cities renamed, as reported', found.length, result);
  verify('the number of cities renamed', found.length, await facts.citiesNamed(`%${renamedMark}`));
  verify('the number of districts changed', 0, await facts.citiesInDistrict(neverWritten));
  say(`   the database has ${count(result)} of them, after ${milliseconds(measured.elapsedMs)}.`);
}

/** Removes and restores a country's cities in a unit of work that is rolled back, under the eyes of the cache. */
export async function rollBack(guide: Guide, countryCode: string): Promise<void> {
  const { cache, cities: repository, facts, factsInside, maintenance, meter, say } = guide;
  const before = await facts.citiesOf(countryCode);
  say(`Removing and restoring the ${count(before)} cities of ${countryCode} in a unit of work, then rolling it back.`);
  const ids = (await repository.findByCountry(countryCode)).map(({ id }) => id);
  await repository.batchGet(ids);
  const { result, measured } = await meter.measure('remove, restore, roll back', 2 * before, () =>
    maintenance.rehearseRemoval(countryCode, async (moment) => {
      const inside = await factsInside().citiesOf(countryCode);
      verify(`the number of cities of ${countryCode} inside, ${moment}`, moment === 'removed' ? 0 : before, inside);
      // Another connection must not see any of it.
      verify(`the number of cities of ${countryCode} outside, ${moment}`, before, await facts.citiesOf(countryCode));
    }),
  );
  verify('the number of cities removed', before, result);
  verify(`the number of cities of ${countryCode} after the rollback`, before, await facts.citiesOf(countryCode));
  const earlier = cache.statistics(cities);
  await repository.batchGet(ids);
  const later = cache.statistics(cities);
  verify('the number of cities that the cache has lost', 0, later.misses - earlier.misses);
  verify('the number of cities that the cache still has', ids.length, later.hits - earlier.hits);
  say(`   inside 0, then ${count(before)}; outside always ${count(before)}; after it ${count(before)},`);
  say(`   and all ${count(ids.length)} are still in the cache. ${milliseconds(measured.elapsedMs)}.`);
}

/** Adds as many cities record by record as in batches, and takes them away again. */
export async function addBothWays(guide: Guide, amount: number): Promise<void> {
  const { facts, maintenance, meter, say, signal } = guide;
  const before = await facts.cities();
  say(`Adding ${count(amount)} cities with batching off, then as many with batching on.`);
  const single = await meter.measure('add, batching off', amount, () =>
    maintenance.add(madeUp('single', amount), { useBatchOperations: false, signal }),
  );
  signal.throwIfAborted();
  const batched = await meter.measure('add, batching on', amount, () =>
    maintenance.add(madeUp('batched', amount), { signal }),
  );
  verify('the number of cities', before + 2 * amount, await facts.cities());
  const times = single.measured.elapsedMs / batched.measured.elapsedMs;
  for (const [name, { measured }] of [['off', single] as const, ['on', batched] as const]) {
    say(`   batching ${name}: ${milliseconds(measured.elapsedMs)}${inStatements(measured.statements)}`);
  }
  say(`   ratio: ${times.toFixed(1)} times as fast with batching.`);
  const ids = [...single.result, ...batched.result].map(({ id }) => id);
  await meter.measure('remove', ids.length, () => maintenance.remove(ids));
  verify('the number of cities after they were removed', before, await facts.cities());
}

/** Adds as many cities on one connection as on several, and takes them away again on several. */
export async function addSideBySide(guide: Guide, amount: number): Promise<void> {
  const { connections, facts, maintenance, meter, say, signal } = guide;
  const before = await facts.cities();
  const ids: number[] = [];
  say(`Adding ${count(amount)} cities on one connection, all or none, then as many in parallel, chunk by chunk.`);
  for (const [name, parallel] of [['on one connection', false] as const, ['in parallel', true] as const]) {
    const { result, measured } = await meter.measure(`add, ${name}`, amount, () =>
      connections.during(() => maintenance.add(madeUp(name, amount), { parallel, signal })),
    );
    verify(`the number of cities added ${name}`, amount, await facts.citiesNamed(`Made up, ${name}, %`));
    ids.push(...result.result.map(({ id }) => id));
    say(`   ${name}: ${milliseconds(measured.elapsedMs)}, connections used: ${count(result.connections)}`);
  }
  await meter.measure('remove, in parallel', ids.length, () => maintenance.remove(ids, { parallel: true, signal }));
  verify('the number of cities after they were removed', before, await facts.cities());
}

function madeUp(kind: string, amount: number): CityRecord[] {
  return Array.from({ length: amount }, (_, i) => ({
    name: `Made up, ${kind}, ${i}`,
    latitude: 46.9,
    longitude: 7.4,
    countryCode: 'CH',
  }));
}
