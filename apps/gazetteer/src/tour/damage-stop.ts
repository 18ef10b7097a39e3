import type { FailedRecord } from '@uno/domain';
import { ConstraintError, type UnoError, ValidationError } from '@uno/postgres';
import { count, milliseconds } from '../cli/output.js';
import { type Damage, DamagedCities } from '../data/damaged-cities.js';
import type { CityRecord } from '../data/geonames.js';
import { verify } from '../measure/verify.js';
import { type Guide, inStatements } from './guide.js';

const mark = ' [of a damaged source]';

/** How each damage has to show. */
const signs: Readonly<Record<Damage, (error: UnoError) => boolean>> = {
  'unknown country': (error) => error instanceof ConstraintError && error.sqlstate === '23503',
  'name too long': (error) => error instanceof ValidationError && error.field === 'name',
  repeated: (error) => error instanceof ConstraintError && error.sqlstate === '23505',
};

/** Imports from a source in which some records cannot be stored: those are left out and named, the others are in. */
export async function importDamaged(guide: Guide, cities: readonly CityRecord[]): Promise<void> {
  const { cities: repository, facts, importer, maintenance, meter, say, signal } = guide;
  const before = await facts.cities();
  const source = new DamagedCities(cities, mark);
  say(`Importing ${count(cities.length)} more cities from a generator, some of them damaged, in a pipeline.`);
  const { result, measured } = await meter.measure('import, leaving out the bad', cities.length, () =>
    importer.insertGood(source, { signal }),
  );
  const { good, damages } = source;
  verify('the number of good cities inserted', good.length, result.inserted);
  verify('the number of cities in the database', before + good.length, await facts.cities());
  verify('the number of good cities in the database', good.length, (await repository.findStored(good)).size);
  verify('the number of damaged cities left out', damages.size, result.failed);
  const asDamaged = result.failures.filter(({ index, error }) => {
    const damage = damages.get(index);
    return damage !== undefined && signs[damage](error);
  });
  verify('the number of cities left out for their damage', damages.size, asDamaged.length);
  say(`   ${count(result.inserted)} are in, ${count(result.failed)} are left out,`);
  say(`   after ${milliseconds(measured.elapsedMs)}${inStatements(measured.statements)}:`);
  for (const [damage, failures] of byDamage(result.failures, damages)) {
    const [first] = failures;
    if (first === undefined) continue;
    say(`   ${damage}: ${count(failures.length)}, the first is record ${count(first.index)}: ${reasonOf(first.error)}`);
  }
  const ids = result.outcomes.flatMap(({ status, key }) => (status === 'inserted' ? [Number(key)] : []));
  verify('the number of cities removed by their outcomes', good.length, await maintenance.remove(ids));
  verify('the number of cities after they were removed', before, await facts.cities());
}

function byDamage(failures: readonly FailedRecord[], damages: ReadonlyMap<number, Damage>) {
  const groups = new Map<Damage, FailedRecord[]>();
  for (const failure of failures) {
    const damage = damages.get(failure.index);
    if (damage !== undefined) groups.set(damage, [...(groups.get(damage) ?? []), failure]);
  }
  return groups;
}

/** In short: what was refused by uno before it was sent, or by which constraint of PostgreSQL. */
function reasonOf(error: UnoError): string {
  if (error instanceof ValidationError) return `${error.field}, ${error.reason}`;
  if (error instanceof ConstraintError) return `${error.sqlstate}, ${error.constraint}`;
  return error.message;
}
