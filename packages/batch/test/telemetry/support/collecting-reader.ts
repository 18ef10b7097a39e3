import { MetricReader } from '@opentelemetry/sdk-metrics';

/** A point of a metric. */
export interface Point {
  readonly attributes: object;
  readonly value: unknown;
}

/** Reads metrics when it is asked to. */
export class CollectingReader extends MetricReader {
  /** The points of all metrics, by name. */
  async read(): Promise<Record<string, { readonly unit: string; readonly points: readonly Point[] }>> {
    const { resourceMetrics, errors } = await this.collect();
    if (errors.length > 0) throw new AggregateError(errors);
    const metrics = resourceMetrics.scopeMetrics.flatMap(({ scope, metrics: all }) =>
      scope.name === '@uno/batch' ? all : [],
    );
    return Object.fromEntries(
      metrics.map(({ descriptor, dataPoints }) => [
        descriptor.name,
        { unit: descriptor.unit, points: dataPoints.map(({ attributes, value }) => ({ attributes, value })) },
      ]),
    );
  }

  protected override async onShutdown(): Promise<void> {}

  protected override async onForceFlush(): Promise<void> {}
}
