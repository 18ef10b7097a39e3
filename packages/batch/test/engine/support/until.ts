import { setTimeout as pause } from 'node:timers/promises';

const longestMs = 5_000;

/** Waits for a condition; fails, saying which, when it does not come true. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + longestMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Waited in vain until ${what}.`);
    await pause(1);
  }
}

/** Lets everything happen that needs neither time nor the network. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
