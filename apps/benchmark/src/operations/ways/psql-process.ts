import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { promisify } from 'node:util';

/** `psql` as it calls itself, such as `psql (PostgreSQL) 18.4`; `undefined` where there is none on the PATH. */
export async function psqlVersion(): Promise<string | undefined> {
  try {
    return (await promisify(execFile)('psql', ['--version'])).stdout.trim();
  } catch {
    return undefined;
  }
}

/** A `psql` that is connected and waits for commands, so that its start is not measured. */
export class PsqlProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #exited: Promise<void>;
  #said = '';

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#lines = createInterface(child.stdout);
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => resolve());
    });
    // Written to after it ended; why it ended is told by what it said.
    child.stdin.on('error', () => {});
    child.stderr.on('data', (data) => {
      this.#said += data;
    });
  }

  static async start(connectionString: string): Promise<PsqlProcess> {
    const { hostname, port, username, password, pathname } = new URL(connectionString);
    const child = spawn('psql', ['--no-psqlrc', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1'], {
      env: {
        ...process.env,
        PGHOST: hostname,
        PGPORT: port,
        PGUSER: decodeURIComponent(username),
        PGPASSWORD: decodeURIComponent(password),
        PGDATABASE: decodeURIComponent(pathname.slice(1)),
      },
    });
    const psql = new PsqlProcess(child);
    await psql.ask("select 'connected';");
    return psql;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Gives a command that answers with one line, and that line. */
  async ask(command: string): Promise<string> {
    const answer = new Promise<string>((resolve, reject) => {
      const ended = () => reject(new Error(`psql ended. It said: ${this.#said.trim()}`));
      // Only then everything that it said has been read.
      this.#child.once('close', ended);
      this.#lines.once('line', (line) => {
        this.#child.off('close', ended);
        resolve(line);
      });
    });
    this.#child.stdin.write(`${command}\n`);
    return answer;
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#exited;
  }
}
