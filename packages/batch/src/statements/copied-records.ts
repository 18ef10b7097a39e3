import type { AnyMapping, Field } from '@uno/domain';
import type { WorkItem } from '../shapes/work-item.js';
import type { CopyData } from './copy-data.js';
import { CopyLines } from './copy-lines.js';
import type { CopyFormat } from './copy-statement.js';
import { CopyTuples } from './copy-tuples.js';

/**
 * The records as the data of a COPY.
 *
 * @param spare - memory that nobody uses any more
 * @throws ValidationError that names a record with a value that its type cannot hold
 */
export function copiedRecords(
  mapping: AnyMapping,
  fields: readonly Field[],
  items: readonly WorkItem[],
  format: CopyFormat,
  spare: Buffer | undefined,
): CopyData {
  const data = format === 'binary' ? new CopyTuples(spare) : new CopyLines(spare);
  for (const item of items) data.add(mapping, fields, item);
  return data;
}
