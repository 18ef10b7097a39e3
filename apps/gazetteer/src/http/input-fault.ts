import type { FastifySchemaValidationError } from 'fastify';

/** What is wrong with an input. */
export interface InputFault {
  readonly status: 400;
  readonly code: 'invalid_input';
  /** Names the field where there is one. */
  readonly message: string;
  readonly field?: string;
  /** Without the field. */
  readonly reason: string;
}

/** Words for what the validator found: the description in the schema where there is one, since it says what would do. */
export function faultOf(errors: readonly FastifySchemaValidationError[]): Omit<InputFault, 'reason'> {
  const { field, reason } = describeFault(errors);
  const message = field === undefined ? reason : `${field}: ${reason}`;
  return { status: 400, code: 'invalid_input', message, ...(field !== undefined && { field }) };
}

/** The field and the reason apart. */
export function describeFault(errors: readonly FastifySchemaValidationError[]): Pick<InputFault, 'field' | 'reason'> {
  // The last one is about the whole where several alternatives have been tried.
  const error = errors.at(-1);
  if (error === undefined) return { reason: 'it is not valid' };
  const { missingProperty, additionalProperty } = error.params;
  if (typeof missingProperty === 'string') return { field: missingProperty, reason: 'is missing' };
  if (typeof additionalProperty === 'string') return { field: additionalProperty, reason: 'there is no such field' };
  const field = error.instancePath.split('/')[1];
  const expected = descriptionOf(error);
  const reason = expected === undefined ? (error.message ?? 'it is not valid') : `expected ${expected}`;
  return field === undefined ? { reason } : { field, reason };
}

/** Ajv adds the schema that refused under its option `verbose`, which Fastify's types do not know. */
function descriptionOf(error: FastifySchemaValidationError): string | undefined {
  const schema: unknown = 'parentSchema' in error ? error.parentSchema : undefined;
  if (typeof schema !== 'object' || schema === null || !('description' in schema)) return undefined;
  return typeof schema.description === 'string' ? schema.description : undefined;
}
