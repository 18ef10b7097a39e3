import { parseArgs } from 'node:util';
import { UsageError } from '../operations/arguments.js';
import { type WorkloadName, workloadNames } from './workloads.js';

/** What is to be measured. */
export interface TuningOptions {
  readonly only: readonly WorkloadName[];
  /** Milliseconds that a round trip takes more. */
  readonly latencies: readonly number[];
  readonly strategies: readonly TunedStrategy[];
  readonly rounds: number;
  /** As many times the records. */
  readonly scale: number;
}

export const tunedStrategies = ['chunked', 'parallel', 'pipelined'] as const;
export type TunedStrategy = (typeof tunedStrategies)[number];

/** What `--help` says. */
export const tuningUsage = `npm run bench:tuning -- [options]

  --only LIST      of ${workloadNames.join(', ')}; all if not said
  --latency LIST   milliseconds of network latency: 0,1,20 if not said
  --strategy LIST  of ${tunedStrategies.join(', ')}: chunked if not said
  --rounds N       5 if not said, after one to warm up
  --scale X        as many times the records: 1 if not said
`;

/** @throws UsageError */
export function parseTuningArguments(argv: readonly string[]): TuningOptions | 'help' {
  const values = read(argv);
  if (values.help) return 'help';
  return {
    only: values.only === undefined ? workloadNames : listOf('--only', values.only, workloadNames),
    latencies: (values.latency ?? '0,1,20').split(',').map((text) => number('--latency', text, 0)),
    strategies: listOf('--strategy', values.strategy ?? 'chunked', tunedStrategies),
    rounds: Math.round(number('--rounds', values.rounds ?? '5', 1)),
    scale: number('--scale', values.scale ?? '1', 0.001),
  };
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        only: { type: 'string' },
        latency: { type: 'string' },
        strategy: { type: 'string' },
        rounds: { type: 'string' },
        scale: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function number(option: string, text: string, from: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= from) return value;
  throw new UsageError(`${option} takes a number from ${from}, not "${text}".`);
}

function listOf<T extends string>(option: string, text: string, all: readonly T[]): readonly T[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !all.some((one) => one === name));
  if (unknown !== undefined) throw new UsageError(`${option} takes ${all.join(', ')}, not "${unknown}".`);
  return all.filter((one) => names.includes(one));
}
