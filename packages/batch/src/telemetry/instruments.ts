import {
  type Attributes,
  type Counter,
  createNoopMeter,
  type Histogram,
  type MeterProvider,
  metrics,
} from '@opentelemetry/api';
import type { RetryNote } from '@uno/postgres';
import type { CallDescription, CallEnd, CallEvents, CallListener } from '../metrics/call-recorder.js';
import type { Clock } from '../metrics/clock.js';
import { errorFacts } from '../metrics/error-facts.js';
import { attribute, failureAttributes, scopeName } from './attributes.js';

interface Instruments {
  readonly records: Counter;
  readonly statements: Counter;
  readonly retries: Counter;
  readonly duration: Histogram;
}

/** Metrics have no proxy as tracers do, so the provider of the moment is asked for at every call. */
const instrumentsByProvider = new WeakMap<MeterProvider, Instruments>();

/** Counters and a histogram of calls. Without an SDK, nothing. */
export const instrumentListener: CallListener = Object.freeze({
  begin({ operation }: CallDescription, clock: Clock): CallEvents | undefined {
    const instruments = currentInstruments();
    return instruments && new CallMeasurements(instruments, { [attribute.operation]: operation }, clock);
  },
});

function currentInstruments(): Instruments | undefined {
  const provider = metrics.getMeterProvider();
  const known = instrumentsByProvider.get(provider);
  if (known !== undefined) return known;
  const meter = provider.getMeter(scopeName);
  if (meter === createNoopMeter()) return undefined;
  const instruments: Instruments = {
    records: meter.createCounter('uno.batch.records', {
      unit: '{record}',
      description: 'Records that were processed, by what became of them.',
    }),
    statements: meter.createCounter('uno.batch.statements', {
      unit: '{statement}',
      description: 'Statements that were sent.',
    }),
    retries: meter.createCounter('uno.batch.retries', {
      unit: '{retry}',
      description: 'Attempts that failed and were repeated.',
    }),
    duration: meter.createHistogram('uno.batch.call.duration', {
      unit: 's',
      description: 'How long calls took.',
      // Those of db.client.operation.duration in the semantic conventions, and longer ones, as calls may take minutes.
      advice: { explicitBucketBoundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600] },
    }),
  };
  instrumentsByProvider.set(provider, instruments);
  return instruments;
}

class CallMeasurements implements CallEvents {
  readonly #instruments: Instruments;
  readonly #attributes: Attributes;
  readonly #clock: Clock;
  readonly #beganAt: number;

  constructor(instruments: Instruments, attributes: Attributes, clock: Clock) {
    this.#instruments = instruments;
    this.#attributes = attributes;
    this.#clock = clock;
    this.#beganAt = clock.now();
  }

  statement(): void {
    this.#instruments.statements.add(1, this.#attributes);
  }

  retried({ code, sqlstate }: RetryNote): void {
    this.#instruments.retries.add(1, { ...this.#attributes, ...failureAttributes(code, sqlstate) });
  }

  end({ successful, failed, skipped, error }: CallEnd): void {
    for (const [status, records] of Object.entries({ successful, failed, skipped })) {
      if (records > 0)
        this.#instruments.records.add(records, { ...this.#attributes, [attribute.recordStatus]: status });
    }
    const attributes =
      error === undefined ? this.#attributes : { ...this.#attributes, [attribute.errorType]: errorFacts(error).code };
    this.#instruments.duration.record((this.#clock.now() - this.#beganAt) / 1000, attributes);
  }
}
