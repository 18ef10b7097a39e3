import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A way to the server that takes time. */
export interface SlowNetwork extends AsyncDisposable {
  readonly connectionString: string;
}

/** Has a proxy in a process of its own, so that passing bytes on does not take the time of the client. */
export async function slowNetwork(target: string, latencyMs: number): Promise<SlowNetwork> {
  if (latencyMs === 0) return { connectionString: target, [Symbol.asyncDispose]: async () => undefined };
  const proxy = fork(fileURLToPath(new URL('./proxy-process.js', import.meta.url)), {
    env: { ...process.env, UNO_PROXY_TARGET: target, UNO_PROXY_LATENCY_MS: String(latencyMs) },
  });
  const [connectionString]: unknown[] = await once(proxy, 'message');
  if (typeof connectionString !== 'string') throw new Error('The proxy did not say where it listens.');
  return {
    connectionString,
    async [Symbol.asyncDispose]() {
      const gone = once(proxy, 'exit');
      proxy.disconnect();
      await gone;
    },
  };
}
