import { Metadata, type ServerInterceptor, status } from '@grpc/grpc-js';
import type { AccessRecord } from '../../observability/logging/logging.js';
import type { CallTrace, Tracing } from '../../observability/tracing/tracing.js';
import type { TokenKeys, TokenScope } from '../auth/token-keys.js';
import { badToken } from '../http/refusals.js';
import { remoteText } from '../remote-text.js';
import { beginTrace } from './call-trace.js';
import { codeOf } from './grpc-error.js';
import { isUnknown } from './unknown-methods.js';
import { WatchedCall } from './watched-call.js';

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

/** Asks for the token before a message is read, and tells how each call ended. */
export function callWatch({ tokens, scope, open, tracing, access, onCall }: CallWatchOptions): ServerInterceptor {
  const refusal = badToken();
  const mayPass = (service: string, metadata: Metadata): boolean =>
    tokens === null || open.has(service) || tokens.accepts(scope, lastOf(metadata.get('authorization')));

  return (definition, call) => {
    const began = performance.now();
    const method = definition.path.slice(1);
    const unknown = isUnknown(definition);
    const service = method.slice(0, method.indexOf('/'));
    const traced = tracing !== null && !unknown && !open.has(service);
    let trace: CallTrace | null = null;
    let ended = false;
    const end = (code: status): void => {
      if (ended) return;
      ended = true;
      trace?.end({ 'rpc.grpc.status_code': code }, ownFailures.has(code) ? status[code] : null);
      onCall(unknown ? 'unknown' : method, status[code]);
      const milliseconds = Math.round(performance.now() - began);
      access({
        remote: remoteText(call.getConnectionInfo()),
        method: 'gRPC',
        uri: method,
        protocol: 'HTTP/2.0',
        status: code,
        milliseconds,
      });
    };
    return new WatchedCall(call, {
      metadata: (metadata) => {
        if (traced) trace = beginTrace(tracing, method, metadata);
        if (unknown || mayPass(service, metadata)) return true;
        const code = codeOf(refusal);
        end(code);
        call.sendStatus({ code, details: refusal.message });
        return false;
      },
      // Comes after every call, and before its status where the caller hung up or its deadline passed.
      over: () =>
        end(Date.now() + timerSlackMs >= Number(call.getDeadline()) ? status.DEADLINE_EXCEEDED : status.CANCELLED),
      status: (sent) => {
        end(sent.code ?? status.UNKNOWN);
        return trace === null ? sent : { ...sent, metadata: withTrace(sent.metadata, trace) };
      },
    });
  };
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
