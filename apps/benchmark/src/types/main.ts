import Table from 'cli-table3';
import { median } from '../rounds.js';
import { checkTime, type CheckTime } from './check-time.js';
import { schemaSource } from './schema-source.js';

const rounds = 5;
const sizes = [0, 10, 100];
/** What 100 entities may take the compiler beyond what the packages themselves take it, in ms. */
const mostMs = 2_000;

const samples = new Map(sizes.map((size): [number, CheckTime[]] => [size, []]));
for (let round = 0; round <= rounds; round++) {
  for (const [size, found] of samples) {
    const time = await checkTime(schemaSource(size));
    // The first round warms the caches of the system up.
    if (round > 0) found.push(time);
  }
}

const msOf = (size: number): number => median((samples.get(size) ?? []).map(({ totalMs }) => totalMs));
const head = ['entities', 'tsc (ms)', 'beyond none (ms)', 'types'];
const table = new Table({ head, style: { head: [], border: [] } });
for (const size of sizes) {
  const types = samples.get(size)?.[0]?.types ?? 0;
  table.push([size, Math.round(msOf(size)), Math.round(msOf(size) - msOf(0)), types.toLocaleString('en-US')]);
}
const holds = msOf(100) - msOf(0) < mostMs;
process.stdout.write(
  `${table.toString()}\nmedian of ${rounds} rounds; 100 entities in less than 2 s: ${holds ? 'yes' : 'NO'}\n`,
);
if (!holds) process.exitCode = 1;
