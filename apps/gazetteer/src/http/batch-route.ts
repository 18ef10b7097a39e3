import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { CityRecord } from '../data/geonames.js';
import type { CityIntake, OnRecordError } from '../services/city-intake.js';
import { type Candidate, type IntakeResult, inOrder, type Rejection } from '../services/intake-result.js';
import { type ApiError, errorBody } from './api-error.js';
import { describeFault } from './input-fault.js';
import { batchBody, batchQuery, cityRecord, maxRecords } from './input-schemas.js';

interface BatchRequest {
  readonly Body: readonly unknown[];
  readonly Querystring: { readonly onRecordError: OnRecordError };
}

/** More than 10,000 records with the longest names need. */
const bodyLimitBytes = 16 * 1024 * 1024;

const tooMany: ApiError = {
  status: 413,
  code: 'too_large',
  message: `A request takes ${maxRecords} records at most. Send them in several.`,
};

/**
 * `POST /cities:batch`: 201 when all records were stored, 207 when some were not; under `?onRecordError=abort` 422 when
 * one was rejected, and so none was stored.
 */
export function batchRoute(app: FastifyInstance, intake: CityIntake): void {
  // The router takes one colon for the beginning of a parameter, and two for a colon.
  app.post<BatchRequest>(
    '/cities::batch',
    {
      bodyLimit: bodyLimitBytes,
      schema: { body: batchBody, querystring: batchQuery },
      // Before the validation, as nothing about the records matters then.
      preValidation: async ({ body }, reply) => {
        if (Array.isArray(body) && body.length > maxRecords) return reply.status(413).send(errorBody(tooMany));
        return undefined;
      },
    },
    async (request, reply) => {
      const { onRecordError } = request.query;
      const { candidates, rejected } = judge(request);
      const isHopeless = onRecordError === 'abort' && rejected.length > 0;
      const result = isHopeless ? nothing : await intake.store(candidates, onRecordError);
      const all = inOrder([...rejected, ...result.rejected]);
      const [first] = all;
      if (onRecordError === 'abort' && first !== undefined) return reply.status(422).send(errorBody(refusal(first)));
      return reply.status(first === undefined ? 201 : 207).send({ stored: result.stored, rejected: all });
    },
  );
}

const nothing: IntakeResult = { stored: [], rejected: [] };

/** All of the records are refused on account of one. */
function refusal({ index, field, reason }: Rejection): ApiError {
  const message = `Record ${index} was rejected, so none was stored: ${field === undefined ? '' : `${field}: `}${reason}`;
  return { status: 422, code: 'batch_failed', message, index, ...(field !== undefined && { field }) };
}

/** Tells the records that look right by themselves from those that do not. */
function judge(request: FastifyRequest<BatchRequest>): {
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
