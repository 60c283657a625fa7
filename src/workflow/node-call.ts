import type { Inference } from '../batching/inference.js';
import { wholeBody } from '../batching/whole-body.js';
import { ServingError } from '../errors/serving-error.js';
import type { CallTrace } from '../observability/tracing/tracing.js';
import { timeLimit } from '../workers/time-limit.js';

/** How a node is called. */
export interface NodeRules {
  /** Attempts after the first that failed. */
  readonly retryAttempts: number;
  /** Milliseconds of one attempt, its time in the queue included. */
  readonly timeoutMs: number;
}

/** One call of a node. */
export interface NodeCall extends NodeRules {
  readonly node: string;
  /** Asks the node's model. @throws ServingError where it is refused at once. */
  readonly ask: (trace: CallTrace | undefined) => Inference;
  /** Begins the span of an attempt; undefined where the request is not traced. */
  readonly beginTrace: () => CallTrace | undefined;
  /** Bytes that a result may have. */
  readonly mostBytes: number;
  /** Ends the call, and the work on it. */
  readonly signal: AbortSignal;
  /** Told of every attempt that failed: what went wrong, and whether there is another. */
  readonly onFailed: (reason: string, again: boolean) => void;
}

/** Nobody will serve the request, so that another attempt would be refused as well. */
const refusals: readonly string[] = ['unavailable', 'modelNotFound', 'versionNotFound'];

/**
 * Calls a node until it answers.
 * @returns its result; status and headers that its handler set are passed over, as in TorchServe.
 * @throws ServingError internal: `Error executing <node>` after the last attempt, or why the node's model refused.
 *   The signal's reason as soon as that is aborted.
 */
export async function callNode(call: NodeCall): Promise<Uint8Array> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await tracedAttempt(call);
    } catch (error) {
      call.signal.throwIfAborted();
      const refused = error instanceof ServingError && refusals.includes(error.kind);
      const again = !refused && attempt < call.retryAttempts;
      call.onFailed((error as Error).message, again);
      if (refused) throw new ServingError('internal', error.message);
      if (!again) throw new ServingError('internal', `Error executing ${call.node}`);
    }
  }
}

async function tracedAttempt(call: NodeCall): Promise<Uint8Array> {
  call.signal.throwIfAborted();
  const trace = call.beginTrace();
  try {
    const result = await attemptNode(call, trace);
    trace?.end({}, null);
    return result;
  } catch (error) {
    trace?.end({}, (error as Error).message);
    throw error;
  }
}

async function attemptNode(
  { ask, timeoutMs, signal, mostBytes }: NodeCall,
  trace: CallTrace | undefined,
): Promise<Uint8Array> {
  const inference = ask(trace);
  const cancel = () => inference.cancel();
  signal.addEventListener('abort', cancel);
  try {
    const result = await timeLimit(
      inference.answer.then((answer) => wholeBody(answer, mostBytes)),
      timeoutMs,
    );
    if (result === 'timed out') throw new Error(`it did not answer within ${timeoutMs} ms (timeout-ms)`);
    return result;
  } finally {
    signal.removeEventListener('abort', cancel);
    // One that is answered already takes no notice.
    cancel();
  }
}
