import type { handleUnaryCall, Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import type { Logger } from '../../observability/logging/logging.js';
import { failureOf, type GrpcDoor, servingErrorOf } from './grpc-error.js';

/** What a unary method answers. */
export interface Reply<Response> {
  readonly message: Response;
  readonly trailers?: Metadata;
}

/** The call that a method answers, as far as methods need it. */
export interface CallContext {
  readonly metadata: Metadata;
  /** Says which request the call is, for what is logged of it. */
  concerns(requestId: string): void;
  /** Calls back when the caller has hung up or its deadline has passed; perhaps also after the answer. */
  onGone(gone: () => void): void;
}

/** How methods of one server end when they fail. */
export interface Failing {
  readonly door: GrpcDoor;
  readonly log: Logger;
}

/** Turns a function into a unary method: what it throws ends the call with the status that fits. */
export function unary<Request, Response>(
  { door, log }: Failing,
  answer: (request: Request, call: CallContext) => Promise<Reply<Response>>,
): handleUnaryCall<Request, Response> {
  return (call, respond) => {
    const context = new UnaryContext(call);
    answer(call.request, context).then(
      ({ message, trailers }) => respond(null, message, trailers),
      (error: unknown) => {
        const { requestId } = context;
        const shown = servingErrorOf(error, (message, thrown) =>
          log.error(`${call.getPath()}: ${message}`, { error: thrown, ...(requestId && { requestId }) }),
        );
        respond(failureOf(shown, door));
      },
    );
  };
}

class UnaryContext implements CallContext {
  requestId: string | undefined;
  readonly #call: ServerUnaryCall<unknown, unknown>;

  constructor(call: ServerUnaryCall<unknown, unknown>) {
    this.#call = call;
  }

  get metadata(): Metadata {
    return this.#call.metadata;
  }

  concerns(requestId: string): void {
    this.requestId = requestId;
  }

  onGone(gone: () => void): void {
    if (this.#call.cancelled) gone();
    else this.#call.once('cancelled', gone);
  }
}
