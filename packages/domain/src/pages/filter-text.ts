/**
 * One text for a filter, the same for equal filters whatever the order of their properties, by which a cursor is known to
 * be of it.
 */
export function filterText(filters: unknown): string {
  switch (typeof filters) {
    case 'string':
      return JSON.stringify(filters);
    case 'number':
      return Object.is(filters, -0) ? '-0' : String(filters);
    case 'bigint':
      return `${filters}n`;
    case 'object':
      return filters === null ? 'null' : objectText(filters);
    default:
      return String(filters);
  }
}

function objectText(value: object): string {
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('base64')}`;
  if (Array.isArray(value)) return `[${value.map(filterText).join()}]`;
  const properties = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${properties.map(([name, part]) => `${JSON.stringify(name)}:${filterText(part)}`).join()}}`;
}
