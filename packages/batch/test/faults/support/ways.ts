import type { BatchWriteOptions } from '@uno/domain';
import type { FaultedOperation } from './operations.js';

/** A strategy and what is committed together under it. */
export interface Way {
  readonly name: string;
  readonly options: BatchWriteOptions;
  /** Whether a chunk stays when a later one fails. */
  readonly byChunk: boolean;
  /** Whether a chunk is committed with nothing else. */
  readonly chunkAlone: boolean;
}

/** Records in a chunk. */
export const batchSize = 2;

export const ways: readonly Way[] = [
  { name: 'chunked', options: { strategy: 'chunked' }, byChunk: false, chunkAlone: false },
  { name: 'chunked by chunk', options: { strategy: 'chunked', atomicity: 'chunk' }, byChunk: true, chunkAlone: true },
  { name: 'parallel', options: { strategy: 'parallel' }, byChunk: true, chunkAlone: true },
  { name: 'pipelined', options: { strategy: 'pipelined' }, byChunk: false, chunkAlone: false },
  {
    name: 'pipelined by chunk',
    options: { strategy: 'pipelined', atomicity: 'chunk' },
    byChunk: true,
    chunkAlone: true,
  },
  { name: 'single_query', options: { strategy: 'single_query' }, byChunk: false, chunkAlone: true },
];

/**
 * Whether a statement of an operation commits by itself, so that a connection that is lost under it leaves open whether
 * it has happened, which no transaction id helps to find out.
 */
export function commitsByStatement(operation: FaultedOperation, way: Way): boolean {
  return way.chunkAlone && operation.isOneStatement;
}

/**
 * Every operation in every second way, and every way with every second operation: all of them take the server minutes.
 * `UNO_SWEEP=all` takes every operation in every way.
 */
export function combinations(
  operations: readonly FaultedOperation[],
  chosen: readonly Way[] = ways,
): { readonly label: string; readonly operation: FaultedOperation; readonly way: Way }[] {
  const isChosen = (row: number, column: number) =>
    process.env['UNO_SWEEP'] === 'all' || chosen.length === 1 || (row + column) % 2 === 0;
  return operations.flatMap((operation, row) =>
    chosen
      .filter((_, column) => isChosen(row, column))
      .map((way) => ({ label: `${operation.name}, ${way.name}`, operation, way })),
  );
}
