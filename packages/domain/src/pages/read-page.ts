import { ConfigError, executeTextSql, type Queryable } from '@uno/postgres';
import { type RawBuilder, sql } from 'kysely';
import type { AnyMapping, TextRow } from '../mapping/entity-mapping.js';
import { columnList, tableText } from '../mapping/table-sql.js';
import { filterCondition } from '../query/filter-sql.js';
import { type OrderItem, orderTerms } from '../query/order-sql.js';
import { beyond, type KeysetPosition, keysetOrder, placeOf, reversedOrder } from './keyset.js';
import type { PageCursors, PageScope } from './page-cursors.js';
import type { Page, PageCall } from './page-options.js';

/** What a page is read by. */
export interface PageSource {
  readonly mapping: AnyMapping;
  readonly db: Queryable;
  readonly cursors: PageCursors;
}

/**
 * The rows of one page, and the cursors of its neighbours.
 *
 * @throws ConfigError, ValidationError for what is wrong with the request, before anything is sent
 * @throws PageCursorError for a cursor that is not of this entity, order and filter
 */
export async function readPage({ mapping, db, cursors }: PageSource, call: PageCall): Promise<Page<TextRow>> {
  const { filters, limit, after, before } = call;
  if (limit === undefined) throw new ConfigError('page: limit says how many items it has at most, from 1.');
  if (after !== undefined && before !== undefined) {
    throw new ConfigError('page: after and before contradict each other. Say one of them.');
  }
  const order = keysetOrder(mapping, call.orderBy);
  const scope: PageScope = { mapping, order, filters };
  const condition = filters === undefined ? sql<boolean>`true` : filterCondition(mapping, filters);
  const cursor = after ?? before;
  const from = cursor === undefined ? undefined : cursors.read(scope, cursor);
  const isForward = before === undefined;
  const walk = isForward ? order : reversedOrder(order);
  // One more than is wanted says whether there are more.
  const { rows } = await executeTextSql(db, pageQuery(mapping, condition, walk, from, limit + 1));
  const shown = rows.slice(0, limit);
  if (!isForward) shown.reverse();
  const cursorAt = (row: TextRow | undefined) =>
    row && cursors.write(scope, { at: placeOf(order, row), isInclusive: false });
  const more = rows.length > limit;
  const { ahead, behind } = isForward
    ? { ahead: shown.at(-1), behind: shown[0] }
    : { ahead: shown[0], behind: shown.at(-1) };
  const onward = more ? cursorAt(ahead) : undefined;
  const back = from && (cursorAt(behind) ?? cursors.write(scope, turned(from)));
  return isForward ? { items: shown, next: onward, previous: back } : { items: shown, next: back, previous: onward };
}

/** What lies on the other side of a position beyond which there is nothing any more. */
function turned({ at, isInclusive }: KeysetPosition): KeysetPosition {
  return { at, isInclusive: !isInclusive };
}

function pageQuery(
  mapping: AnyMapping,
  condition: RawBuilder<boolean>,
  walk: readonly OrderItem[],
  from: KeysetPosition | undefined,
  limit: number,
): RawBuilder<unknown> {
  const further = from === undefined ? sql`` : sql` and ${beyond(walk, from)}`;
  const rows = sql`select ${sql.raw(columnList(mapping.fields))} from ${sql.raw(tableText(mapping))}`;
  return sql`${rows} where ${condition}${further} order by ${sql.join(orderTerms(walk))} limit ${limit}::bigint`;
}
