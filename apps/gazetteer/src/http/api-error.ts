import { BatchError, NotFoundError } from '@uno/domain';
import { CommitUnknownError, ConnectionError, ResourceError, UnoError, ValidationError } from '@uno/postgres';
import type { FastifyError } from 'fastify';
import { faultOf } from './input-fault.js';

/** What a client is told of a failure; the body is `{ error: { code, message, … } }` without the status. */
export interface ApiError {
  readonly status: number;
  /** For programs. */
  readonly code: string;
  /** For people. */
  readonly message: string;
  /** The input at fault. */
  readonly field?: string;
  /** The position of the record at fault. */
  readonly index?: number;
}

/** The body of every answer with a status from 400. */
export function errorBody({ status: _status, ...error }: ApiError): { readonly error: Omit<ApiError, 'status'> } {
  return { error };
}

export function notFound(message: string): ApiError {
  return { status: 404, code: 'not_found', message };
}

const internal: ApiError = {
  status: 500,
  code: 'internal',
  message: 'Something went wrong here. It has been logged under the id of this request.',
};

const unavailable: ApiError = {
  status: 503,
  code: 'unavailable',
  message: 'The database cannot be reached or is overloaded. Try again in a moment.',
};

/** Fastify's own refusals, by its codes. */
const refusals: Readonly<Record<string, Omit<ApiError, 'status'>>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'too_large', message: 'The body is too large.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'unsupported_media_type', message: 'The body has to be application/json.' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'invalid_json', message: 'The body is empty.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'invalid_json', message: 'The body is not JSON.' },
  FST_ERR_BAD_URL: { code: 'invalid_input', message: 'The address is not well formed.' },
};

/** Says what a client may know of an error: nothing of the inside, and nothing of any record. */
export function toApiError(error: unknown): ApiError {
  if (UnoError.is(error)) return fromUno(error);
  if (!isFastifyError(error)) return internal;
  const status = error.statusCode ?? 500;
  if (error.validation !== undefined) return faultOf(error.validation);
  if (status < 400 || status >= 500) return internal;
  const refusal = refusals[error.code];
  // What else is refused is the form of the request: the message of others than Fastify might quote its contents.
  return { status, ...(refusal ?? { code: 'bad_request', message: 'The request is not well formed.' }) };
}

function fromUno(error: UnoError): ApiError {
  if (error instanceof NotFoundError) return notFound(`${error.entity} not found.`);
  if (error instanceof ValidationError) {
    const { field, reason } = error;
    return { status: 400, code: 'invalid_input', message: reason, ...(field !== undefined && { field }) };
  }
  if (error instanceof BatchError) {
    // Which record it was says little to the client, whose list was another one than the batch.
    const message = 'The records could not be stored, and none of them was.';
    return { status: 422, code: 'batch_failed', message };
  }
  if (error instanceof ConnectionError || error instanceof ResourceError || error instanceof CommitUnknownError) {
    return unavailable;
  }
  return internal;
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'statusCode' in error;
}
