import { mkdir, writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

const SAMPLING_INTERVAL_US = 200;

/**
 * Runs something under the CPU profiler of this process, and nothing else.
 *
 * @param name - of the file, without `.cpuprofile`: what is no letter or digit becomes a hyphen
 * @returns the file, to be opened in a browser's developer tools or in an editor
 */
export async function profiled(folder: string, name: string, run: () => Promise<void>): Promise<string> {
  await mkdir(folder, { recursive: true });
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US });
    await session.post('Profiler.start');
    await run();
    const { profile } = await session.post('Profiler.stop');
    const file = join(folder, `${name.replace(/\W+/g, '-')}.cpuprofile`);
    await writeFile(file, JSON.stringify(profile));
    return file;
  } finally {
    session.disconnect();
  }
}
