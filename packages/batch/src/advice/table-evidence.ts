import type { AnyMapping } from '@uno/domain';
import type { TableStatistics } from './call-statistics.js';
import type { TableCatalogue } from './table-catalogue.js';

/** Everything that is measured about a table: what rules go by. */
export interface TableEvidence {
  readonly table: string;
  readonly mapping: Pick<AnyMapping, 'key' | 'keyFields' | 'tablePath' | 'name'>;
  /** `maxWorkers` of the configuration. */
  readonly maxWorkers: number;
  readonly statistics: TableStatistics;
  readonly catalogue: TableCatalogue;
  /** Milliseconds that the shortest question takes to be answered. */
  readonly roundTripMs: number;
}
