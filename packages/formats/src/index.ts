export type { CsvDialect, CsvEncoding, CsvOptions, CsvWriteOptions } from './csv/csv-options.js';
export { readCsv } from './csv/read-csv.js';
export { type CsvValue, type CsvWriter, csvWriter, writeCsv } from './csv/write-csv.js';
export type { FileHeader } from './entry-format.js';
export type { CellsEntry, DocumentEntry, FaultEntry, FileEntry, RecordFault } from './file-entry.js';
export { FileError, type FileErrorOptions, type FileErrorReason } from './file-error.js';
export type { FileFormat, FileReader } from './file-reader.js';
export { defaultRecordBytes, mostRecordBytes, type ReadOptions } from './read-options.js';
export type { ByteSource } from './source/byte-source.js';
