export { mergeSettings, type RepositorySettings } from './context/repository-settings.js';
export { UnitOfWork } from './context/unit-of-work.js';
export { UnoContext, type UnoContextOptions } from './context/uno-context.js';
export { Entity, type EntityClass } from './entity/entity.js';
export { BatchError, type BatchErrorOptions, blamesRecord } from './errors/batch-error.js';
export { CallbackError, type CallbackName, calling } from './errors/callback-error.js';
export { DuplicateRecordError } from './errors/duplicate-record-error.js';
export { type IndexRange, IndexRanges } from './errors/index-ranges.js';
export { PageCursorError, type PageCursorFault } from './errors/page-cursor-error.js';
export { PartialWriteError } from './errors/partial-write-error.js';
export { NotFoundError, RowSuppressedError, StaleEntityError, type StaleVersion } from './errors/repository-errors.js';
export { SyncRefusedError, type SyncRefusedOptions } from './errors/sync-refused-error.js';
export { TableAccessError, TableNotFoundError } from './errors/table-errors.js';
export { insertOne, selectOne } from './individual/individual-statements.js';
export {
  deleteRecord,
  type Execute,
  insertRecord,
  type UpdatedRow,
  updateRecord,
} from './individual/record-statements.js';
export type { MappingOfClass } from './mapping/class-mapping.js';
export { type AnyColumn, Column, type ColumnKind, column, type InsertMode, type NumberKind } from './mapping/column.js';
export { differsSql } from './mapping/differs-sql.js';
export {
  type AnyMapping,
  asRecord,
  type EntityMapping,
  isMapping,
  type Snapshot,
  type TextRow,
} from './mapping/entity-mapping.js';
export { type Field, shapeOf } from './mapping/field.js';
export type {
  DatabaseOf,
  FieldName,
  FieldValue,
  Found,
  IncrementableField,
  IncrementPatch,
  KeyOf,
  Loaded,
  NewRecord,
  Projected,
  RecordPatch,
  RelatedClass,
  RelationName,
  UpdatableField,
  VersionField,
} from './mapping/inferred-types.js';
export {
  checkKey,
  decodeKey,
  encodeEntityKey,
  encodeKey,
  encodeRecordKey,
  findRecordKey,
  type Identity,
  identityOfEntity,
  type KeyTexts,
  keyText,
  numericIdentity,
} from './mapping/key.js';
export { type MappingConfig, mapEntity } from './mapping/map-entity.js';
export {
  checkNewRecord,
  checkRecord,
  encodeField,
  encodeFieldInto,
  type FieldValues,
  type InputRecord,
  readField,
  readNewRecord,
  readRecord,
} from './mapping/record-reader.js';
export { insertedFields, updatableFields } from './mapping/record-shape.js';
export {
  type AnyRelation,
  type BelongsTo,
  belongsTo,
  type ForeignKey,
  type HasMany,
  type HasOne,
  hasMany,
  hasOne,
  type ManyToMany,
  type ManyToManyOptions,
  manyToMany,
} from './mapping/relation.js';
export { hydrateLoaded, keyOfRow } from './mapping/rows.js';
export { cachedStatement } from './mapping/statement-cache.js';
export { columnList, tableText } from './mapping/table-sql.js';
export {
  checkPlanned,
  isIdempotentUpdate,
  plannedFields,
  type UpdateOptions,
  type UpdatePlan,
  updatePlan,
} from './mapping/update-plan.js';
export { nameOfUpdate, updateSql } from './mapping/update-sql.js';
export { Deadline } from './operations/deadline.js';
export { encodeKeys, keyOfInput, keyOfKey } from './operations/inputs.js';
export { checkAtOnce, namingRefused } from './operations/naming-refused.js';
export {
  callback,
  callOptionRules,
  flag,
  listOfFields,
  mergeOptions,
  milliseconds,
  type OptionRules,
  oneOf,
  updateFieldRules,
  wholeNumberFrom,
  writeOptionRules,
} from './operations/option-rules.js';
export { type ProgressCounts, ProgressMeter } from './operations/progress-meter.js';
export {
  type CallDefaults,
  type ChosenStrategy,
  chosenStrategy,
  commitsByChunk,
  resolveCall,
} from './operations/resolve-call.js';
export { defaultRetryPolicy, type RetryPolicy, retrying } from './operations/retrying.js';
export { checkSizeTuning } from './operations/size-tuning-rules.js';
export { tellEnd, tellFailure } from './operations/tell-errors.js';
export { type CallName, EndOfCall, endOfCall, RefusedAtCommit } from './operations/write-call.js';
export { type SettledStatus, WriteLedger } from './operations/write-ledger.js';
export { checkPageKey } from './pages/page-cursors.js';
export type { Page, PageOptions } from './pages/page-options.js';
export type {
  BatchPort,
  BatchPortRequest,
  FallbackCall,
  FallbackEnd,
  PortDefaults,
  PortUpdateOptions,
  PortWriteOptions,
  RecordOperations,
  WithModels,
} from './ports/batch-port.js';
export type { BatchCallOptions, BatchProgress, BatchWriteOptions } from './ports/call-options.js';
export type { Awaitable, EntityCache, EntityCacheRegion, FillTicket } from './ports/entity-cache.js';
export { observeWrite, type WriteTarget, type WrittenRows } from './ports/observe-write.js';
export type { RecordCallbacks, RecordName } from './ports/record-callbacks.js';
export type {
  FailedRecord,
  RecordOutcome,
  RecordStatus,
  WithOutcomes,
  WriteResult,
  WriteTotals,
} from './ports/record-outcome.js';
export type { SizeTuning } from './ports/size-tuning.js';
export type { BatchUpdateFields, UpdateFields } from './ports/update-options.js';
export type { WriteEvent, WriteKind, WriteObserver } from './ports/write-observer.js';
export type {
  Aggregate,
  Aggregated,
  AggregateFilters,
  AggregateOptions,
  AggregateRow,
  Aggregates,
} from './query/aggregate.js';
export type {
  ArrayOperators,
  DocumentOperators,
  FieldOperators,
  Filters,
  OrderBy,
  SearchOperators,
  TextOperators,
} from './query/filter.js';
export { filterCondition } from './query/filter-sql.js';
export type { KyselyQueries } from './query/kysely-queries.js';
export type { RowLock, RowLockMode } from './query/row-lock.js';
export type {
  LoadRelations,
  MembersLoad,
  OwnerLoad,
  RelationPath,
  RelationTree,
} from './relations/load-relations.js';
export { type LinkTable, type ResolvedRelation, resolveRelation } from './relations/resolved-relation.js';
export type { ByFilter } from './repository/by-filter.js';
export { checkOptions } from './repository/check-options.js';
export type {
  BatchGetOptions,
  BatchOptions,
  BatchOutcomeOptions,
  BatchReadOptions,
  FieldList,
  FindOptions,
  GetOptions,
  ListOptions,
} from './repository/repository-options.js';
export { UnoDBRepository } from './repository/uno-db-repository.js';
export { checkMappings, type MappingDifference, MappingMismatchError } from './schema/check-mappings.js';
export { createTables } from './schema/create-tables.js';
export { castableType } from './schema/lossless-column.js';
export { mappingOf } from './schema/mapping-of.js';
export { type ReadTableOptions, readTable } from './schema/read-table.js';
export type {
  ColumnDescription,
  ForeignKeyDescription,
  IndexDescription,
  KeyDescription,
  RowSecurity,
  TableDescription,
  TableKind,
  TablePrivileges,
  TableSize,
  TriggerDescription,
  TypeDescription,
  UniqueDescription,
} from './schema/table-description.js';
export { keyColumns, uniqueSets } from './schema/table-keys.js';
export type { StreamOptions } from './stream/stream-options.js';
export type {
  FieldChanges,
  RemovedWhere,
  UpdatedWhere,
  UpdateWhereOptions,
  WriteWhereOptions,
} from './where/where-options.js';
