import type { FaultAction, MessageOrigin, ProxyMessage } from '@uno/testing';
import type { FaultBed, Finding, Trial } from './fault-bed.js';

/** What happens to each message in turn. */
export interface Sweep {
  readonly from: MessageOrigin;
  readonly action: FaultAction;
  /** Only messages of these names, if said. */
  readonly names?: readonly ProxyMessage['name'][];
  /** Whether every call opens its connections itself, so that their opening is met too. */
  readonly isCold?: boolean;
}

/**
 * A connection that is lost before or after each message. Messages of one flight are one after the other on the wire, so
 * that to be cut after one of them is to be cut before the next: that is left out, and only the ends of flights remain.
 */
export const losses: readonly Sweep[] = [
  { from: 'client', action: 'cut' },
  { from: 'client', action: 'cut-after', names: ['Query', 'Sync', 'StartupMessage', 'PasswordMessage'] },
  { from: 'client', action: 'answer-lost', names: ['Query', 'Sync'] },
  { from: 'server', action: 'cut' },
  { from: 'server', action: 'cut-after', names: ['ReadyForQuery', 'Authentication'] },
];

/**
 * Every message of every call takes a quarter of an hour, so that only some of each are met: every twenty-first, beginning with
 * another one in each sweep, and while a connection is opened all of them. `UNO_SWEEP=all` meets every one.
 */
const stride = process.env['UNO_SWEEP'] === 'all' ? 1 : 21;
let sweeps = 0;

/** Messages of one call of a test; a sweep that comes so far does not end by itself. */
const tooMany = 500;

/**
 * Does an operation again and again, and has something happen to one message of it, then to one behind that, and so on,
 * until none is left.
 *
 * @param judge - what is wrong with how the call ended; `undefined` if nothing is
 * @returns the messages that were met, and everything that was wrong, with the message in front
 */
export async function sweep(
  bed: FaultBed,
  trial: Trial,
  { from, action, names, isCold = false }: Sweep,
  judge: (finding: Finding) => string | undefined = () => undefined,
): Promise<{ readonly met: readonly ProxyMessage['name'][]; readonly complaints: readonly string[] }> {
  const met: ProxyMessage['name'][] = [];
  const complaints: string[] = [];
  const step = isCold ? 1 : stride;
  let position = sweeps++ % step;
  while (position < tooMany) {
    if (isCold) await bed.coolDown();
    let seen = 0;
    let hit: ProxyMessage | undefined;
    const when = (message: ProxyMessage) => {
      if (message.from !== from || (names !== undefined && !names.includes(message.name))) return false;
      seen++;
      return seen > position;
    };
    const fault = bed.proxy.inject({ when, action });
    void fault.fired.then(
      (message) => {
        hit = message;
      },
      () => undefined,
    );
    const afterwards = () => {
      fault.remove();
      return trial.afterwards?.();
    };
    const finding = await bed.try({ ...trial, afterwards });
    const all = [...finding.complaints, ...[judge(finding)].filter((one) => one !== undefined)];
    const { name, text = '' } = hit ?? { name: 'nothing' };
    for (const one of all) complaints.push(`${position + 1}. ${name} ${text.slice(0, 60)}: ${one}`);
    if (hit !== undefined) {
      met.push(hit.name);
      position += step;
      continue;
    }
    // There are fewer than where it began.
    if (met.length > 0 || position === 0) return { met, complaints };
    position = 0;
  }
  throw new Error(`there is no end to the messages: ${met.join()}`);
}
