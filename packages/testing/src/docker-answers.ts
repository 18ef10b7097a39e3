import { existsSync } from 'node:fs';
import { type RequestOptions, request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** How long an engine has to answer. */
const DOCKER_LIMIT_MS = 300;

/**
 * Whether a Docker engine answers `GET /_ping` with OK, at DOCKER_HOST (`unix:`, `npipe:`, `tcp:` or `http:`) or else
 * at one of the usual sockets. Never rejects and never takes longer than the limit: a container is only one of the
 * ways to get a server. Engines behind TLS or ssh are not asked, and count as a no.
 */
export async function dockerAnswers(
  env: NodeJS.ProcessEnv,
  sockets: readonly string[] = knownSockets(env),
  limitMs: number = DOCKER_LIMIT_MS,
): Promise<boolean> {
  const host = env['DOCKER_HOST'];
  const targets = host ? [fromDockerHost(host)] : sockets.filter(existsSync).map((socketPath) => ({ socketPath }));
  const pings = targets.filter((target) => target !== undefined).map((target) => ping(target, limitMs));
  return Promise.any(pings).catch(() => false);
}

function fromDockerHost(host: string): RequestOptions | undefined {
  const [, scheme, rest = ''] = /^(unix|npipe|tcp|http):\/\/(.+)$/.exec(host) ?? [];
  if (scheme === undefined) return undefined;
  if (scheme === 'unix' || scheme === 'npipe') return { socketPath: rest };
  if (!URL.canParse(`http://${rest}`)) return undefined;
  const url = new URL(`http://${rest}`);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port || 2375 };
}

function knownSockets(env: NodeJS.ProcessEnv): string[] {
  if (process.platform === 'win32') return ['//./pipe/docker_engine'];
  const runtime = env['XDG_RUNTIME_DIR'];
  return [
    '/var/run/docker.sock',
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    join(homedir(), '.docker/run/docker.sock'),
    join(homedir(), '.docker/desktop/docker.sock'),
  ];
}

function ping(target: RequestOptions, limitMs: number): Promise<true> {
  return new Promise((resolve, reject) => {
    const pinging = request({ ...target, path: '/_ping', signal: AbortSignal.timeout(limitMs) }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve(true);
      else reject(new Error(`HTTP ${response.statusCode}`));
      // The answer is in its status: an engine that dawdles over the body has to keep nobody waiting.
      response.on('error', () => {});
      response.destroy();
    });
    pinging.on('error', reject);
    pinging.end();
  });
}
