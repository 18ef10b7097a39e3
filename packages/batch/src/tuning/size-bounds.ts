import type { SizeTuning } from '@uno/domain';

/** Within which sizes of chunks are chosen. */
export type SizeBounds = { readonly [K in keyof SizeTuning]-?: number };

/** What holds where nothing is said. */
const defaultSizeBounds: SizeBounds = Object.freeze({
  targetMs: 1000,
  minSize: 1,
  maxSize: 50_000,
  maxBytes: 32 * 1024 * 1024,
});

/** @param said - checked; `true` where all of it is left to the defaults */
export function sizeBounds(said: true | SizeTuning): SizeBounds {
  const {
    targetMs = defaultSizeBounds.targetMs,
    maxBytes = defaultSizeBounds.maxBytes,
    minSize,
    maxSize,
  } = said === true ? {} : said;
  return {
    targetMs,
    maxBytes,
    minSize: minSize ?? Math.min(defaultSizeBounds.minSize, maxSize ?? defaultSizeBounds.minSize),
    maxSize: maxSize ?? Math.max(defaultSizeBounds.maxSize, minSize ?? 0),
  };
}
