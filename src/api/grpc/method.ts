import type { Metadata, sendUnaryData } from '@grpc/grpc-js';
import type { Logger } from '../../observability/logging/logging.js';
import type { TraceCarrier } from './call-trace.js';
import { failureOf, type GrpcDoor, servingErrorOf } from './grpc-error.js';

/** What a unary method answers. */
export interface Reply<Response> {
  readonly message: Response;
  readonly trailers?: Metadata;
}

/** A unary call whose message has come, as grpc-js and `DirectCall` hand it over. */
export interface UnaryCall<Request> {
  readonly request: Request;
  readonly metadata: TraceCarrier;
  readonly cancelled: boolean;
  getPath(): string;
  once(event: 'cancelled', gone: () => void): unknown;
}

/** Answers a unary call; as grpc-js has it too. */
export type UnaryHandler<Request, Response> = (call: UnaryCall<Request>, respond: sendUnaryData<Response>) => void;

/** The call that a method answers, as far as methods need it. */
export interface CallContext {
  readonly metadata: TraceCarrier;
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
): UnaryHandler<Request, Response> {
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
  readonly #call: UnaryCall<unknown>;

  constructor(call: UnaryCall<unknown>) {
    this.#call = call;
  }

  get metadata(): TraceCarrier {
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
