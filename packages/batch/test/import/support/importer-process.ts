import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ImportResult } from '@uno/batch';

/** What an importer is told. */
export interface Assignment {
  readonly connectionString: string;
  readonly table: string;
  readonly file: string;
  readonly batchSize: number;
  readonly options: object;
}

/** A process that imports a file. */
export class ImporterProcess {
  readonly #child: ChildProcess;
  readonly #loaded: Promise<unknown>;

  constructor() {
    this.#child = fork(fileURLToPath(new URL('./importer.mjs', import.meta.url)), { execArgv: [] });
    this.#loaded = this.#heard();
  }

  /** Loads it and connects it, so that it begins as soon as it is told to. */
  async prepare(assignment: Assignment): Promise<void> {
    await this.#loaded;
    const connected = this.#heard();
    this.#child.send(assignment);
    await connected;
  }

  /**
   * Imports, and kills the process after some time.
   *
   * @returns the result, if it came first
   */
  async run(killAfterMs: number): Promise<ImportResult | undefined> {
    const ended = once(this.#child, 'exit');
    const result = this.#heard();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), killAfterMs);
    this.#child.send('go');
    const came = await Promise.race([result, ended.then(() => undefined)]);
    clearTimeout(timer);
    const [code, signal] = await ended;
    if (came === undefined && signal !== 'SIGKILL') throw new Error(`The importer ended by itself, with ${code}.`);
    return came;
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }

  async #heard(): Promise<ImportResult | undefined> {
    const [message] = await once(this.#child, 'message');
    return message;
  }
}
