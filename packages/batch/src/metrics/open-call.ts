import type { EngineConfig, ResolvedConfig } from '../config/batch-config.js';
import { channelListener } from '../telemetry/channels.js';
import { instrumentListener } from '../telemetry/instruments.js';
import { spanListener } from '../telemetry/spans.js';
import type { BatchMetrics } from './batch-metrics.js';
import { beginCall, type CallDescription, type CallListener, type CallRecorder } from './call-recorder.js';
import type { Clock } from './clock.js';
import { ProgressLog } from './log-progress.js';
import { fallbackWarnings, TroubleLog } from './log-trouble.js';
import type { Logger } from './logger.js';

/** Who is told of a call, besides OpenTelemetry and the diagnostics channels. */
export interface OpenCallOptions {
  readonly metrics?: BatchMetrics | undefined;
  /** Told of retries and fallbacks. Without one, a fallback is a warning of the process. */
  readonly logger?: Logger | undefined;
  /** Whether progress and ends are logged, too. Default `false`. */
  readonly logProgress?: boolean | undefined;
  /** What durations are measured with. Default `performance`. */
  readonly clock?: Clock | undefined;
}

/**
 * Begins a call and gives what tells everybody of it who wants to know.
 *
 * @example
 * ```ts
 * const recorder = openCall(description, { metrics, logger, logProgress: true });
 * try {
 *   recorder.end(await run(recorder));
 * } catch (error) {
 *   recorder.end({ total, successful: 0, failed: 0, skipped: 0, error });
 *   throw error;
 * }
 * ```
 */
export function openCall(description: CallDescription, options: OpenCallOptions = {}): CallRecorder {
  const { metrics, logger, logProgress = false, clock = performance } = options;
  const listeners: CallListener[] = [spanListener, instrumentListener, channelListener];
  if (metrics !== undefined) listeners.push(metrics, metrics.observations);
  listeners.push(logger === undefined ? fallbackWarnings : new TroubleLog(logger));
  if (logger !== undefined && logProgress) listeners.push(new ProgressLog(logger));
  return beginCall(description, listeners, clock);
}

/** Who is told of calls under a configuration. */
export function tellingOf(config: ResolvedConfig<EngineConfig>, metrics: BatchMetrics): OpenCallOptions {
  const { logProgress, collectMetrics, logger = logProgress ? console : undefined } = config;
  return { metrics: collectMetrics ? metrics : undefined, logger, logProgress };
}
