import { describe, expect, it } from '@jest/globals';
import { chooseSource } from '../src/choose-source.js';

const docker = (answers: boolean) => async () => answers;
const neverAsked = async () => {
  throw new Error('Docker was asked');
};

describe('chooseSource', () => {
  it('takes the server of DATABASE_URL before everything else', async () => {
    const env = { DATABASE_URL: 'postgres://host/db', UNO_POSTGRES: 'installed' };
    await expect(chooseSource(env, neverAsked)).resolves.toBe('database-url');
  });

  it.each(['embedded', 'installed', 'testcontainers'])('takes %s when UNO_POSTGRES says so', async (source) => {
    await expect(chooseSource({ UNO_POSTGRES: source }, neverAsked)).resolves.toBe(source);
  });

  it('takes a container where Docker answers, and the embedded one elsewhere', async () => {
    await expect(chooseSource({}, docker(true))).resolves.toBe('testcontainers');
    await expect(chooseSource({}, docker(false))).resolves.toBe('embedded');
  });

  it('takes empty variables for unset ones', async () => {
    await expect(chooseSource({ DATABASE_URL: '', UNO_POSTGRES: '' }, docker(false))).resolves.toBe('embedded');
  });

  it.each(['docker', 'database-url', 'Embedded'])('refuses UNO_POSTGRES=%s, saying what is allowed', async (value) => {
    await expect(chooseSource({ UNO_POSTGRES: value }, neverAsked)).rejects.toMatchObject({
      code: 'invalid-option',
      message: `UNO_POSTGRES is "${value}": expected one of embedded, installed, testcontainers, or unset.`,
    });
  });
});
