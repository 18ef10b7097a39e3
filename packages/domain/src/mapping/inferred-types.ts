import type { ColumnType } from 'kysely';
import type { EntityClass } from '../entity/entity.js';
import type { MappingOfClass } from './class-mapping.js';
import type { AnyColumn, Column, InsertMode, NumberKind } from './column.js';
import type { AnyMapping, EntityMapping } from './entity-mapping.js';
import type { BelongsTo, HasOne } from './relation.js';

type EntityOf<M> = M extends EntityMapping<infer E, infer _C, infer _K, infer _R, infer _T> ? E : never;
type ColumnsOf<M extends AnyMapping> = M['columns'];
type RelationsOf<M extends AnyMapping> = M['relations'];

/** The value of a column in TypeScript, with null where it may be NULL. */
type ColumnValue<C> =
  C extends Column<infer V, infer _D, infer N, infer _I, infer _Name> ? (N extends true ? V | null : V) : never;

type DriverValue<C> =
  C extends Column<infer _V, infer D, infer N, infer _I, infer _Name> ? (N extends true ? D | null : D) : never;

type InsertModeOf<C> = C extends Column<infer _V, infer _D, infer _N, infer I, infer _Name> ? I : never;

/** The properties of an entity that are columns. */
export type FieldName<M extends AnyMapping> = keyof ColumnsOf<M> & string;

/** The value of a field. */
export type FieldValue<M extends AnyMapping, F extends FieldName<M>> = ColumnValue<ColumnsOf<M>[F]>;

type FieldsOfMode<M extends AnyMapping, I extends InsertMode> = {
  [F in FieldName<M>]: InsertModeOf<ColumnsOf<M>[F]> extends I ? F : never;
}[FieldName<M>];

/** The fields that make up the key. */
type KeyField<M> = M extends EntityMapping<infer _E, infer _C, infer K, infer _R, infer _T> ? K : never;

type IsUnion<T, Each = T> = T extends Each ? ([Each] extends [T] ? false : true) : never;

/** A key: the value itself where one field identifies a row, an object of the fields where several do. */
export type KeyOf<M extends AnyMapping> =
  IsUnion<KeyField<M>> extends true
    ? { readonly [F in KeyField<M> & FieldName<M>]: FieldValue<M, F> }
    : FieldValue<M, KeyField<M> & FieldName<M>>;

/**
 * What can be added: fields with a default, an identity or a possible NULL may be left out, and `undefined` leaves them
 * out too. Entities are accepted as well as plain objects.
 */
export type NewRecord<M extends AnyMapping> = {
  readonly [F in FieldsOfMode<M, 'required'>]: FieldValue<M, F>;
} & {
  readonly [F in FieldsOfMode<M, 'optional'>]?: FieldValue<M, F> | undefined;
};

/** What can be updated: the key and any of the other fields; `undefined` leaves a field alone. */
export type RecordPatch<M extends AnyMapping> = {
  readonly [F in KeyField<M> & FieldName<M>]: FieldValue<M, F>;
} & {
  readonly [F in Exclude<FieldsOfMode<M, 'required' | 'optional'>, KeyField<M>>]?: FieldValue<M, F> | undefined;
};

/** The fields that an update can write. */
export type UpdatableField<M extends AnyMapping> = Exclude<FieldsOfMode<M, 'required' | 'optional'>, KeyField<M>>;

type KindOfColumn<C> = C extends Column<infer _V, infer _D, infer _N, infer _I, infer _Name, infer K> ? K : never;

/** What can be asked of a field, besides comparing it. */
export type FieldKind<M extends AnyMapping, F extends FieldName<M>> = KindOfColumn<ColumnsOf<M>[F]>;

type NumberField<M extends AnyMapping, K extends NumberKind> = {
  [F in UpdatableField<M>]: FieldKind<M, F> extends K ? F : never;
}[UpdatableField<M>];

/** The fields to which an update can add: numbers of any kind. */
export type IncrementableField<M extends AnyMapping> = NumberField<M, NumberKind>;

/** The fields that can be a version: whole numbers. */
export type VersionField<M extends AnyMapping> = NumberField<M, 'integer'>;

/** The same as {@link RecordPatch} where some fields are added to what is there: no `null`, to which nothing can be added. */
export type IncrementPatch<M extends AnyMapping, I extends IncrementableField<M>> = RecordPatch<M> & {
  readonly [F in I]?: Exclude<FieldValue<M, F>, null> | undefined;
};

/** The names of an entity's relations. */
export type RelationName<M extends AnyMapping> = keyof RelationsOf<M> & string;

/** The class that a relation leads to. */
export type RelatedClass<M extends AnyMapping, R extends RelationName<M>> = RelationsOf<M>[R] extends {
  readonly target: () => EntityClass<infer T>;
}
  ? T
  : never;

/** What stands in the property of a relation; `V` is one related entity. */
type RelationValue<M extends AnyMapping, R extends RelationName<M>, V> =
  RelationsOf<M>[R] extends BelongsTo<infer _T, infer F>
    ? null extends FieldValue<M, F & FieldName<M>>
      ? V | null
      : V
    : RelationsOf<M>[R] extends HasOne<infer _T, infer _F>
      ? V | null
      : V[];

type RelatedValue<M extends AnyMapping, R extends RelationName<M>, L> = RelationValue<
  M,
  R,
  Loaded<MappingOfClass<RelatedClass<M, R>>, L>
