/** An error as `pg` makes it of the server's ErrorResponse. */
export function serverError(code: string, message = 'as the server says', fields: object = {}): Error {
  return Object.assign(new Error(message), { code, severity: 'ERROR', ...fields });
}

/** An error as Node's sockets and resolver make it. */
export function socketError(code: string): Error {
  return Object.assign(new Error(`connect ${code} 127.0.0.1:5432`), { code, errno: -1, syscall: 'connect' });
}
