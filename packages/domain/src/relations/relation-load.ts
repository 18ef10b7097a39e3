import { ConfigError, kindOf } from '@uno/postgres';
import type { RawBuilder } from 'kysely';
import type { AnyMapping } from '../mapping/entity-mapping.js';
import { filterCondition } from '../query/filter-sql.js';
import { orderItems, orderTerms } from '../query/order-sql.js';
import { wholeNumber } from '../query/select-sql.js';
import { checkOptions } from '../repository/check-options.js';
import { type ResolvedRelation, resolveRelation } from './resolved-relation.js';

/** One relation to load, checked, and what to load of the entities that it leads to. */
export interface RelationLoad {
  readonly relation: ResolvedRelation;
  readonly condition: RawBuilder<boolean> | undefined;
  readonly order: readonly RawBuilder<unknown>[];
  /** How many for each parent. */
  readonly limit: number | undefined;
  readonly nested: readonly RelationLoad[];
}

/**
 * Checks which relations are asked for, down to the last one, before anything is sent.
 *
 * @param wanted - see `LoadRelations`: `true`, paths, or a tree
 * @throws ConfigError for an unknown relation or option
 * @throws ValidationError for filters, an order or a limit that are none
 */
export function relationLoads(mapping: AnyMapping, wanted: unknown): RelationLoad[] {
  if (wanted === true) return Object.keys(mapping.relations).map((name) => loadOf(mapping, name, true));
  if (Array.isArray(wanted)) return loadsOfPaths(mapping, wanted);
  if (typeof wanted === 'object' && wanted !== null) {
    return Object.entries(wanted).map(([name, options]) => loadOf(mapping, name, options));
  }
  throw new ConfigError(
    `loadRelations of ${mapping.name} takes true, a list of relations such as ['region.country'], or an object of them, not ${kindOf(wanted)}.`,
  );
}

function loadsOfPaths(mapping: AnyMapping, paths: readonly unknown[]): RelationLoad[] {
  const onwards = new Map<string, string[]>();
  for (const path of paths) {
    if (typeof path !== 'string') {
      throw new ConfigError(`loadRelations of ${mapping.name}: a list has names of relations, not ${kindOf(path)}.`);
    }
    const dot = path.indexOf('.');
    const head = dot < 0 ? path : path.slice(0, dot);
    const rest = onwards.get(head) ?? [];
    if (dot >= 0) rest.push(path.slice(dot + 1));
    onwards.set(head, rest);
  }
  return [...onwards].map(([name, loadRelations]) => loadOf(mapping, name, { loadRelations }));
}

interface LoadOptions {
  readonly filters?: unknown;
  readonly orderBy?: unknown;
  readonly limit?: unknown;
  readonly loadRelations?: unknown;
}

function loadOf(mapping: AnyMapping, name: string, given: unknown): RelationLoad {
  const relation = resolveRelation(mapping, name);
  const { target, kind } = relation;
  const where = `loadRelations of ${mapping.name}.${name}`;
  if (given !== true && (typeof given !== 'object' || given === null || Array.isArray(given))) {
    throw new ConfigError(`${where} takes true, or an object that says how, not ${kindOf(given)}.`);
  }
  const known = kind === 'belongsTo' ? ['loadRelations'] : ['filters', 'orderBy', 'limit', 'loadRelations'];
  const options: LoadOptions = given === true ? {} : checkOptions(where, given, known);
  const { filters, orderBy, limit, loadRelations = [] } = options;
  return {
    relation,
    condition: filters === undefined ? undefined : filterCondition(target, filters),
    order: orderTerms(orderItems(target, orderBy)),
    limit: limitOf(where, kind, limit),
    nested: relationLoads(target, loadRelations),
  };
}

function limitOf(where: string, kind: ResolvedRelation['kind'], limit: unknown): number | undefined {
  if (limit === undefined) return kind === 'hasOne' ? 1 : undefined;
  const most = wholeNumber(`${where}: limit`, limit);
  return kind === 'hasOne' ? Math.min(most, 1) : most;
}
