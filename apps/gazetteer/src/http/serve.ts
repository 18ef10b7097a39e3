import type { UnoContainer } from '@uno/container';
import type { Output } from '../cli/output.js';
import { untilAborted } from '../runtime/interruption.js';
import { buildServer } from './build-server.js';

export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly output: Output;
  /** Ends the serving, which is how it ends well. */
  readonly signal: AbortSignal;
}

/** Serves until the signal: then no new requests are taken, and those under way are answered. */
export async function serve(container: UnoContainer, { host, port, output, signal }: ServeOptions): Promise<void> {
  const app = await buildServer(container, (line) => process.stderr.write(`${line}\n`));
  try {
    signal.throwIfAborted();
    const address = await app.listen({ host, port });
    output.write(`\nListening on ${address}; Ctrl-C ends it. Try:\n`);
    output.write(`  curl '${address}/cities?near=46.948,7.447&limit=3'\n`);
    output.write(`  curl '${address}/cities?country=CH&limit=5'\n`);
    output.write(`  curl '${address}/metrics'\n`);
    await untilAborted(signal);
    output.write('\nStopping: requests under way are answered first.\n');
  } finally {
    await app.close();
  }
}
