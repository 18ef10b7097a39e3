/** Variables that programs need to be found and to start; nothing else of ours is a server's business. */
const PASSED_ON = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'];

/**
 * The environment of `initdb` and `postgres`. PGDATA, PGOPTIONS and the like would change what they do, and messages
 * in the language of the user could not be recognised.
 */
export function childEnvironment(): Record<string, string> {
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(passedOn), LC_ALL: 'C' };
}
