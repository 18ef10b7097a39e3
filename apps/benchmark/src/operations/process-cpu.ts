import { readFile } from 'node:fs/promises';

/** CPU time of processes so far, in milliseconds, by their ids. */
export type CpuTimes = ReadonlyMap<number, number>;

/** What Linux says of the CPU time of processes, to the nanosecond; those that it says nothing of are left out. */
export async function cpuTimesOf(pids: readonly number[]): Promise<CpuTimes> {
  const times = new Map<number, number>();
  for (const pid of pids) {
    const nanoseconds = await nanosecondsOf(pid);
    if (nanoseconds !== undefined) times.set(pid, nanoseconds / 1e6);
  }
  return times;
}

async function nanosecondsOf(pid: number): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(`/proc/${pid}/schedstat`, 'utf8'), 10);
  } catch {
    // Another system than Linux, or a process that is gone.
    return undefined;
  }
}

/** What was added to the CPU time of all of them together; NaN where nothing is known. */
export function cpuSince(before: CpuTimes, after: CpuTimes): number {
  if (after.size === 0) return Number.NaN;
  let sum = 0;
  for (const [pid, time] of after) sum += time - (before.get(pid) ?? 0);
  return sum;
}
