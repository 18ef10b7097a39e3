import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { dockerAnswers } from '../src/docker-answers.js';

let directory: string;
let engine: Server | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'docker-'));
});
afterEach(async () => {
  engine?.closeAllConnections();
  await new Promise((resolve) => (engine ? engine.close(resolve) : resolve(undefined)));
  engine = undefined;
  rmSync(directory, { recursive: true });
});

/** A pretended engine; returns its socket. */
async function listen(listener: RequestListener, at: string | number = join(directory, 'docker.sock')) {
  engine = createServer(listener);
  await new Promise<void>((resolve) => engine?.listen(at, resolve));
  return at;
}

const healthy: RequestListener = (request, response) => {
  response.writeHead(request.url === '/_ping' ? 200 : 404).end('OK');
};

describe('dockerAnswers', () => {
  it('says yes to an engine at a known socket', async () => {
    const socket = await listen(healthy);
    await expect(dockerAnswers({}, [join(directory, 'none.sock'), String(socket)])).resolves.toBe(true);
  });

  it('says yes to an engine at DOCKER_HOST, by socket and by port', async () => {
    const socket = await listen(healthy);
    await expect(dockerAnswers({ DOCKER_HOST: `unix://${socket}` }, [])).resolves.toBe(true);
    await new Promise((resolve) => engine?.close(resolve));
    await listen(healthy, 0);
    const address = engine?.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await expect(dockerAnswers({ DOCKER_HOST: `tcp://127.0.0.1:${port}` }, [])).resolves.toBe(true);
  });

  it('says no at once where there is no socket', async () => {
    const begun = performance.now();
    await expect(dockerAnswers({}, [join(directory, 'none.sock')])).resolves.toBe(false);
    expect(performance.now() - begun).toBeLessThan(100);
  });

  it('says no to an engine that never answers, when the time is over', async () => {
    const socket = await listen(() => {});
    const begun = performance.now();
    await expect(dockerAnswers({}, [String(socket)])).resolves.toBe(false);
    expect(performance.now() - begun).toBeGreaterThan(290);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  it('says no to an engine in trouble, to a file that is no socket, and to what it cannot ask', async () => {
    const socket = await listen((_request, response) => response.writeHead(500).end());
    await expect(dockerAnswers({}, [String(socket)])).resolves.toBe(false);
    const file = join(directory, 'file');
    writeFileSync(file, '');
    await expect(dockerAnswers({}, [file])).resolves.toBe(false);
    await expect(dockerAnswers({ DOCKER_HOST: 'ssh://somewhere' })).resolves.toBe(false);
    await expect(dockerAnswers({ DOCKER_HOST: 'tcp://:::' })).resolves.toBe(false);
    await expect(dockerAnswers({ DOCKER_HOST: `unix://${directory}/none.sock` })).resolves.toBe(false);
  });
});
