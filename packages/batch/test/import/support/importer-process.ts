import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ImportResult } from '@uno/batch';

/** What an importer is told. */
export interface Assignment {
  readonly connectionString: string;
  readonly file: string;
  readonly batchSize: number;
  /** All of them at a time. */
  readonly imports: readonly { readonly table: string; readonly options: object }[];
}

/** A process that imports a file into tables. */
export class ImporterProcess {
  readonly #child: ChildProcess;
  readonly #loaded: Promise<unknown>;
  readonly #results = new Map<string, ImportResult>();

  constructor() {
    this.#child = fork(fileURLToPath(new URL('./importer.mjs', import.meta.url)), { execArgv: [] });
    this.#loaded = once(this.#child, 'message');
    this.#child.on('message', (message: { readonly table?: string; readonly result?: ImportResult }) => {
      if (message.table !== undefined && message.result !== undefined) this.#results.set(message.table, message.result);
    });
  }

  /** Loads it and connects it, so that it begins as soon as it is told to. */
  async prepare(assignment: Assignment): Promise<void> {
    await this.#loaded;
    const connected = once(this.#child, 'message');
    this.#child.send(assignment);
    await connected;
  }

  /**
   * Imports, and kills the process after some time, if that is said.
   *
   * @returns whether it was killed, and the results of the imports that came to their end before, by table
   */
  async run(killAfterMs?: number): Promise<{ wasKilled: boolean; results: ReadonlyMap<string, ImportResult> }> {
    const ended = once(this.#child, 'exit');
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => this.#child.kill('SIGKILL'), killAfterMs);
    this.#child.send('go');
    const [code, signal] = await ended;
    clearTimeout(timer);
    if (signal !== 'SIGKILL' && code !== 0) throw new Error(`The importer ended by itself, with ${code}.`);
    return { wasKilled: signal === 'SIGKILL', results: this.#results };
  }
}
