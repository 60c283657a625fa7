import { type Metadata, ServerInterceptingCall } from '@grpc/grpc-js';

/** What grpc-js has and does not name in its exports. */
export type Call = ConstructorParameters<typeof ServerInterceptingCall>[0];
export type CallStatus = Parameters<Call['sendStatus']>[0];
type Listener = Parameters<Call['start']>[0];

/**
 * A call of which the begin and the end are watched. All else goes straight through: grpc-js's own wrapper, which can put
 * off each step, costs a call several microseconds for steps that are never put off here.
 */
export abstract class WatchedCall extends ServerInterceptingCall implements Listener {
  readonly #call: Call;
  #listener: Listener | null = null;

  constructor(call: Call) {
    super(call);
    this.#call = call;
  }

  /** Told of what the call begins with. @returns false where the call goes no further, and has been given its status. */
  protected abstract begins(metadata: Metadata): boolean;
  /** Told that the caller hung up, that its deadline passed, or that all was sent. */
  protected abstract over(): void;
  /** Told of the status that the call is to end with. @returns the one that is sent. */
  protected abstract ends(status: CallStatus): CallStatus;

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

  override sendStatus(status: CallStatus): void {
    this.#call.sendStatus(this.ends(status));
  }

  onReceiveMetadata(metadata: Metadata): void {
    if (this.begins(metadata)) this.#listener?.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.#listener?.onReceiveMessage(message);
  }

  onReceiveHalfClose(): void {
    this.#listener?.onReceiveHalfClose();
  }

  onCancel(): void {
    this.over();
    this.#listener?.onCancel();
  }
}
