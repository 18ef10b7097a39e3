import Table from 'cli-table3';
import { count } from '../cli/output.js';
import type { Measurement } from './meter.js';

const unknown = '–';

/** The measurements as a table for a screen of 100 columns. */
export function measurementTable(measurements: readonly Measurement[]): string {
  const table = new Table({
    head: ['operation', 'records', 'ms', 'records/s', 'statements', 'cache hits'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    // No colours: the same text for a screen, a file and a log.
    style: { head: [], border: [], compact: true },
  });
  for (const { operation, records, elapsedMs, statements, cacheHits } of measurements) {
    table.push([
      operation,
      count(records),
      count(elapsedMs),
      count((records / Math.max(elapsedMs, 1e-3)) * 1000),
      statements === undefined ? unknown : count(statements),
      count(cacheHits),
    ]);
  }
  return `${table.toString()}\n`;
}

/** The most memory that this process has had, in megabytes. */
export function peakMemoryMb(): number {
  // Node gives kilobytes, on every system.
  return process.resourceUsage().maxRSS / 1024;
}
