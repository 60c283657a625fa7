import { status } from '@grpc/grpc-js';
import type { AccessRecord } from '../../observability/logging/logging.js';
import type { CallTrace, Tracing } from '../../observability/tracing/tracing.js';
import type { TokenKeys, TokenScope } from '../auth/token-keys.js';
import { badToken } from '../http/refusals.js';
import { beginTrace, type SentValue } from './call-trace.js';
import { codeOf, type GrpcFailure } from './grpc-error.js';

/** What is asked of every call of a server, and who is told of it. */
export interface CallRecordOptions {
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

/** Who calls what. */
export interface CallFacts {
  /** `package.Service/Method` */
  readonly method: string;
  readonly isUnknown: boolean;
  /** When the caller gives up, in ms since 1970; infinite where it does not say. */
  readonly deadline: number;
  /** The caller's address, as access logs show it. */
  readonly remote: string;
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
const refused: GrpcFailure = { code: codeOf(refusal), details: refusal.message };

/** One call, however it reached the server: it asks for the token before a message is read, and tells how the call ended. */
export class CallRecord {
  readonly #began = performance.now();
  readonly #facts: CallFacts;
  readonly #options: CallRecordOptions;
  #trace: CallTrace | null = null;
  #hasEnded = false;

  constructor(facts: CallFacts, options: CallRecordOptions) {
    this.#facts = facts;
    this.#options = options;
  }

  /** null where the call is not traced. */
  get trace(): CallTrace | null {
    return this.#trace;
  }

  /** @returns the status that the call is to end with at once; null where it may go on. */
  begin(sent: SentValue): GrpcFailure | null {
    const { tokens, scope, open, tracing } = this.#options;
    const { method, isUnknown } = this.#facts;
    if (isUnknown || open.has(method.slice(0, method.indexOf('/')))) return null;
    if (tracing !== null) this.#trace = beginTrace(tracing, method, sent);
    return tokens === null || tokens.accepts(scope, sent('authorization')) ? null : refused;
  }

  /** The call ends with this status. Only the first end of a call counts. */
  end(code: status): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const { access, onCall } = this.#options;
    const { method, isUnknown, remote } = this.#facts;
    this.#trace?.end({ 'rpc.grpc.status_code': code }, ownFailures.has(code) ? status[code] : null);
    onCall(isUnknown ? 'unknown' : method, status[code]);
    const milliseconds = Math.round(performance.now() - this.#began);
    access({ remote, method: 'gRPC', uri: method, protocol: 'HTTP/2.0', status: code, milliseconds });
  }

  /** The call is over: without a status, unless it has ended, since its caller hung up or its deadline passed. */
  over(): void {
    if (this.#hasEnded) return;
    const late = Date.now() + timerSlackMs >= this.#facts.deadline;
    this.end(late ? status.DEADLINE_EXCEEDED : status.CANCELLED);
  }
}
