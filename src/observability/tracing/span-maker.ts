import type { Context, Tracer } from '@opentelemetry/api';
import type { PromisedIds } from './promised-ids.js';
import type { Attributes } from './tracing.js';

/** What spans are made with. */
export interface SpanMaker {
  readonly tracer: Tracer;
  readonly ids: PromisedIds;
}

/** A call, as what comes beneath it sees it. */
export interface ParentCall {
  readonly context: Context;
  /** The model that answers it. */
  readonly model: Attributes;
  /** Whether its spans are kept. */
  readonly sampled: boolean;
}
