import { count, milliseconds } from '../cli/output.js';
import { verify } from '../measure/verify.js';
import { type Guide, inStatements } from './guide.js';

/** Reads many cities by id with what they belong to: first from the database, then from memory. */
export async function readTwice(guide: Guide, amount: number): Promise<void> {
  const { cities, facts, gazetteer, meter, say } = guide;
  const ids = await cities.scatteredIds(amount);
  say(`Reading ${count(ids.length)} cities by id, each with its region and country, twice.`);
  for (const where of ['from the database', 'from the cache']) {
    const { result, measured } = await meter.measure(`read ${where}`, ids.length, () => gazetteer.cities(ids));
    verify('the number of cities read', ids.length, result.length);
    verify('the number of cities read as they are stored', ids.length, await facts.readAsStored(result));
    say(
      `   ${where}: ${milliseconds(measured.elapsedMs)}${inStatements(measured.statements)}, ` +
        `${count(measured.cacheHits)} cache hits`,
    );
  }
}
