import { type ErrorKind, errorTable } from './table.js';

/**
 * A failure that is answered to the client as `{"code", "type", "message"}`.
 * Anything else that is thrown is our defect, and answered as an `internal` one with a neutral message.
 */
export class ServingError extends Error {
  override readonly name = 'ServingError';
  readonly kind: ErrorKind;
  /** HTTP status; the table's unless a handler chose its own with PredictionException. */
  readonly status: number;

  constructor(kind: ErrorKind, message: string, status?: number) {
    super(message);
    this.kind = kind;
    this.status = status ?? errorTable[kind].status;
  }

  /** The `type` that TorchServe's clients know. */
  get type(): string {
    return errorTable[this.kind].type;
  }
}
