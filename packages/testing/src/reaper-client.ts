import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { parse } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ChildCommand, Owner, ReaperExit, ReaperMessage, ReaperRequest } from './reaper.mjs';
import { TestServerError } from './test-server-error.js';

/** A child of the reaper. */
export interface ReaperChild {
  readonly pid: number;
  /** Settles when the child has ended; never rejects for its exit code. */
  readonly exited: Promise<ReaperExit>;
}

interface Pending {
  resolve(result: string): void;
  reject(error: Error): void;
}

/**
 * The owner's end of the reaper (see reaper.mjs). Between requests it does not keep the process alive, and the death
 * of the reaper does not harm it: the next request or `close` says so.
 */
export class ReaperClient {
  readonly #process: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #exits = new Map<number, (outcome: ReaperExit) => void>();
  /** What another reaper has to be told if this one is killed. */
  readonly #owed: ReaperRequest[] = [];
  readonly #ended: Promise<number | null>;
  #failure = '';
  #lastId = 0;
  #holds = 0;

  constructor() {
    const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...env } = process.env;
    this.#process = spawn(process.execPath, [fileURLToPath(new URL('./reaper.mjs', import.meta.url))], {
      cwd: parse(process.execPath).root,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      windowsHide: true,
    });
    // Writing to a reaper that has died is EPIPE, and would otherwise be thrown in the middle of nowhere.
    this.#process.stdin?.on('error', () => {});
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#failure = (this.#failure + chunk.toString()).slice(-2000);
    });
    if (this.#process.stdout !== null) {
      createInterface({ input: this.#process.stdout }).on('line', (line) => this.#receive(JSON.parse(line)));
    }
    this.#ended = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.#failure = error.message;
        resolve(null);
      });
      // 'close' rather than 'exit': only then has everything it said been read.
      this.#process.once('close', (code) => resolve(code));
    });
    void this.#ended.then(() => this.#giveUp());
    this.#setReferenced(false);
  }

  /** The process id of the reaper. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Makes a temp directory in `parent`, and removes it in the end. */
  async makeDirectory(parent: string, owner?: Owner): Promise<string> {
    const directory = await this.#request({ do: 'make-directory', parent, ...(owner && { owner }) });
    this.#owed.push({ do: 'adopt-directory', directory });
    return directory;
  }

  /** Drops the databases of this name prefix in the end. */
  async dropDatabases(url: string, prefix: string): Promise<void> {
    const request: ReaperRequest = { do: 'drop-databases', url, prefix };
    await this.#request(request);
    this.#owed.push(request);
  }

  /** Starts a process, and stops it in the end. Rejects with the `code` of Node (ENOENT, EACCES) if it cannot. */
  async spawn(child: ChildCommand): Promise<ReaperChild> {
    const id = this.#lastId + 1;
    const exited = new Promise<ReaperExit>((resolve) => this.#exits.set(id, resolve));
    const pid = Number(await this.#request({ do: 'spawn', child }));
    return { pid, exited };
  }

  /** Runs a process to its end. */
  async run(child: ChildCommand): Promise<ReaperExit> {
    this.#hold();
    try {
      return await (await this.spawn(child)).exited;
    } finally {
      this.#release();
    }
  }

  /** Signals a process started here, and waits for its end. One that has ended already is left alone. */
  async end(child: ReaperChild, signal: NodeJS.Signals): Promise<ReaperExit> {
    this.#hold();
    try {
      await this.#request({ do: 'signal', pid: child.pid, signal });
      return await child.exited;
    } finally {
      this.#release();
    }
  }

  /** Has everything cleaned up, and waits for it. */
  async close(): Promise<void> {
    this.#hold();
    this.#process.stdin?.end();
    const code = await this.#ended;
    if (code === 0) return;
    if (code === null && this.#owed.length > 0) return this.#handOver();
    throw new TestServerError('cleanup-failed', `Cleaning up after the test server failed: ${this.#failure}`);
  }

  /** Somebody has killed the reaper (by itself it ends with 0 or 1): another one takes over what it was to clean. */
  async #handOver(): Promise<void> {
    const successor = new ReaperClient();
    const owed = this.#owed.splice(0);
    // Not recorded as owed by the successor: should that one be killed as well, `close` rejects.
    for (const request of owed) await successor.#request(request);
    await successor.close();
  }

  #request(request: ReaperRequest): Promise<string> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#hold();
    return new Promise<string>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) this.#giveUp();
      else this.#process.stdin?.write(`${JSON.stringify({ id, ...request })}\n`);
    }).finally(() => this.#release());
  }

  #receive(message: ReaperMessage): void {
    if ('failed' in message) {
      this.#failure = message.failed;
    } else if ('exit' in message) {
      this.#exits.get(message.exit)?.(message.outcome);
      this.#exits.delete(message.exit);
    } else {
      const pending = this.#pending.get(message.reply);
      this.#pending.delete(message.reply);
      if ('result' in message) pending?.resolve(message.result);
      else pending?.reject(Object.assign(new Error(message.error.message), { code: message.error.code }));
    }
  }

  #giveUp(): void {
    const why = this.#failure === '' ? '' : `: ${this.#failure}`;
    for (const { reject } of this.#pending.values()) {
      reject(new TestServerError('reaper-failed', `The process that looks after the test server has ended${why}`));
    }
    for (const settle of this.#exits.values()) settle({ code: null, signal: null, output: `the reaper ended${why}` });
    this.#pending.clear();
    this.#exits.clear();
  }

  #hold(): void {
    this.#holds += 1;
    if (this.#holds === 1) this.#setReferenced(true);
  }

  #release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#setReferenced(false);
  }

  #setReferenced(referenced: boolean): void {
    const { stdin, stdout, stderr } = this.#process;
    for (const handle of [this.#process, stdin, stdout, stderr]) {
      if (handle !== this.#process && !(handle instanceof Socket)) continue;
      if (referenced) handle.ref();
      else handle.unref();
    }
  }
}
