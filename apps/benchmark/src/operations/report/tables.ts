import Table from 'cli-table3';
import { median } from '../../rounds.js';
import type { Measurement, RunSample } from '../compare.js';
import { operations } from '../operation.js';
import { type Scaling, scaleTarget } from '../scale.js';
import { ratioSpread, spreadOf } from '../spread.js';
import type { Surroundings } from '../surroundings.js';
import { type Verdict, verdicts } from '../targets.js';
import { ratio, whole } from './format.js';

type Align = 'left' | 'right';

// No colours: the same text for a screen, a file and a log.
const tableOf = (head: string[], colAligns: Align[]) =>
  new Table({ head, colAligns, style: { head: [], border: [], compact: true } });

/** What was measured at one operation, and which targets hold. */
export function comparisonTable(measurements: readonly Measurement[]): string {
  const isCounted = measurements.some(({ statements }) => statements !== undefined);
  const table = tableOf(
    [
      ...['way', 'ms', 'records/s', '× expert', 'client CPU ms', 'server CPU ms', 'CPU × expert'],
      ...(isCounted ? ['statements'] : []),
      ...['verified', 'target'],
    ],
    [
      'left',
      'right',
      'right',
      'left',
      'right',
      'right',
      'left',
      ...(isCounted ? ['right' as const] : []),
      'left',
      'left',
    ],
  );
  const expert = measurements.find(({ label }) => label === 'expert')?.samples ?? [];
  const judged = verdicts(measurements);
  for (const { label, samples, rows, measuredRows, statements, faults } of measurements) {
    const ms = median(samples.map(({ elapsedMs }) => elapsedMs));
    table.push([
      `${label}${measuredRows === rows ? '' : ` (from ${whole(measuredRows)})`}`,
      whole(ms),
      whole((rows / ms) * 1000),
      ratio(ratioSpread(samples, expert)),
      whole(median(samples.map(({ cpuMs }) => cpuMs))),
      whole(median(samples.map(({ serverCpuMs }) => serverCpuMs))),
      ratio(spreadOf(samples.map((sample, round) => cpuOf(sample) / cpuOf(expert[round])))),
      ...(isCounted ? [whole(statements ?? Number.NaN)] : []),
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

/** Of client and server together: what a machine that is busy with other things disturbs least. */
function cpuOf(sample: RunSample | undefined): number {
  return sample === undefined ? Number.NaN : sample.cpuMs + sample.serverCpuMs;
}

function targetText({ target, ratio: { median: found }, holds }: Verdict): string {
  if (target.base === 'best of uno') {
    return `${(1 / found).toFixed(2)} times faster than on one, ≥ ${(1 / target.atMost).toFixed(2)} ${said(holds)}`;
  }
  const whose = target.base === 'expert' ? '' : `${found.toFixed(2)} of ${target.base} `;
  return `${whose}≤ ${target.atMost} ${said(holds)}`;
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
      `≤ ${scaleTarget} ${said(found.median <= scaleTarget)}`,
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
