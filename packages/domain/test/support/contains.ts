/** What PostgreSQL's `@>` says of two arrays: null is like nothing. */
export function arrayContains(array: readonly unknown[], part: readonly unknown[]): boolean {
  return part.every((item) => item !== null && array.includes(item));
}

/** What PostgreSQL's `&&` says of two arrays. */
export function arraysOverlap(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.some((item) => item !== null && other.includes(item));
}

/** What PostgreSQL's `@>` says of two documents. An array contains a single value only at the top. */
export function documentContains(document: unknown, part: unknown): boolean {
  if (Array.isArray(document) && !Array.isArray(part) && !isObject(part)) return document.includes(part);
  return contains(document, part);
}

function contains(document: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return Array.isArray(document) && part.every((item) => document.some((other) => contains(other, item)));
  }
  if (isObject(part)) {
    return (
      isObject(document) &&
      Object.entries(part).every(([name, value]) => name in document && contains(document[name], value))
    );
  }
  return document === part;
}

/** Whether two documents say the same, whatever the order of their names. */
export function sameDocument(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other)) return false;
    return one.length === other.length && one.every((item, i) => sameDocument(item, other[i]));
  }
  if (!isObject(one) || !isObject(other)) return one === other;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => name in other && sameDocument(one[name], other[name]))
  );
}

/** What is at a path of names and positions; `undefined` where nothing is. */
export function partOf(document: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((part, step) => {
    if (Array.isArray(part)) return /^\d+$/.test(step) ? part[Number(step)] : undefined;
    return isObject(part) && Object.hasOwn(part, step) ? part[step] : undefined;
  }, document);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
