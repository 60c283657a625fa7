import type { Holder, PendingRequest } from '../../src/batching/pending-request.js';
import type { Taker } from '../../src/batching/version-batcher.js';

/** A worker that keeps what it is given. */
export class RecordingTaker implements Taker, Holder {
  readonly batches: PendingRequest[][] = [];

  take(batch: PendingRequest[]): void {
    for (const request of batch) request.heldBy(this, 'dispatched');
    this.batches.push(batch);
  }

  abandoned(): void {}

  get sizes(): number[] {
    return this.batches.map((batch) => batch.length);
  }
}
