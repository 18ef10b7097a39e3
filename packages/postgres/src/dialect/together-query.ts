import { CompiledQuery } from 'kysely';
import { WireParameters } from '../types/wire-parameters.js';
import { noteFailedRequest } from './failed-request.js';
import { Flight, type FlightRequest } from './flight.js';
import type { GuardedQuery } from './text-query.js';
import type { ExecuteOptions, TextStatement } from './text-statement.js';

/** A statement among those that are sent together. */
export interface TogetherRequest {
  readonly statement: TextStatement;
  /** None if not said; {@link WireParameters} for those that were checked before. */
  readonly parameters?: readonly unknown[] | WireParameters | undefined;
  /** `false` lets the rows go as they come, so that only their number takes memory. Default `true`. */
  readonly keepRows?: boolean | undefined;
}

/** A query that is a flight of many statements; each of its rows is the result of one. */
export interface TogetherQuery extends GuardedQuery {
  readonly flight: Flight;
  readonly onSent: ((bytes: number) => void) | undefined;
  /** The flight that is under way on the connection, behind which this one may be sent before it is answered. */
  readonly behind: Flight | undefined;
}

/** The query for requests whose parameters are encoded. */
export function togetherQuery(
  requests: readonly FlightRequest[],
  options: ExecuteOptions,
  behind?: Flight,
): TogetherQuery {
  const { signal, onSent } = options;
  const flight = new Flight(requests);
  const parameters = requests.map((request) => request.parameters.values);
  const guard = signal === undefined ? undefined : { signal };
  return { ...CompiledQuery.raw(flight.text, parameters), flight, guard, onSent, behind };
}

/** @throws ValidationError for the first parameter that cannot be sent, with the position of its request */
export function encodedRequests(requests: readonly TogetherRequest[]): FlightRequest[] {
  return requests.map(({ statement, parameters = [], keepRows = true }, position) => {
    if (parameters instanceof WireParameters) return { statement, parameters, keepRows };
    try {
      return { statement, parameters: new WireParameters(parameters), keepRows };
    } catch (error) {
      throw noteFailedRequest(error, position);
    }
  });
}

export function isTogetherQuery(query: CompiledQuery): query is TogetherQuery {
  return 'flight' in query && query.flight instanceof Flight;
}
