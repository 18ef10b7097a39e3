import { writeFile } from 'node:fs/promises';
import type { PostgresServer } from '@uno/testing';
import type { Options } from './arguments.js';
import { compare, type Measurement } from './compare.js';
import { type Contestant, labelOf } from './contestant.js';
import { countStatements } from './count-statements.js';
import { MeasuredRun } from './measured-run.js';
import type { OperationName } from './operation.js';
import { profiled } from './profile.js';
import { reportJson } from './report/json.js';
import { comparisonTable, preamble, scaleTable } from './report/tables.js';
import { type Scaling, scaling } from './scale.js';
import { type OpenedWay, Stages } from './stages.js';
import { readSurroundings } from './surroundings.js';
import type { Way } from './way.js';
import { allWays } from './ways/all-ways.js';

/** Where the program speaks. */
export interface Output {
  /** The report. */
  out(text: string): void;
  /** How far it has come. */
  progress(text: string): void;
}

/** The sizes that `--scale` compares. */
export interface ScaleRows {
  readonly small: number;
  readonly big: number;
}

/**
 * Measures, and reports.
 *
 * @returns whether every run was verified
 */
export async function runBenchmark(
  server: PostgresServer,
  options: Options,
  output: Output,
  scaleRows: ScaleRows = { small: 10_000, big: 1_000_000 },
): Promise<boolean> {
  const surroundings = await readSurroundings(server);
  const method =
    `median of ${options.rounds} interleaved rounds after ${options.warmUps} to warm up, each run from the same ` +
    `vacuumed state after a checkpoint and verified; ratios are of the same round, and ~ marks those that lie far apart`;
  output.out(`${preamble(surroundings, method)}\n`);
  const ways = await availableWays(options.ways, output);
  const comparisons = options.scale ? [] : await compareAll(server, ways, options, output);
  const scalings = options.scale ? await scaleAll(server, ways, options, output, scaleRows) : [];
  if (options.json !== undefined) {
    const date = new Date().toISOString();
    await writeFile(options.json, reportJson({ ...surroundings, method, date, comparisons, scalings }));
  }
  return [...comparisons.flat(), ...scalings].every(({ faults }) => faults.length === 0);
}

async function availableWays(names: readonly string[], output: Output): Promise<readonly Way[]> {
  const available: Way[] = [];
  for (const way of allWays.filter(({ name }) => names.includes(name))) {
    const reason = await way.unavailable?.();
    if (reason === undefined) available.push(way);
    else output.out(`${way.name} is left out: ${reason}.\n`);
  }
  return available;
}

async function compareAll(
  server: PostgresServer,
  ways: readonly Way[],
  options: Options,
  output: Output,
): Promise<Measurement[][]> {
  await using stages = new Stages(server);
  const opened: OpenedWay[] = [];
  for (const way of ways) {
    opened.push(await stages.open(way, Math.max(2, Math.round(options.rows * (way.share ?? 1)))));
  }
  const comparisons: Measurement[][] = [];
  for (const operation of options.only) {
    const contestants = contestantsOf(opened, operation);
    if (contestants.length === 0) continue;
    output.progress(`${operation} `);
    const timed = await compare(contestants, options.rows, { ...options, onSample: () => output.progress('.') });
    const measurements = options.statements ? await withStatements(timed, contestants) : timed;
    output.progress('\n');
    output.out(`${comparisonTable(measurements)}\n`);
    comparisons.push(measurements);
    if (options.profile !== undefined) await profileAll(options.profile, contestants, output);
    stages.forget();
  }
  return comparisons;
}

async function scaleAll(
  server: PostgresServer,
  ways: readonly Way[],
  options: Options,
  output: Output,
  { small, big }: ScaleRows,
): Promise<Scaling[]> {
  await using stages = new Stages(server);
  const few: OpenedWay[] = [];
  const many: OpenedWay[] = [];
  for (const way of ways) {
    few.push(await stages.open(way, small));
    many.push(await stages.open(way, big));
  }
  const scalings: Scaling[] = [];
  for (const operation of options.only) {
    const fews = contestantsOf(few, operation);
    for (const [i, contestant] of contestantsOf(many, operation).entries()) {
      const other = fews[i];
      if (other === undefined) continue;
      output.progress(`${operation} ${labelOf(contestant)} `);
      scalings.push(await scaling(other, contestant, { ...options, onSample: () => output.progress('.') }));
      output.progress('\n');
    }
    stages.forget();
  }
  output.out(scaleTable(scalings, small, big));
  return scalings;
}

/** @param contestants - those that were measured, in their order */
async function withStatements(
  measurements: readonly Measurement[],
  contestants: readonly Contestant[],
): Promise<Measurement[]> {
  const counted: Measurement[] = [];
  for (const [i, measurement] of measurements.entries()) {
    const contestant = contestants[i];
    const statements = contestant === undefined ? undefined : await countStatements(contestant);
    counted.push({ ...measurement, statements });
  }
  return counted;
}

function contestantsOf(opened: readonly OpenedWay[], operation: OperationName): Contestant[] {
  return opened.flatMap(({ way, stage, open }) =>
    open.runs.filter((run) => run.operation === operation).map((run) => ({ way, stage, run, pid: open.pid })),
  );
}

async function profileAll(folder: string, contestants: readonly Contestant[], output: Output): Promise<void> {
  for (const contestant of contestants) {
    if (contestant.pid !== undefined) continue;
    const label = labelOf(contestant);
    const run = new MeasuredRun(label, contestant);
    await run.prepare();
    const file = await profiled(folder, `${contestant.run.operation}-${label}`, () => run.run());
    await run.check();
    output.progress(`${file}\n`);
  }
}
