/** The words of a name: `country_code`, `CountryCode`, "country code". */
function words(name: string): string[] {
  return name
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}

/** An identifier begins with a letter. */
function identifierOf(text: string, whereNothingIsLeft: string): string {
  if (text === '') return whereNothingIsLeft;
  return /^\p{ID_Start}/u.test(text) ? text : `_${text}`;
}

/** Classes that the generated source or its reader may mean by that name. */
const globals = new Set(['Date', 'Json', 'Uint8Array', 'Object', 'Function', 'Symbol', 'String', 'Number', 'Boolean']);

/** `Country` of `country`, `CustomerOrder` of `customer_order`. */
export function className(table: string): string {
  const name = identifierOf(words(table).map(capitalised).join(''), 'Row');
  return globals.has(name) ? `${name}Entity` : name;
}

/** `countryCode` of `country_code`. */
export function camelCase(name: string, whereNothingIsLeft: string): string {
  const [first = '', ...others] = words(name);
  return identifierOf(first.toLowerCase() + others.map(capitalised).join(''), whereNothingIsLeft);
}

/** The property of each column: no two alike, and none that a mapping cannot have. */
export function propertyNames(columns: readonly string[]): ReadonlyMap<string, string> {
  const used = new Set<string>();
  return new Map(
    columns.map((column, i) => {
      const wanted = camelCase(column, `column${i + 1}`);
      // Words of filters, and what every object has already.
      const base = ['and', 'or', 'not'].includes(wanted) || wanted in Object.prototype ? `${wanted}_` : wanted;
      let name = base;
      for (let n = 2; used.has(name); n++) name = `${base}${n}`;
      used.add(name);
      return [column, name];
    }),
  );
}
