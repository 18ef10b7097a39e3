import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type Fault, type FaultCondition, type TestDatabase } from '../../src/index.js';
import { FaultyDatabase } from '../support/faulty-session.js';

let database: TestDatabase;
let faulty: FaultyDatabase;

beforeAll(async () => {
  database = await createTestDatabase({ name: 'fault_conditions' });
});
afterAll(() => database.drop());
beforeEach(async () => {
  faulty = await FaultyDatabase.on(database);
});
afterEach(() => faulty[Symbol.asyncDispose]());

/** Runs the statements one by one, each in a session of its own, and says which of them were cut. */
async function cutOf(statements: readonly string[], fault: Omit<Fault, 'action'>): Promise<string[]> {
  faulty.proxy.inject({ ...fault, action: 'cut' });
  const cut: string[] = [];
  for (const statement of statements) {
    const { client } = await faulty.session();
    await client.query(statement).catch(() => cut.push(statement));
  }
  return cut;
}

const [ONE, TWO, THREE, FOUR] = ['SELECT 1 -- A', 'SELECT 2 -- B', 'SELECT 3 -- A', 'SELECT 4 -- A'] as const;
const ALL = [ONE, TWO, THREE, FOUR];

describe('a fault', () => {
  it.each<[string, Omit<Fault, 'action'>, string[]]>([
    ['the first message of a text', { when: { text: '-- A' } }, [ONE]],
    ['as many as are asked for', { when: { text: '-- A' }, times: 2 }, [ONE, THREE]],
    ['all of them', { when: { text: '-- A' }, times: Number.POSITIVE_INFINITY }, [ONE, THREE, FOUR]],
    ['the nth that fits everything else', { when: { text: '-- A', nth: 2 } }, [THREE]],
    ['those from the nth on', { when: { name: 'Query', text: '-- A', nth: 2 }, times: 2 }, [THREE, FOUR]],
    ['a text of a pattern', { when: { text: /SELECT [24]/ }, times: 2 }, [TWO, FOUR]],
    ['messages of a connection', { when: { connection: 3, text: '-- A' } }, [THREE]],
    ['what a predicate says', { when: ({ text }) => text === FOUR }, [FOUR]],
    ['none of another name', { when: { name: 'Parse', text: '-- A' } }, []],
    ['none of the other side', { when: { from: 'server', text: '-- A' } }, []],
  ])('happens to %s', async (_what, fault, expected) => {
    // The statement by which a session learns its process id is of another text.
    expect(await cutOf(ALL, fault)).toEqual(expected);
  });

  it('takes no notice of the memory of a pattern with the flag g', async () => {
    const { client } = await faulty.session();
    const fault = faulty.proxy.inject({ when: { from: 'client', text: /SELECT/g, nth: 3 }, action: 'cut' });
    for (const statement of [ONE, TWO]) await client.query(statement);
    await expect(client.query(THREE)).rejects.toThrow(/Connection terminated/);
    await expect(fault.fired).resolves.toMatchObject({ text: THREE });
  });

  it('counts from the time it was injected', async () => {
    const { client } = await faulty.session();
    await client.query(ONE);
    expect(await cutOf([TWO, ONE, THREE], { when: { text: '-- A', nth: 2 } })).toEqual([THREE]);
  });

  it('may be known by a tag or by an SQLSTATE', async () => {
    const { client } = await faulty.session();
    const tag = faulty.proxy.inject({ when: { text: 'INSERT 0 2' }, action: { delayMs: 0 } });
    const state = faulty.proxy.inject({ when: { name: 'ErrorResponse', text: '22012' }, action: 'cut' });
    await client.query('INSERT INTO t SELECT generate_series(1, 2)');
    await expect(tag.fired).resolves.toEqual({
      connection: 1,
      from: 'server',
      name: 'CommandComplete',
      text: 'INSERT 0 2',
    });
    await expect(client.query('SELECT 1/0')).rejects.toThrow(/Connection terminated/);
    await expect(state.fired).resolves.toMatchObject({ text: '22012' });
  });

  it('injected first comes first, and the other has the next message', async () => {
    const first = faulty.proxy.inject({ when: { text: '-- A' }, action: 'cut' });
    const second = faulty.proxy.inject({ when: { text: '-- A' }, action: 'cut-after' });
    expect(await cutOf(ALL, { when: { text: '-- B' } })).toEqual([ONE, TWO, THREE]);
    await expect(first.fired).resolves.toMatchObject({ text: ONE });
    await expect(second.fired).resolves.toMatchObject({ text: THREE });
  });

  it('happens no more when it is removed', async () => {
    const fault = faulty.proxy.inject({ when: { text: 'SELECT' }, action: 'cut' });
    fault.remove();
    await expect(fault.fired).rejects.toMatchObject({
      code: 'fault-not-fired',
      message: expect.stringMatching(/removed/),
    });
    const { client } = await faulty.session();
    await expect(client.query('SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
  });

  it('that has not happened says so when the proxy is closed, and later', async () => {
    const before = faulty.proxy.inject({ when: {}, action: 'cut' });
    await faulty.proxy.close();
    const after = faulty.proxy.inject({ when: {}, action: 'cut' });
    for (const { fired } of [before, after]) await expect(fired).rejects.toMatchObject({ code: 'fault-not-fired' });
  });

  it.each<[string, Fault]>([
    ['when.nth', { when: { nth: 0 }, action: 'cut' }],
    ['times', { when: {}, action: 'cut', times: 1.5 }],
    ['answer-lost', { when: { from: 'server' }, action: 'answer-lost' }],
  ])('is refused when %s cannot be', (what, fault) => {
    expect(() => faulty.proxy.inject(fault)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(what) }),
    );
  });

  it('that loses the answer passes over messages of the server, whatever its predicate says', async () => {
    const { client } = await faulty.session();
    const when: FaultCondition = ({ from, text }) => from === 'server' || text === TWO;
    const fault = faulty.proxy.inject({ when, action: 'answer-lost' });
    await client.query(ONE);
    await expect(client.query(TWO)).rejects.toThrow(/Connection terminated/);
    await expect(fault.fired).resolves.toMatchObject({ from: 'client', text: TWO });
  });
});
