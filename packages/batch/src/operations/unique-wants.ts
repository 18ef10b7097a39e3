import { type AnyMapping, encodeField, type Field, keyText, plannedFields, type UpdatePlan } from '@uno/domain';
import { arrayLiteral, type ConstraintError, sqlstateOf } from '@uno/postgres';
import type { Link } from '../shapes/links.js';
import type { WorkItem } from '../shapes/work-item.js';
import { columnArrays, keyArrays } from '../statements/column-arrays.js';
import { type RowByRowIndex, readUniqueFacts, type UniqueFacts } from '../statements/unique-facts.js';
import { holdersStatement } from '../statements/unique-holders.js';
import { judgeWrite } from '../workspace/judge.js';
import type { WriteSession } from '../workspace/write-session.js';
import type { LaterRecords } from './later-records.js';

/** One item wants a unique value that the row of another has, which may be one of a later chunk. */
export interface Want extends Link<WorkItem> {
  readonly index: RowByRowIndex;
}

/** What is known of items that were looked at together. */
interface Look {
  readonly items: ReadonlySet<WorkItem>;
  readonly wants: readonly Want[];
}

const noFacts: UniqueFacts = { indexes: [], columns: new Map() };

/** Finds out which records want unique values that the rows of others have. */
export class UniqueWants {
  readonly #mapping: AnyMapping;
  readonly #plan: UpdatePlan;
  readonly #later: LaterRecords;
  #facts: UniqueFacts | undefined;
  /** The latest look at an item. */
  readonly #looks = new WeakMap<WorkItem, Look>();

  constructor(mapping: AnyMapping, plan: UpdatePlan, later: LaterRecords) {
    this.#mapping = mapping;
    this.#plan = plan;
    this.#later = later;
  }

  /** What was found in the catalogue, once something was asked for. */
  get facts(): UniqueFacts {
    return this.#facts ?? noFacts;
  }

  /** The items' wants, as they were when all of them were looked at. */
  known(items: readonly WorkItem[]): readonly Want[] | undefined {
    const [first] = items;
    const look = first && this.#looks.get(first);
    if (look === undefined || items.some((item) => !look.items.has(item))) return undefined;
    const among = new Set(items);
    const isLater = (item: WorkItem) => !look.items.has(item);
    return look.wants.filter(({ waits, first: other }) => among.has(waits) && (among.has(other) || isLater(other)));
  }

  /** Some of those that were looked at are not looked at again; all of them are, as this may be another transaction. */
  async of(session: WriteSession, items: readonly WorkItem[], refused: ConstraintError): Promise<readonly Want[]> {
    const known = this.known(items);
    const isPart = items[0] !== undefined && this.#looks.get(items[0])?.items.size !== items.length;
    if (known !== undefined && isPart) return known;
    const wants = await session
      .attempt(async () => {
        const facts = this.#facts ?? (await readUniqueFacts(session.execute, this.#mapping));
        this.#facts = facts;
        const found: Want[] = [];
        for (const index of facts.indexes) found.push(...(await this.#wantsIn(session, items, index, facts)));
        return found;
      })
      .catch((error: unknown) => {
        // Such as of a role that may write what it may not read.
        throw judgeWrite(error) === 'call' || sqlstateOf(error) === undefined ? error : refused;
      });
    const look = { items: new Set(items), wants };
    for (const item of items) this.#looks.set(item, look);
    return wants;
  }

  async #wantsIn(
    session: WriteSession,
    items: readonly WorkItem[],
    index: RowByRowIndex,
    facts: UniqueFacts,
  ): Promise<Want[]> {
    const mapping = this.#mapping;
    const written = items.map(({ values, index: at }) => new Set(plannedFields(this.#plan, { values, index: at })));
    const fields = mapping.fields.filter(
      (field) => index.uses.includes(field.column) && written.some((some) => some.has(field)),
    );
    if (fields.length === 0) return [];
    const { version } = this.#plan;
    const values = fields.map((field) => {
      const textOf = ({ values: given, index: at }: WorkItem) =>
        // What it does not write is not for it to be NULL.
        given[field.position] === undefined ? null : encodeField(mapping, field, given[field.position], at);
      return arrayLiteral(items.map(textOf), field.type.bare);
    });
    const flags = fields.map((field) =>
      arrayLiteral(
        written.map((some) => (some.has(field) ? 't' : 'f')),
        true,
      ),
    );
    const { rows } = await session.execute(holdersStatement(mapping, this.#plan, fields, index, facts), [
      ...keyArrays(
        mapping,
        items.map(({ key }) => key ?? []),
      ),
      ...values,
      ...columnArrays(mapping, version === undefined ? [] : [version], items),
      ...flags,
    ]);
    const wants: Want[] = [];
    for (const [one, other, ...key] of rows) {
      const waits = items[Number(one) - 1];
      if (waits === undefined) continue;
      const first = other === null ? await this.#laterOf(key, waits, fields) : items[Number(other) - 1];
      if (first !== undefined) wants.push({ waits, first, index });
    }
    return wants;
  }

  /** The record of a later chunk that is going to give a row other values. */
  async #laterOf(
    key: readonly (string | null)[],
    waits: WorkItem,
    fields: readonly Field[],
  ): Promise<WorkItem | undefined> {
    const item = await this.#later.find(keyText(key.map(String)), waits);
    if (item === undefined) return undefined;
    const written = plannedFields(this.#plan, { values: item.values, index: item.index });
    return fields.some((field) => written.includes(field)) ? item : undefined;
  }
}
