import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { CityRecord } from '../data/geonames.js';
import type { CityIntake } from '../services/city-intake.js';
import type { Candidate, Rejection } from '../services/intake-result.js';
import { type ApiError, errorBody } from './api-error.js';
import { describeFault } from './input-fault.js';
import { batchBody, cityRecord, maxRecords } from './input-schemas.js';

/** More than 10,000 records with the longest names need. */
const bodyLimitBytes = 16 * 1024 * 1024;

const tooMany: ApiError = {
  status: 413,
  code: 'too_large',
  message: `A request takes ${maxRecords} records at most. Send them in several.`,
};

/** `POST /cities:batch`: 201 when all records were stored, 207 when some were not. */
export function batchRoute(app: FastifyInstance, intake: CityIntake): void {
  // The router takes one colon for the beginning of a parameter, and two for a colon.
  app.post<{ Body: readonly unknown[] }>(
    '/cities::batch',
    {
      bodyLimit: bodyLimitBytes,
      schema: { body: batchBody },
      // Before the validation, as nothing about the records matters then.
      preValidation: async ({ body }, reply) => {
        if (Array.isArray(body) && body.length > maxRecords) return reply.status(413).send(errorBody(tooMany));
        return undefined;
      },
    },
    async (request, reply) => {
      const { candidates, rejected } = judge(request);
      const result = await intake.store(candidates);
      const all = [...rejected, ...result.rejected].sort((a, b) => a.index - b.index);
      return reply.status(all.length === 0 ? 201 : 207).send({ stored: result.stored, rejected: all });
    },
  );
}

/** Tells the records that look right by themselves from those that do not. */
function judge(request: FastifyRequest<{ Body: readonly unknown[] }>): {
  readonly candidates: readonly Candidate[];
  readonly rejected: readonly Rejection[];
} {
  const validate = request.compileValidationSchema(cityRecord);
  const candidates: Candidate[] = [];
  const rejected: Rejection[] = [];
  for (const [index, record] of request.body.entries()) {
    if (validate(record)) candidates.push({ index, record: record as CityRecord });
    else rejected.push({ index, code: 'invalid', ...describeFault(validate.errors ?? []) });
  }
  return { candidates, rejected };
}
