import type { AnyMapping, KeyTexts } from '@uno/domain';
import type { ComputePlan } from '../compute/compute-plan.js';
import { keyPagesOf } from '../compute/key-pages.js';
import { pageQuery } from '../compute/scan-queries.js';
import { checkKeys, pageSize } from '../compute/slot-source.js';
import type { EngineCall } from '../engine/engine-call.js';
import type { Step } from '../engine/step.js';
import { findStatement } from '../statements/key-statements.js';

/** @throws EndOfCall for the first one that is no key, where such are not left out */
export function requireKeys(
  { mapping }: { readonly mapping: AnyMapping },
  { skips }: EngineCall,
  keys: readonly unknown[],
): void {
  const paging = { mapping, size: Number.POSITIVE_INFINITY, dedupes: false, read: async () => [], goesOn: () => false };
  checkKeys(
    keyPagesOf(paging, keys).flatMap(({ slots }) => slots),
    skips,
  );
}

/** What reads the rows of a list of keys; nothing where that is done when they are locked. */
export async function readingSteps<M extends AnyMapping, R>(
  { mapping, options, writing }: ComputePlan<M, R>,
  call: EngineCall,
  keys: readonly unknown[],
): Promise<readonly Step[]> {
  if (options.lock) return [];
  const steps: Step[] = [];
  const { sql } = findStatement(mapping, mapping.keyFields);
  let indices: readonly number[] = [];
  const read = async () => {
    steps.push({ ...reading, sql, parameters: mapping.keyFields.length, times: 1, indices });
    return [];
  };
  const dedupes = writing !== undefined;
  const pages = keyPagesOf({ mapping, size: pageSize(call), dedupes, read, goesOn: () => false }, keys);
  let first = 0;
  for (const page of pages) {
    indices = page.slots.flatMap(({ known }, i) => (known === undefined ? [first + i] : []));
    first += page.slots.length;
    await page.load();
  }
  return steps;
}

/** What reads the rows that a filter finds: the first page, and one after another. */
export function scanningSteps<M extends AnyMapping, R>(
  { mapping, db, condition, options }: ComputePlan<M, R>,
  call: EngineCall,
): { readonly first: Step; readonly next: Step | undefined } {
  const fields = options.lock ? mapping.keyFields : mapping.fields;
  const limit = pageSize(call);
  const page = (after: KeyTexts | undefined): Step => {
    const { sql, parameters } = pageQuery(mapping, { fields, condition, after, limit }).compile(db);
    return { ...reading, sql, parameters: parameters.length, times: 1, indices: [] };
  };
  if (limit === Number.POSITIVE_INFINITY) return { first: page(undefined), next: undefined };
  return { first: page(undefined), next: page(mapping.keyFields.map(() => '')) };
}

const reading = { way: 'aside', why: 'the rows are read that are computed' } as const;
