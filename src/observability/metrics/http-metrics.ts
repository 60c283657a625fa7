import type { MetricHandle } from './metric.js';
import type { MetricsRegistry } from './metrics-registry.js';

/** Counts HTTP responses by the hundreds of their status. */
export class HttpMetrics {
  readonly #ok: MetricHandle;
  readonly #clientErrors: MetricHandle;
  readonly #serverErrors: MetricHandle;

  constructor(registry: MetricsRegistry) {
    this.#ok = registry.server('Requests2XX', ['Host']);
    this.#clientErrors = registry.server('Requests4XX', ['Host']);
    this.#serverErrors = registry.server('Requests5XX', ['Host']);
  }

  responded(status: number): void {
    if (status >= 500) this.#serverErrors.record(1);
    else if (status >= 400) this.#clientErrors.record(1);
    else if (status >= 200 && status < 300) this.#ok.record(1);
  }
}
