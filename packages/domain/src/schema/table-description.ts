/** What a table is to PostgreSQL. */
export type TableKind = 'table' | 'partitioned' | 'view' | 'materialized' | 'foreign';

/** A table as the catalogue has it, as {@link readTable} gives it. Plain data: it can be written as JSON. */
export interface TableDescription {
  readonly schema: string;
  readonly name: string;
  /** The name as SQL of this session takes it: quoted, and with its schema, where either is needed. */
  readonly sqlName: string;
  readonly kind: TableKind;
  readonly comment: string | null;
  /** What the role of the connection may do with it, or with some of its columns. */
  readonly privileges: TablePrivileges;
  /** In their order in the table. */
  readonly columns: readonly ColumnDescription[];
  readonly primaryKey: KeyDescription | null;
  /** Unique constraints and unique indexes, without the primary key; the oldest first. */
  readonly uniques: readonly UniqueDescription[];
  /** All indexes, those of keys too; the oldest first. */
  readonly indexes: readonly IndexDescription[];
  readonly foreignKeys: readonly ForeignKeyDescription[];
  readonly triggers: readonly TriggerDescription[];
  readonly rowSecurity: RowSecurity;
  /** With all partitions. */
  readonly size: TableSize;
  /** The rows as of the last VACUUM or ANALYZE, with all partitions; `null` where there was none. */
  readonly estimatedRows: number | null;
}

export interface TablePrivileges {
  readonly select: boolean;
  readonly insert: boolean;
  readonly update: boolean;
  readonly delete: boolean;
}

export interface ColumnDescription {
  readonly name: string;
  readonly type: TypeDescription;
  /** Whether it may be NULL; of a view, whose columns do not say, `true`. */
  readonly nullable: boolean;
  /** The expression that fills it in, its domain's if it has none of its own. */
  readonly default: string | null;
  readonly identity: 'always' | 'by default' | null;
  /** The sequence that belongs to it, of an identity or a serial column. */
  readonly sequence: string | null;
  readonly generated: { readonly expression: string; readonly stored: boolean } | null;
  /** Its collation where that is not the one of texts in general, as SQL writes it. */
  readonly collation: string | null;
  /** The same where texts that differ can be equal under it; with its schema where the search path does not find it. */
  readonly looseCollation: { readonly schema: string | null; readonly name: string } | null;
  readonly comment: string | null;
}

/** A type: how SQL writes it, and what it is made of. */
export interface TypeDescription {
  /** With its modifiers, such as `numeric(10,2)`, and its schema where the search path does not find it. */
  readonly sql: string;
  /** The same without modifiers, such as `numeric`. */
  readonly plainSql: string;
  readonly kind: 'scalar' | 'domain' | 'enum' | 'composite' | 'range' | 'array';
  /** Of an enumerated type, in their order. */
  readonly labels: readonly string[] | null;
  /** Of an array the type of its elements, of a domain the one under all domains. */
  readonly of: TypeDescription | null;
  /** How many dimensions an array was declared with; PostgreSQL does not hold anybody to it. */
  readonly dimensions: number;
}

export interface KeyDescription {
  readonly name: string;
  /** The columns, in the order of the index. */
  readonly columns: readonly string[];
}

export interface UniqueDescription {
  readonly name: string;
  /** The columns, in the order of the index; `null` in the place of an expression. */
  readonly columns: readonly (string | null)[];
  /** Whether it is a constraint, rather than an index alone. */
  readonly isConstraint: boolean;
  /** Which rows it is about, if not all. */
  readonly predicate: string | null;
  /** Whether it is checked by each statement; a deferrable constraint is not. */
  readonly isImmediate: boolean;
  readonly nullsNotDistinct: boolean;
}

export interface IndexDescription {
  readonly name: string;
  /** The statement that makes it. */
  readonly definition: string;
  readonly isPrimary: boolean;
  readonly isUnique: boolean;
  /** `false` where it was not finished, as after a CREATE INDEX CONCURRENTLY that failed. */
  readonly isValid: boolean;
  readonly bytes: number;
  /** How often it was used since the statistics were reset. */
  readonly scans: number;
}

export interface ForeignKeyDescription {
  readonly name: string;
  readonly columns: readonly string[];
  readonly references: {
    readonly schema: string;
    readonly name: string;
    readonly sqlName: string;
    readonly columns: readonly string[];
  };
  /** As SQL writes it. */
  readonly definition: string;
}

export interface TriggerDescription {
  readonly name: string;
  readonly definition: string;
  readonly isEnabled: boolean;
}

export interface RowSecurity {
  readonly isEnabled: boolean;
  /** Whether it holds for the role of the connection. */
  readonly isActive: boolean;
  readonly policies: readonly string[];
}

/** In bytes. */
export interface TableSize {
  readonly total: number;
  /** The rows, with what is stored apart because it is long (TOAST). */
  readonly heap: number;
  readonly indexes: number;
}
