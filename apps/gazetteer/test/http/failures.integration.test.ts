import { describe, expect, it, jest } from '@jest/globals';
import { ConnectionError, StatementError } from '@uno/postgres';
import { buildServer } from '../../src/http/build-server.js';
import { GazetteerService } from '../../src/services/gazetteer-service.js';
import { smallGazetteer } from '../support/small-gazetteer.js';

describe('when things go wrong inside', () => {
  it('says 500 without a word about the inside, and logs it without the driver’s quotations', async () => {
    await using small = await smallGazetteer('tables');
    const logged: string[] = [];
    await using app = await buildServer(small.container, (line) => logged.push(line));
    const service = small.container.get(GazetteerService);
    const secret = 'Key (name)=(secret)';
    jest
      .spyOn(service, 'city')
      .mockRejectedValueOnce(
        new StatementError('relation "city" does not exist', 'never', { cause: new Error(secret) }),
      );
    const response = await app.inject('/cities/1');
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({
      error: { code: 'internal', message: expect.stringContaining('id of this request') },
    });
    expect(response.body).not.toContain('relation');
    expect(response.headers['x-request-id']).toBeDefined();
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain(`${response.headers['x-request-id']} GET /cities/:id: UNO_STATEMENT`);
    expect(logged.join()).not.toContain(secret);
  });

  it('says 503 when the database is not there', async () => {
    await using small = await smallGazetteer('tables');
    await using app = await buildServer(small.container, () => {});
    jest
      .spyOn(small.container.get(GazetteerService), 'city')
      .mockRejectedValueOnce(new ConnectionError('connect ECONNREFUSED 10.0.0.7:5432', 'safe'));
    const response = await app.inject('/cities/1');
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ error: { code: 'unavailable' } });
    expect(response.body).not.toContain('10.0.0.7');
  });

  it('says 503 when the database has really gone', async () => {
    await using small = await smallGazetteer('tables');
    await using app = await buildServer(small.container, () => {});
    await small.database.drop();
    const response = await app.inject('/cities/1');
    expect(response.statusCode).toBe(503);
    expect(Object.keys(response.json())).toEqual(['error']);
  });
});
