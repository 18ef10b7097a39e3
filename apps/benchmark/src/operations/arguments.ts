import { parseArgs } from 'node:util';
import { type OperationName, operationNames } from './operation.js';
import { allWays } from './ways/all-ways.js';

/** What is to be measured. */
export interface Options {
  readonly rows: number;
  readonly rounds: number;
  readonly warmUps: number;
  readonly only: readonly OperationName[];
  readonly ways: readonly string[];
  /** Instead of comparing ways: what a record costs among a million, against among 10,000. */
  readonly scale: boolean;
  /** Whether to count the statements of each, by one more run through a proxy. */
  readonly statements: boolean;
  /** The file that the results are written to. */
  readonly json: string | undefined;
  /** The folder that CPU profiles are written to. */
  readonly profile: string | undefined;
}

/** A command line that means nothing; the message says what is wrong with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const wayNames = allWays.map(({ name }) => name);

/** What `--help` says. */
export const usage = `npm run bench:operations -- [options]

  --rows N       records of each operation: 100000 if not said
  --rounds N     that count: 5 if not said, 3 with --scale
  --warm-ups N   rounds before them that do not count: 1 if not said
  --only LIST    of ${operationNames.join(', ')}
  --ways LIST    of ${wayNames.join(', ')}
  --scale        instead: what a record costs among 1,000,000 against among 10,000 (uno and uno-5000 if no ways are said)
  --statements   counts the statements that each sends, in one more run of it
  --profile DIR  one more run of each under the CPU profiler, written to DIR/OPERATION-WAY.cpuprofile
  --json FILE    writes the results to a file, too
`;

/** @throws UsageError */
export function parseArguments(argv: readonly string[]): Options | 'help' {
  const values = read(argv);
  if (values.help) return 'help';
  const { scale = false, statements = false, json, profile } = values;
  return {
    rows: count('--rows', values.rows ?? '100000', 2),
    rounds: count('--rounds', values.rounds ?? (scale ? '3' : '5'), 1),
    warmUps: count('--warm-ups', values['warm-ups'] ?? '1', 0),
    only: list('--only', values.only, operationNames) ?? operationNames,
    ways: list('--ways', values.ways, wayNames) ?? (scale ? ['uno', 'uno-5000'] : wayNames),
    scale,
    statements,
    json,
    profile,
  };
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        rows: { type: 'string' },
        rounds: { type: 'string' },
        'warm-ups': { type: 'string' },
        only: { type: 'string' },
        ways: { type: 'string' },
        scale: { type: 'boolean' },
        statements: { type: 'boolean' },
        profile: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function count(option: string, text: string, from: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= from && Number.isSafeInteger(value)) return value;
  throw new UsageError(`${option} is a whole number from ${from}, not "${text}".`);
}

/** The names of a list, each once and in the order of those that there are. */
function list<T extends string>(option: string, text: string | undefined, all: readonly T[]): readonly T[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !all.some((one) => one === name));
  if (unknown !== undefined) throw new UsageError(`${option} takes ${all.join(', ')}, not "${unknown}".`);
  return all.filter((one) => names.includes(one));
}
