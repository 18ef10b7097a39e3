import type { BatchSource } from '../source/batch-source.js';
import { RecordBlock } from '../source/record-block.js';
import { SkippedRecords } from '../source/skipped-records.js';
import type { Checkpoint } from './checkpoint.js';
import type { ImportIntake } from './import-intake.js';
import { ImportRecord } from './import-record.js';
import { isFileReader, type FileReader } from '@uno/formats';

type Make<T> = (number: number, one: T) => ImportRecord;

/** What is read from, and by what. */
export interface ImportReading {
  readonly intake: ImportIntake;
  /** What was done before, if progress is kept. */
  readonly checkpoint: Checkpoint | undefined;
}

/**
 * The records of a source that are not done yet, in their order; in the place of those that are, how many they are. What is
 * done is read again, to make sure that it still is the same.
 *
 * @throws SourceChangedError when it is not
 */
export async function* recordsToImport(
  source: FileReader | BatchSource<unknown>,
  reading: ImportReading,
): AsyncGenerator<RecordBlock<ImportRecord> | SkippedRecords> {
  if (!isFileReader(source)) {
    yield* undone(singles(source), ImportRecord.ofInput, reading);
    return;
  }
  const header = await source.open();
  if (header !== undefined) reading.intake.takeHeader(header.columns);
  yield* undone(source, ImportRecord.ofFile, reading);
}

async function* undone<T>(
  blocks: AsyncIterable<readonly T[]>,
  make: Make<T>,
  { intake, checkpoint }: ImportReading,
): AsyncGenerator<RecordBlock<ImportRecord> | SkippedRecords> {
  let number = 0;
  let skipped = 0;
  for await (const block of blocks) {
    let undone: ImportRecord[] = [];
    for (const one of block) {
      const record = make(number++, one);
      if (checkpoint?.isDone(record)) {
        if (undone.length > 0) yield new RecordBlock(undone);
        undone = [];
        skipped++;
        continue;
      }
      if (skipped > 0) yield new SkippedRecords(skipped);
      skipped = 0;
      undone.push(intake.begin(record));
    }
    if (undone.length > 0) yield new RecordBlock(undone);
  }
  checkpoint?.checkEnd(number);
  if (skipped > 0) yield new SkippedRecords(skipped);
}

/** So many records of an iterable that does not wait are taken at once. */
const mostAtOnce = 256;

/** A source of single records as one of blocks, which closes it when it is closed. */
async function* singles(source: BatchSource<unknown>): AsyncGenerator<readonly unknown[]> {
  if (Symbol.asyncIterator in source) {
    for await (const record of source) yield [record];
    return;
  }
  let block: unknown[] = [];
  for (const record of source) {
    block.push(record);
    if (block.length < mostAtOnce) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}
