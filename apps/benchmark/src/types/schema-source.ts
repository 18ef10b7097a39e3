/** Columns that every entity of the schema has besides its key and its relation. */
const columns: readonly (readonly [property: string, type: string, column: string])[] = [
  ['code', 'string', 'column.varchar(12)'],
  ['name', 'string', 'column.text()'],
  ['note', 'string | null', 'column.text().nullable()'],
  ['amount', 'number', 'column.integer()'],
  ['balance', 'string', 'column.numeric()'],
  ['share', 'number | null', 'column.double().nullable()'],
  ['isOpen', 'boolean', "column.boolean().named('is_open').default(true)"],
  ['createdAt', 'Date', "column.timestamptz().named('created_at').default(new Date(0))"],
  ['tags', 'string[]', 'column.array(column.text())'],
  ['total', 'bigint', 'column.bigint()'],
];

/** One entity, which belongs to the one before, and what a service does with it. */
function entityOf(number: number): string {
  const name = `Entity${number}`;
  const parent = number === 0 ? undefined : `Entity${number - 1}`;
  const fields = columns.map(([property, type]) => `  ${property}!: ${type};`);
  const mapped = columns.map(([property, , column]) => `    ${property}: ${column},`);
  return `
export class ${name} extends Entity<number> {
${fields.join('\n')}
${parent === undefined ? '' : `  parentId!: number | null;\n  parent?: ${parent} | null;`}
}
export const mapping${number} = mapEntity(${name}, {
  table: 'entity_${number}',
  columns: {
    id: column.integer().generated(),
${mapped.join('\n')}
${parent === undefined ? '' : "    parentId: column.integer().named('parent_id').nullable(),"}
  },
${parent === undefined ? '' : `  relations: { parent: belongsTo(() => ${parent}, 'parentId') },`}
});
export class ${name}Repository extends UnoDBRepository<typeof mapping${number}> {
  constructor(context: UnoContext) {
    super(context, mapping${number});
  }

  async use(): Promise<readonly (string | null)[]> {
    const added = await this.batchAdd([
      { code: 'a', name: 'b', note: null, amount: 1, balance: '1', share: null, tags: [], total: 1n${parent === undefined ? '' : ', parentId: null'} },
    ]);
    await this.batchUpdate(added, { fields: ['name', 'amount'] });
    const found = await this.list({
      filters: { name: { like: 'b%' }, amount: { gt: 1 }, or: [{ code: 'a' }, { share: null }] },
      orderBy: ['name', { amount: 'desc' }],${parent === undefined ? '' : "\n      loadRelations: ['parent'],"}
    });
    const first = await this.get(1${parent === undefined ? '' : ", { loadRelations: ['parent'] }"});
    return [...found.map((one) => ${parent === undefined ? 'one.note' : 'one.parent?.name ?? null'}), first?.name ?? null];
  }
}
`;
}

/**
 * A program of so many entities of a dozen fields, each with a repository that adds, updates, filters, orders and loads a
 * relation; the file of one without entities imports the same.
 */
export function schemaSource(entities: number): string {
  const imports =
    "import { belongsTo, column, Entity, mapEntity, type UnoContext, UnoDBRepository } from '@uno/domain';\n" +
    'export const used = [belongsTo, column, Entity, mapEntity, UnoDBRepository];\nexport type Used = UnoContext;\n';
  return imports + Array.from({ length: entities }, (_, number) => entityOf(number)).join('');
}
