import { type ProxyMessage, startFaultProxy } from '@uno/testing';
import type { Contestant } from './contestant.js';
import { MeasuredRun } from './measured-run.js';

/** More than a statement a record comes to. */
const MESSAGES_KEPT = 2_000_000;

/** Whether a message has the server run something; `BEGIN` and `COMMIT` are statements, too. */
const isStatement = ({ from, name }: ProxyMessage): boolean =>
  from === 'client' && (name === 'Query' || name === 'Execute');

/** How many statements a run sends, counted on the wire in one more run that is not measured. */
export async function countStatements({ way, run, stage }: Contestant): Promise<number> {
  await using proxy = await startFaultProxy({ target: stage.connectionString, messagesKept: MESSAGES_KEPT });
  const open = await way.open({ connectionString: proxy.connectionString, data: stage.data });
  try {
    const same = open.runs.find(({ operation, how }) => operation === run.operation && how === run.how);
    if (same === undefined) throw new Error(`${way.name} has lost its ${run.operation}.`);
    const measured = new MeasuredRun(way.name, { way, run: same, stage, pid: undefined });
    await measured.prepare();
    proxy.clearMessages();
    await measured.run();
    const statements = proxy.messages.filter(isStatement).length;
    await measured.check();
    return statements;
  } finally {
    await open.close();
  }
}
