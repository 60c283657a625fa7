import { Metadata, type ServerInterceptor, status } from '@grpc/grpc-js';
import type { AccessRecord } from '../../observability/logging/logging.js';
import type { CallTrace, Tracing } from '../../observability/tracing/tracing.js';
import type { TokenKeys, TokenScope } from '../auth/token-keys.js';
import { badToken } from '../http/refusals.js';
import { remoteText } from '../remote-text.js';
import { beginTrace } from './call-trace.js';
import { codeOf } from './grpc-error.js';
import { isUnknown } from './unknown-methods.js';
import { type Call, type CallStatus, WatchedCall } from './watched-call.js';

/** What every call of a server passes. */
export interface CallWatchOptions {
  /** null: no token is asked for. */
  readonly tokens: TokenKeys | null;
  readonly scope: TokenScope;
  /** Services, by full name, that are open without a token. */
  readonly open: ReadonlySet<string>;
  /** null: calls are not traced. */
  readonly tracing: Tracing | null;
  /** Told of every call that has ended. */
  readonly access: (record: AccessRecord) => void;
  /**
   * Told `package.Service/Method` and the name of the gRPC status of every call that has ended; `unknown` for methods that
   * there are not, since callers may think up any number of them.
   */
  readonly onCall: (method: string, code: string) => void;
}

/** Timers may fire this much early. */
const timerSlackMs = 2;

/** Codes for which the server is to blame, as OpenTelemetry has it. */
const ownFailures: ReadonlySet<status> = new Set([
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

const refusal = badToken();

/** Asks for the token before a message is read, and tells how each call ended. */
export function callWatch(options: CallWatchOptions): ServerInterceptor {
  return (definition, call) => new CallWatch(call, definition.path.slice(1), isUnknown(definition), options);
}

class CallWatch extends WatchedCall {
  readonly #began = performance.now();
  /** `package.Service/Method` */
  readonly #method: string;
  readonly #isUnknown: boolean;
  readonly #options: CallWatchOptions;
  #trace: CallTrace | null = null;
  #hasEnded = false;

  constructor(call: Call, method: string, isUnknown: boolean, options: CallWatchOptions) {
    super(call);
    this.#method = method;
    this.#isUnknown = isUnknown;
    this.#options = options;
  }

  protected override begins(metadata: Metadata): boolean {
    const { tokens, scope, open, tracing } = this.#options;
    if (this.#isUnknown || open.has(this.#method.slice(0, this.#method.indexOf('/')))) return true;
    if (tracing !== null) this.#trace = beginTrace(tracing, this.#method, metadata);
    if (tokens === null || tokens.accepts(scope, lastOf(metadata.get('authorization')))) return true;
    this.sendStatus({ code: codeOf(refusal), details: refusal.message });
    return false;
  }

  /** Comes after every call, and before its status where the caller hung up or its deadline passed. */
  protected override over(): void {
    if (this.#hasEnded) return;
    this.#end(Date.now() + timerSlackMs >= Number(this.getDeadline()) ? status.DEADLINE_EXCEEDED : status.CANCELLED);
  }

  protected override ends(sent: CallStatus): CallStatus {
    this.#end(sent.code ?? status.UNKNOWN);
    return this.#trace === null ? sent : { ...sent, metadata: withTrace(sent.metadata, this.#trace) };
  }

  #end(code: status): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const { access, onCall } = this.#options;
    this.#trace?.end({ 'rpc.grpc.status_code': code }, ownFailures.has(code) ? status[code] : null);
    onCall(this.#isUnknown ? 'unknown' : this.#method, status[code]);
    const milliseconds = Math.round(performance.now() - this.#began);
    access({
      remote: remoteText(this.getConnectionInfo()),
      method: 'gRPC',
      uri: this.#method,
      protocol: 'HTTP/2.0',
      status: code,
      milliseconds,
    });
  }
}

/** The caller finds the trace behind the answer. */
function withTrace(trailers: Metadata | null | undefined, { traceparent }: CallTrace): Metadata {
  const metadata = trailers ?? new Metadata();
  metadata.set('traceparent', traceparent);
  return metadata;
}

function lastOf(values: readonly (string | Buffer)[]): string | undefined {
  const last = values.at(-1);
  return last === undefined ? undefined : String(last);
}
