import type { CallDescription, CallEvents, CallListener } from '../metrics/call-recorder.js';
import type { Clock } from '../metrics/clock.js';
import type { TableStatistics } from './call-statistics.js';
import { TableTally } from './table-tally.js';

/** So many tables are observed; nothing is advised about further ones. Each takes some 130 KB once it is read by key. */
const mostTables = 64;

/** Observes calls of batch operations for what advice rests on, by table and in bounded memory. */
export class Observations implements CallListener {
  readonly #tables = new Map<string, TableTally>();

  /** Called by the batch engine. What has no table, and what went record by record, is not observed. */
  begin(description: CallDescription, clock: Clock): CallEvents | undefined {
    const { table, strategy } = description;
    if (table === undefined || strategy === 'individual') return undefined;
    let tally = this.#tables.get(table);
    if (tally === undefined) {
      if (this.#tables.size >= mostTables) return undefined;
      tally = new TableTally();
      this.#tables.set(table, tally);
    }
    return tally.begin(description, clock);
  }

  /** What is known of a table; `undefined` if nothing. */
  table(name: string): TableStatistics | undefined {
    return this.#tables.get(name)?.statistics();
  }

  /** Begins at nothing again. Calls that are running are forgotten, too. */
  reset(): void {
    this.#tables.clear();
  }
}