>;

type WithoutRelations<M extends AnyMapping> = [RelationName<M> & keyof EntityOf<M>] extends [never]
  ? EntityOf<M>
  : Omit<EntityOf<M>, RelationName<M>>;

type HeadOf<Path> = Path extends `${infer Head}.${string}` ? Head : Path;
type RestOf<Path, Head extends string> = Path extends `${Head}.${infer Rest}` ? Rest : never;
/** The relations that paths go on to, as `L` says whether all of them were asked for or maybe some. */
type Onwards<Path, Head extends string, L> = [RestOf<Path, Head>] extends [never] ? readonly [] : L;

type PathValues<M extends AnyMapping, Path> = {
  [R in HeadOf<Path> & RelationName<M>]: RelatedValue<M, R, Onwards<Path, R, readonly [RestOf<Path, R>]>>;
};

/** The same where each path may have been asked for or not. */
type MaybePathValues<M extends AnyMapping, Path> = {
  [R in HeadOf<Path> & RelationName<M>]?: RelatedValue<M, R, Onwards<Path, R, readonly RestOf<Path, R>[]>>;
};

type NestedLoad<Options> = Options extends { readonly loadRelations: infer L } ? L : readonly [];

type TreeValues<M extends AnyMapping, Tree> = {
  -readonly [R in keyof Tree as R extends RelationName<M> ? R : never]: R extends RelationName<M>
    ? RelatedValue<M, R, NestedLoad<Tree[R]>>
    : never;
};

/**
 * An entity as it comes from the database, with the relations that were loaded and no others. Where the names are known
 * only when the program runs, each of them may be there or not.
 */
export type Loaded<M extends AnyMapping, L = readonly []> = L extends true
  ? WithoutRelations<M> & PathValues<M, RelationName<M>>
  : L extends readonly []
    ? WithoutRelations<M>
    : L extends readonly (infer Path)[]
      ? number extends L['length']
        ? WithoutRelations<M> & MaybePathValues<M, Path>
        : WithoutRelations<M> & PathValues<M, Path>
      : L extends object
        ? WithoutRelations<M> & TreeValues<M, L>
        : WithoutRelations<M>;

/**
 * Plain objects of some fields. Where the names are known only when the program runs, each of them may be there or not.
 */
export type Projected<M extends AnyMapping, F extends readonly FieldName<M>[]> = number extends F['length']
  ? { [P in F[number]]?: FieldValue<M, P> }
  : { [P in F[number]]: FieldValue<M, P> };

/** What is found: plain objects where fields are asked for, otherwise entities with the relations that were loaded. */
export type Found<M extends AnyMapping, L, F> = F extends readonly FieldName<M>[]
  ? L extends readonly []
    ? Projected<M, F>
    : { error: 'fields gives plain objects, which have no relations: take fields or loadRelations' }
  : Loaded<M, L>;

type ColumnNameOf<F, C> =
  C extends Column<infer _V, infer _D, infer _N, infer _I, infer Name>
    ? Name extends string
      ? Name
      : F & string
    : never;

/** By how a new record gives a value; `undefined` makes it optional to Kysely, `never` leaves it out. */
type KyselyInsert<C> = {
  required: ColumnValue<C>;
  optional: ColumnValue<C> | undefined;
  never: never;
}[InsertModeOf<C>];

type KyselyColumn<C> = ColumnType<
  DriverValue<C>,
  KyselyInsert<C>,
  InsertModeOf<C> extends 'never' ? never : ColumnValue<C>
>;

/** One table as Kysely sees it, by the names of its columns. */
type KyselyTable<Columns> = {
  [F in keyof Columns as ColumnNameOf<F, Columns[F]>]: KyselyColumn<Columns[F]>;
};

/**
 * The `Database` type of Kysely for a set of mappings, by table and column names.
 *
 * @example
 * ```ts
 * type Database = DatabaseOf<[typeof cities, typeof countries]>;
 * const db = new Kysely<Database>({ dialect: new UnoPostgresDialect({ pool }) });
 * ```
 */
export type DatabaseOf<Mappings extends readonly AnyMapping[]> = {
  [M in Mappings[number] as M['tableName']]: KyselyTable<M['columns']>;
};

/** Without a property `id` a mapping has to say which one is its key. */
export type CheckedKey<Columns> = 'id' extends keyof Columns
  ? unknown
  : { readonly key: (keyof Columns & string) | readonly (keyof Columns & string)[] };

/** The columns of a mapping, checked against the entity's class: every one is a property of the same type. */
export type CheckedColumns<E, Columns> = {
  [F in keyof Columns]: F extends keyof E
    ? Columns[F] extends AnyColumn
      ? Same<ColumnValue<Columns[F]>, Exclude<E[F], undefined>> extends true
        ? Columns[F]
        : { error: 'the column has another type than the property'; column: ColumnValue<Columns[F]>; property: E[F] }
      : never
    : { error: 'the class has no such property'; property: F };
};

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** The relations of a mapping, checked: a foreign key is one of the columns. */
export type CheckedRelations<Columns, Relations> = {
  [R in keyof Relations]: Relations[R] extends BelongsTo<infer _T, infer F>
    ? [F] extends [keyof Columns]
      ? Relations[R]
      : { error: 'the foreign key is not a column of this mapping'; foreignKey: Exclude<F, keyof Columns> }
    : Relations[R];
};
