import { describe, expect, it, jest } from '@jest/globals';
import { ConstraintError } from '@uno/postgres';
import { namingRefused } from '../../src/operations/naming-refused.js';
import { EndOfCall, RefusedAtCommit } from '../../src/operations/write-call.js';

/** What PostgreSQL says of a key that leads nowhere. */
function missing(key: number): ConstraintError {
  const cause = Object.assign(new Error('violates'), {
    detail: `Key (boss)=(${key}) is not present in table "member".`,
  });
  return new ConstraintError('violates', 'never', { sqlstate: '23503', constraint: 'member_boss_fkey', cause });
}

const fails = (error: unknown) => () => Promise.reject(error);
const named = (index: number, key: number) => new EndOfCall({ index, key: undefined }, missing(key));

describe('a transaction', () => {
  it('is run once where its COMMIT is not refused', async () => {
    const again = jest.fn(async () => 'again');
    expect(await namingRefused(false, async () => 'done', again)).toBe('done');
    const other = named(3, 99);
    await expect(namingRefused(false, fails(other), again)).rejects.toBe(other);
    expect(again).not.toHaveBeenCalled();
  });

  it('that only its COMMIT refused is run again, which names the record', async () => {
    const found = named(3, 99);
    await expect(namingRefused(false, fails(new RefusedAtCommit(missing(99))), fails(found))).rejects.toBe(found);
  });

  it('names no record that is refused for another reason than its COMMIT was', async () => {
    const refused = new RefusedAtCommit(missing(99));
    await expect(namingRefused(false, fails(refused), fails(named(0, 2)))).rejects.toBe(refused);
  });

  it('takes every record that is refused then as at fault where they are left out', async () => {
    const tooMany = named(0, 2);
    await expect(namingRefused(true, fails(new RefusedAtCommit(missing(99))), fails(tooMany))).rejects.toBe(tooMany);
    expect(await namingRefused(true, fails(new RefusedAtCommit(missing(99))), async () => 'some')).toBe('some');
  });

  it('names none where the records are gone', async () => {
    const refused = new RefusedAtCommit(missing(99));
    await expect(namingRefused(true, fails(refused), undefined)).rejects.toBe(refused);
  });

  it('fails with what the second time failed with for a reason that is no record’s', async () => {
    const gone = new Error('gone');
    await expect(namingRefused(false, fails(new RefusedAtCommit(missing(99))), fails(gone))).rejects.toBe(gone);
  });
});

describe('what was left out before COMMIT was refused', () => {
  it('is not forgotten', () => {
    const failure = { index: 1, key: undefined, status: 'failed', error: missing(1) } as const;
    const later = { ...failure, index: 2 };
    const refused = new RefusedAtCommit(missing(99)).after([later]).after([failure, later]);
    expect(refused).toBeInstanceOf(RefusedAtCommit);
    expect(refused.failures).toEqual([failure, later]);
  });
});
