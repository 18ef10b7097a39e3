import { UnoError } from '@uno/postgres';
import { FileError, type FileErrorReason } from '../file-error.js';

/** What the operating system and zlib call it. */
const known: readonly (readonly [code: RegExp, reason: FileErrorReason, why: string])[] = [
  [/^ENOENT$|^ENOTDIR$/, 'missing', 'there is no such file'],
  [/^EISDIR$/, 'directory', 'it is a directory'],
  [/^EACCES$|^EPERM$/, 'unreadable', 'this process may not read it'],
  [/^Z_BUF_ERROR$/, 'compression', 'its gzip data end in the middle'],
  [/^Z_|^ERR_TRAILING_JUNK_AFTER_STREAM_END$/, 'compression', 'its gzip data are damaged'],
];

/**
 * The error for what a source threw; one of uno's is given as it is, but with path and line where it is a
 * {@link FileError} without them.
 *
 * @param line - where reading had come to
 */
export function sourceError(error: unknown, path: string | undefined, line: number | undefined): UnoError {
  if (error instanceof FileError) {
    if (error.path !== undefined || path === undefined) return error;
    return new FileError(error.reason, error.why, { path, line: error.line, cause: error.cause });
  }
  if (UnoError.is(error)) return error;
  const code = codeOf(error);
  const [, reason, why] = known.find(([pattern]) => pattern.test(code)) ?? [
    code,
    'unreadable' as const,
    `reading failed${code === '' ? '' : ` (${code})`}`,
  ];
  // Before a file was opened, no line of it is at fault.
  const told = reason === 'missing' || reason === 'directory' ? undefined : line;
  return new FileError(reason, why, { path, line: told, cause: error });
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
