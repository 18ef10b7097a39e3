import Table from 'cli-table3';
import { median } from '../../rounds.js';
import type { Measurement } from '../compare.js';
import { operations } from '../operation.js';
import { type Scaling, scaleTarget } from '../scale.js';
import { ratioSpread } from '../spread.js';
import type { Surroundings } from '../surroundings.js';
import { type Verdict, verdicts } from '../targets.js';
import { ratio, whole } from './format.js';

type Align = 'left' | 'right';

// No colours: the same text for a screen, a file and a log.
const tableOf = (head: string[], colAligns: Align[]) =>
  new Table({ head, colAligns, style: { head: [], border: [], compact: true } });

/** What was measured at one operation, and which targets hold. */
export function comparisonTable(measurements: readonly Measurement[]): string {
  const table = tableOf(
    ['way', 'ms', 'records/s', '× expert', 'client CPU ms', 'verified', 'target'],
    ['left', 'right', 'right', 'left', 'right', 'left', 'left'],
  );
  const expert = measurements.find(({ label }) => label === 'expert')?.samples ?? [];
  const judged = verdicts(measurements);
  for (const { label, way, samples, rows, measuredRows, faults } of measurements) {
    const ms = median(samples.map(({ elapsedMs }) => elapsedMs));
    table.push([
      `${label}${measuredRows === rows ? '' : ` (from ${whole(measuredRows)})`}`,
      whole(ms),
      whole((rows / ms) * 1000),
      ratio(ratioSpread(samples, expert)),
      way.isElsewhere ? '–' : whole(median(samples.map(({ cpuMs }) => cpuMs))),
      faults[0] === undefined ? 'yes' : `NO: ${faults[0]}`,
      judged
        .filter((verdict) => verdict.label === label)
        .map(targetText)
        .join('; '),
    ]);
  }
  const title = measurements[0] === undefined ? '' : operations[measurements[0].operation].title;
  return `${title}\n${table.toString()}\n`;
}

function targetText({ target, ratio: { median: found }, holds }: Verdict): string {
  if (target.base === 'best of uno') {
    return `${(1 / found).toFixed(2)}x the best of one connection, ${(1 / target.atMost).toFixed(2)}x wanted: ${said(holds)}`;
  }
  const whose = target.base === 'expert' ? '' : `${found.toFixed(2)} of ${target.base} `;
  return `${whose}≤ ${target.atMost}: ${said(holds)}`;
}

const said = (holds: boolean): string => (holds ? 'holds' : 'MISSED');

/** What a record costs among many against among few. */
export function scaleTable(all: readonly Scaling[], smallRows: number, bigRows: number): string {
  const table = tableOf(
    ['operation', 'way', `ms, ${whole(smallRows)}`, `ms, ${whole(bigRows)}`, 'per record', 'verified', 'target'],
    ['left', 'left', 'right', 'right', 'left', 'left', 'left'],
  );
  for (const { operation, label, smallMs, bigMs, ratio: found, faults } of all) {
    table.push([
      operations[operation].title,
      label,
      whole(smallMs),
      whole(bigMs),
      ratio(found),
      faults[0] === undefined ? 'yes' : `NO: ${faults[0]}`,
      `≤ ${scaleTarget}: ${said(found.median <= scaleTarget)}`,
    ]);
  }
  return `Cost of a record among ${whole(bigRows)}, as a multiple of that among ${whole(smallRows)}\n${table.toString()}\n`;
}

/** Where it was measured, and how. */
export function preamble({ machine, versions }: Surroundings, method: string): string {
  const memory = Math.round(machine.memoryBytes / 2 ** 30);
  return [
    `${machine.cores} × ${machine.cpu}, ${memory} GB, ${machine.system}`,
    `Node ${versions.node}, PostgreSQL ${versions.postgres} (${versions.postgresSource}), pg ${versions.pg}, ` +
      `kysely ${versions.kysely}, ${versions.psql ?? 'no psql'}`,
    method,
    '',
  ].join('\n');
}
