import { randomUUID } from 'node:crypto';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Answer, Inference } from '../../batching/inference.js';
import { newSequenceId } from '../../batching/sequence-words.js';
import type { SequenceHeaders } from '../../config/sequence-headers.js';
import { ServingError } from '../../errors/serving-error.js';
import type { Status } from '../../generated/google/rpc/Status.js';
import type { PredictionResponse } from '../../generated/org/pytorch/serve/grpc/inference/PredictionResponse.js';
import type { PredictionsRequest__Output } from '../../generated/org/pytorch/serve/grpc/inference/PredictionsRequest.js';
import type { Logger } from '../../observability/logging/logging.js';
import type { Serving } from '../../serving/serving.js';
import { traceOf } from './call-trace.js';
import { errorInfoType } from './definitions.js';
import { className, codeOf, servingErrorOf } from './grpc-error.js';
import { predictionOf, says } from './prediction.js';
import { writeAll } from './write-all.js';

interface SequenceCallParts {
  readonly serving: Serving;
  readonly headers: SequenceHeaders;
  readonly streamStallMs: number;
  readonly log: Logger;
}

type Call = ServerDuplexStream<PredictionsRequest__Output, PredictionResponse>;

/** Requests of one call that may be unanswered; then the client waits until one is answered. */
const mostOpen = 256;

/** Answers a StreamPredictions2 call. */
export function serveSequences(call: Call, parts: SequenceCallParts): void {
  new SequenceCall(call, parts);
}

/**
 * One two-way call. Requests are admitted as they come; answers of one sequence are written in the order of its
 * requests. What is refused or fails is answered by a message with a status, and the call goes on. After the client's
 * half-close it ends with the last answer.
 */
class SequenceCall {
  readonly #call: Call;
  readonly #parts: SequenceCallParts;
  /** For each sequence with open requests, when the newest of them is answered. */
  readonly #tails = new Map<string, Promise<void>>();
  readonly #inferences = new Set<Inference>();
  #open = 0;
  #halfClosed = false;

  constructor(call: Call, parts: SequenceCallParts) {
    this.#call = call;
    this.#parts = parts;
    call.on('data', (request: PredictionsRequest__Output) => this.#take(request));
    call.on('end', () => {
      this.#halfClosed = true;
      this.#endWhenDone();
    });
    call.on('cancelled', () => {
      for (const inference of this.#inferences) inference.cancel();
    });
  }

  #take(request: PredictionsRequest__Output): void {
    const sequenceId = this.#sequenceOf(request);
    this.#open += 1;
    if (this.#open >= mostOpen) this.#call.pause();
    const before = this.#tails.get(sequenceId) ?? Promise.resolve();
    const done = this.#answer(request, sequenceId, before).finally(() => {
      this.#open -= 1;
      if (this.#tails.get(sequenceId) === done) this.#tails.delete(sequenceId);
      if (this.#open < mostOpen && this.#call.isPaused()) this.#call.resume();
      this.#endWhenDone();
    });
    this.#tails.set(sequenceId, done);
  }

  /** The client's id, or a new one for a sequence that it starts without. */
  #sequenceOf(request: PredictionsRequest__Output): string {
    if (request.sequenceId) return request.sequenceId;
    return says(request, this.#parts.headers.start) ? newSequenceId() : '';
  }

  /** Never rejects. */
  async #answer(request: PredictionsRequest__Output, sequenceId: string, before: Promise<void>): Promise<void> {
    let inference: Inference | null = null;
    let failure: unknown = null;
    const requestId = randomUUID();
    try {
      inference = this.#admit(request, sequenceId, requestId);
      this.#inferences.add(inference);
      // Looked at when its turn has come; until then a failure is nobody's oversight.
      inference.answer.catch(() => {});
    } catch (error) {
      failure = error;
    }
    await before;
    try {
      if (!inference) throw failure;
      await this.#write(await inference.answer, (prediction) => ({ prediction: prediction as Buffer, sequenceId }));
    } catch (error) {
      const status = this.#statusOf(error, requestId);
      const last = sequenceId === '' ? { status } : { status, sequenceId };
      // Who reads nothing does not read this either; what waits for it is let go.
      await this.#write({ body: new Uint8Array() }, () => last).catch(() => this.#call.destroy());
    } finally {
      inference?.cancel();
      if (inference) this.#inferences.delete(inference);
    }
  }

  #write(
    answer: Pick<Answer, 'body' | 'rest'>,
    messageOf: (piece: Uint8Array) => PredictionResponse,
  ): Promise<boolean> {
    return writeAll(this.#call, answer, messageOf, this.#parts.streamStallMs);
  }

  #admit(request: PredictionsRequest__Output, sequenceId: string, requestId: string): Inference {
    const { serving, headers } = this.#parts;
    if (sequenceId === '') throw new ServingError('badRequest', 'Parameter sequenceId is required.');
    const trace = traceOf(this.#call.metadata);
    const { target, input } = predictionOf({ ...request, sequenceId }, headers, trace, requestId);
    return serving.infer(target, input);
  }

  #statusOf(error: unknown, requestId: string): Status {
    const shown = servingErrorOf(error, (message, thrown) =>
      this.#parts.log.error(message, { error: thrown, requestId }),
    );
    const info = errorInfoType.serialize({ reason: className(shown, 'inference') });
    return {
      code: codeOf(shown),
      message: shown.message,
      details: [{ type_url: 'type.googleapis.com/google.rpc.ErrorInfo', value: info }],
    };
  }

  #endWhenDone(): void {
    if (this.#halfClosed && this.#open === 0 && !this.#call.writableEnded) this.#call.end();
  }
}
