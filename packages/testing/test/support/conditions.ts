import { execFileSync } from 'node:child_process';

/** Waits for a condition rather than for a time; fails, saying what it waited for, when the limit is over. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly args: string;
}

function processTable(): ProcessRow[] {
  return execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((row) => row !== null && !row[3]?.startsWith('Z'))
    .map((row) => ({ pid: Number(row?.[1]), parent: Number(row?.[2]), args: row?.[4] ?? '' }));
}

/** The command lines that contain the text. */
export function processesNaming(text: string): string[] {
  return processTable()
    .filter(({ args }) => args.includes(text))
    .map(({ pid, args }) => `${pid} ${args}`);
}

/** A process and its children. */
export function family(pid: number): number[] {
  return processTable()
    .filter((row) => row.pid === pid || row.parent === pid)
    .map((row) => row.pid);
}

/** Those of the process ids that are still running. */
export function stillRunning(pids: readonly number[]): number[] {
  const running = new Set(processTable().map(({ pid }) => pid));
  return pids.filter((pid) => running.has(pid));
}
