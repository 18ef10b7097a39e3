import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { ConfigError } from '@uno/postgres';
import { PageCursorError, type PageCursorFault } from '../errors/page-cursor-error.js';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import type { OrderItem } from '../query/order-sql.js';
import { filterText } from './filter-text.js';
import type { KeysetPosition } from './keyset.js';

/** What the pages of one walk have in common. */
export interface PageScope {
  readonly mapping: AnyMapping;
  readonly order: readonly OrderItem[];
  readonly filters: unknown;
}

/** The first byte of a cursor. */
const version = 1;
const signatureBytes = 32;
/** Bytes of a hash that tell scopes apart. They are signed, and so need not withstand anybody. */
const markBytes = 6;
const leastKeyBytes = 16;

/** Of all contexts that are given none; cursors of another process are refused then. */
const processKey = randomBytes(32);

/** @throws ConfigError for what is no secret, or a short one; `undefined` is none at all */
export function checkPageKey(key: unknown): void {
  if (key === undefined) return;
  const isSecret = typeof key === 'string' || key instanceof Uint8Array;
  if (isSecret && Buffer.byteLength(key) >= leastKeyBytes) return;
  throw new ConfigError(`pageKey is a text or bytes, of ${leastKeyBytes} bytes or more.`);
}

/**
 * Makes texts of positions, and positions of texts: a byte of version, an HMAC-SHA256 of everything else, and what the
 * cursor is of and where it is, all in base64url. What is in it can be read by whoever has it, and not be changed.
 */
export class PageCursors {
  readonly #key: Uint8Array | string;

  /**
   * @param key - a secret of 16 bytes or more, the same in all processes that share cursors; a random one if not said
   * @throws ConfigError for a shorter one
   */
  constructor(key: Uint8Array | string = processKey) {
    checkPageKey(key);
    this.#key = key;
  }

  write(scope: PageScope, { at, isInclusive }: KeysetPosition): string {
    const { entity, order, filter } = marksOf(scope);
    const content = Buffer.from(JSON.stringify([entity, order, filter, isInclusive, ...at]));
    return Buffer.concat([Buffer.of(version), this.#sign(content), content]).toString('base64url');
  }

  /** @throws PageCursorError for a text that was not made by {@link write} for the same scope, with the same key */
  read(scope: PageScope, text: string): KeysetPosition {
    const refuse = (fault: PageCursorFault): never => {
      throw new PageCursorError(scope.mapping.name, fault);
    };
    const bytes = Buffer.from(text, 'base64url');
    // Node passes over what is not base64url, and over bits at the end, so that several texts would be one cursor.
    if (bytes.length <= 1 + signatureBytes || bytes.toString('base64url') !== text) return refuse('malformed');
    if (bytes[0] !== version) return refuse('version');
    const content = bytes.subarray(1 + signatureBytes);
    if (!timingSafeEqual(bytes.subarray(1, 1 + signatureBytes), this.#sign(content))) return refuse('signature');
    const [entity, order, filter, isInclusive, ...at]: unknown[] = JSON.parse(content.toString());
    const marks = marksOf(scope);
    if (entity !== marks.entity) return refuse('entity');
    if (order !== marks.order) return refuse('order');
    if (filter !== marks.filter) return refuse('filter');
    return { isInclusive: isInclusive === true, at: at.map((value) => (typeof value === 'string' ? value : null)) };
  }

  #sign(content: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(Buffer.of(version)).update(content).digest();
  }
}

function marksOf({ mapping, order, filters }: PageScope) {
  const items = order.map(({ field, direction, nulls }) => [field.property, direction, nulls]);
  return {
    entity: mark(mapping.tableName),
    order: mark(JSON.stringify(items)),
    filter: mark(filterText(filters ?? {})),
  };
}

function mark(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, markBytes).toString('base64url');
}
