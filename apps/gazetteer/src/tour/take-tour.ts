import { kyselyToken, type UnoContainer } from '@uno/container';
import { checkMappings, createTables } from '@uno/domain';
import { count, milliseconds, type Output } from '../cli/output.js';
import { type GeoNames, toGeoNames } from '../data/geonames.js';
import { attribution, readSourceFiles } from '../data/source-files.js';
import { measurementTable, peakMemoryMb } from '../measure/measurement-table.js';
import { mappings } from '../model/mappings.js';
import { importDamaged } from './damage-stop.js';
import { type Guide, meetGuide } from './guide.js';
import { importAgain, importAll } from './import-stops.js';
import { readTwice } from './read-stops.js';
import { addBothWays, addSideBySide, renameMany, rollBack } from './write-stops.js';

/** How much each stop shows; smaller in tests. */
export interface TourSizes {
  readonly read: number;
  readonly rename: number;
  readonly add: number;
  readonly addSideBySide: number;
  readonly damaged: number;
  /** Whose cities are removed and come back. */
  readonly country: string;
}

const fullTour: TourSizes = {
  read: 10_000,
  rename: 5_000,
  add: 2_000,
  addSideBySide: 10_000,
  damaged: 3_000,
  country: 'DE',
};

/** Shows what uno does, from empty tables to a table of figures. */
export async function takeTour(container: UnoContainer, output: Output, signal: AbortSignal): Promise<void> {
  const start = performance.now();
  const guide = await meetGuide(container, output, signal);
  await createSchema(guide, container);
  await stops(guide, await readData(guide), fullTour);
  guide.say('');
  output.write(measurementTable(guide.meter.measurements));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  guide.say(
    `Everything was verified by counts in the database, in ${seconds} s and ${count(peakMemoryMb())} MB at most.`,
  );
  guide.say(attribution);
  guide.say('');
  guide.say('Next: npm start -- serve         the same cities over HTTP, on http://127.0.0.1:3000');
  guide.say('      apps/gazetteer/README.md   how this program is made, and its HTTP interface');
}

/** Empty tables and all of GeoNames in them: what a service needs before it serves. */
export async function prepareToServe(container: UnoContainer, output: Output, signal: AbortSignal): Promise<void> {
  const guide = await meetGuide(container, output, signal);
  await createSchema(guide, container);
  await importAll(guide, await readData(guide));
  guide.say(attribution);
}

/** The stops after the schema, in order. Each verifies by the database that it did what it says. */
export async function stops(guide: Guide, data: GeoNames, sizes: TourSizes): Promise<void> {
  const { signal } = guide;
  const each: readonly (() => Promise<void>)[] = [
    () => importAll(guide, data),
    () => importAgain(guide, data),
    () => importDamaged(guide, data.cities.slice(0, sizes.damaged)),
    () => readTwice(guide, sizes.read),
    () => renameMany(guide, sizes.rename),
    () => rollBack(guide, sizes.country),
    () => addBothWays(guide, sizes.add),
    () => addSideBySide(guide, sizes.addSideBySide),
  ];
  for (const stop of each) {
    signal.throwIfAborted();
    await stop();
  }
}

/** Makes the tables of the mappings, and then has the mappings compared with the tables. */
export async function createSchema({ meter, say }: Guide, container: UnoContainer): Promise<void> {
  const db = container.get(kyselyToken);
  const { measured } = await meter.measure('create the schema', mappings.length, async () => {
    await createTables(db, mappings);
    await checkMappings(db, mappings);
  });
  const names = mappings.map(({ tableName }) => tableName).join(', ');
  say(`Created the tables ${names}, and checked the mappings against them: ${milliseconds(measured.elapsedMs)}.`);
}

async function readData({ say, signal }: Guide): Promise<GeoNames> {
  signal.throwIfAborted();
  const start = performance.now();
  const data = toGeoNames(await readSourceFiles());
  say(`Read ${count(data.cities.length)} cities from files: ${milliseconds(performance.now() - start)}.`);
  return data;
}
