import { type AnyMapping, callOptionRules, Deadline, mergeOptions, type OptionRules } from '@uno/domain';
import { executeText, type Queryable } from '@uno/postgres';
import type { Observations } from './observations.js';
import { type Recommendation, recommendationsFor } from './recommendation.js';
import { readTableCatalogue } from './table-catalogue.js';

/** How long advice may take. */
export interface RecommendationOptions {
  /** Milliseconds after which what is asked of the server is cancelled, and an OperationTimeoutError thrown. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A table that advice is asked about. */
export interface AdviceTarget {
  readonly mapping: AnyMapping;
  readonly db: Queryable;
  readonly maxWorkers: number;
}

/** As many round trips are measured, and the shortest counts: what made others longer is not the way. */
const roundTrips = 5;

const limitRules: OptionRules<RecommendationOptions> = {
  timeoutMs: callOptionRules.timeoutMs,
  signal: callOptionRules.signal,
};

/**
 * Goes by what was observed, the catalogue and some round trips: for each table that was observed a statement that reads
 * the catalogue, and a few that ask for nothing.
 *
 * @returns those that concern most of the time first
 * @throws ConfigError, CanceledError, OperationTimeoutError, and whatever the database says
 */
export async function recommend(
  targets: readonly AdviceTarget[],
  observations: Observations,
  options: RecommendationOptions,
): Promise<readonly Recommendation[]> {
  const operation = 'getRecommendations';
  using deadline = new Deadline(operation, mergeOptions(operation, limitRules, options));
  try {
    deadline.check();
    const found: Recommendation[] = [];
    for (const { mapping, db, maxWorkers } of targets) {
      const table = mapping.tableName;
      const statistics = observations.table(table);
      if (statistics === undefined) continue;
      const catalogue = await readTableCatalogue(db, mapping, deadline.signal);
      if (catalogue === undefined) continue;
      const roundTripMs = await shortestRoundTrip(db, deadline.signal);
      found.push(...recommendationsFor({ table, mapping, maxWorkers, statistics, catalogue, roundTripMs }));
    }
    return Object.freeze(found.sort((a, b) => b.savesMs - a.savesMs));
  } catch (error) {
    throw deadline.explain(error);
  }
}

async function shortestRoundTrip(db: Queryable, signal: AbortSignal | undefined): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < roundTrips; i++) {
    const began = performance.now();
    await executeText(db, { sql: 'select 1' }, [], { signal });
    shortest = Math.min(shortest, performance.now() - began);
  }
  return shortest;
}
