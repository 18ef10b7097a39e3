import { Readable } from 'node:stream';
import { run } from '../../src/frame/run.js';
import type { OutputStream, Surroundings } from '../../src/frame/surroundings.js';
import { RecordedStream } from './recorded-stream.js';

/** What a command has said, and ended with. */
export interface Called {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a test puts in the place of a command's surroundings. */
export interface CallOptions {
  readonly env?: Surroundings['env'];
  readonly stdin?: string | Uint8Array;
  readonly signal?: AbortSignal;
  readonly stdout?: OutputStream;
  readonly now?: () => number;
}

/** Calls the command line in this process. */
export async function called(argv: readonly string[], options: CallOptions = {}): Promise<Called> {
  const { env = {}, signal = new AbortController().signal, now = () => performance.now() } = options;
  const stdout = new RecordedStream();
  const stderr = new RecordedStream();
  const stdin = Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]);
  const code = await run(argv, { stdin, stdout: options.stdout ?? stdout, stderr, env, signal, now });
  return { code, out: stdout.text, err: stderr.text };
}

/** The same with `--json`: the one object on stdout. */
export async function calledForJson(argv: readonly string[], options: CallOptions = {}) {
  const { code, out, err } = await called([...argv, '--json'], options);
  const lines = out.split('\n');
  if (lines.length !== 2) throw new Error(`${lines.length - 1} lines on stdout: ${out}`);
  const value: unknown = JSON.parse(lines[0] ?? '');
  return { code, value, err };
}
