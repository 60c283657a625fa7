import { Metadata, ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import { remoteText } from '../remote-text.js';
import { CallRecord, type CallRecordOptions } from './call-record.js';
import { carryTrace, nameTrace } from './call-trace.js';
import { isUnknown } from './unknown-methods.js';

/** What grpc-js has and does not name in its exports. */
type Call = ConstructorParameters<typeof ServerInterceptingCall>[0];
type CallStatus = Parameters<Call['sendStatus']>[0];
type Listener = Parameters<Call['start']>[0];

/** Has each call that grpc-js answers leave its record. */
export function watchCalls(options: CallRecordOptions): ServerInterceptor {
  return (definition, call) => {
    const facts = {
      method: definition.path.slice(1),
      isUnknown: isUnknown(definition),
      deadline: Number(call.getDeadline()),
      remote: remoteText(call.getConnectionInfo()),
    };
    return new WatchedCall(call, new CallRecord(facts, options));
  };
}

/**
 * A call of which the begin and the end are recorded. All else goes straight through: grpc-js's own wrapper, which can put
 * off each step, costs a call several microseconds for steps that are never put off here.
 */
class WatchedCall extends ServerInterceptingCall implements Listener {
  readonly #call: Call;
  readonly #record: CallRecord;
  #listener: Listener | null = null;

  constructor(call: Call, record: CallRecord) {
    super(call);
    this.#call = call;
    this.#record = record;
  }

  override start(listener: Listener): void {
    this.#listener = listener;
    this.#call.start(this);
  }

  override sendMetadata(metadata: Metadata): void {
    this.#call.sendMetadata(metadata);
  }

  override sendMessage(message: unknown, sent: () => void): void {
    this.#call.sendMessage(message, sent);
  }

  override sendStatus(sent: CallStatus): void {
    this.#record.end(sent.code ?? status.UNKNOWN);
    this.#call.sendStatus(this.#withTrace(sent));
  }

  onReceiveMetadata(metadata: Metadata): void {
    const refusal = this.#record.begin((name) => lastOf(metadata.get(name)));
    carryTrace(metadata, this.#record.trace);
    if (refusal === null) this.#listener?.onReceiveMetadata(metadata);
    else this.sendStatus(refusal);
  }

  onReceiveMessage(message: unknown): void {
    this.#listener?.onReceiveMessage(message);
  }

  onReceiveHalfClose(): void {
    this.#listener?.onReceiveHalfClose();
  }

  /** Comes after every call, and before its status where the caller hung up or its deadline passed. */
  onCancel(): void {
    this.#record.over();
    this.#listener?.onCancel();
  }

  #withTrace(sent: CallStatus): CallStatus {
    const { trace } = this.#record;
    if (trace === null) return sent;
    const metadata = sent.metadata ?? new Metadata();
    nameTrace(metadata, trace);
    return { ...sent, metadata };
  }
}

function lastOf(values: readonly (string | Buffer)[]): string | undefined {
  const last = values.at(-1);
  return last === undefined ? undefined : String(last);
}
