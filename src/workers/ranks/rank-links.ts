import type { CpuAllotment } from '../cpu/cpu-share.js';
import {
  type BatchResult,
  Code,
  type DispatchedBatch,
  type LinkListener,
  type Load,
  type LoadOutcome,
  type WorkerLink,
} from '../link/worker-link.js';

/** A batch that not every rank is done with. */
interface Open {
  waitsFor: number;
  /** What the first rank made of it, once it is done. */
  answer: BatchResult | null;
}

/**
 * The links of a worker's ranks as one. All of them load; they have loaded when each has. Those that run batches get the
 * same ones in the same order, and a batch is done when each of them is done with it: a rank that falls behind or hangs
 * would otherwise take part in the next batch with a part of the last. The first rank's word is the answer; what the
 * others say of a batch is lost, their metrics too, so that a request counts once. Where one link closes, all is over.
 */
export class RankLinks implements WorkerLink {
  readonly #links: readonly WorkerLink[];
  readonly #first: WorkerLink;
  /** Those that run batches. */
  readonly #runners: readonly WorkerLink[];
  readonly #open = new Map<number, Open>();
  readonly #loaded = new Map<number, LoadOutcome>();
  #over = false;

  /**
   * @param links one a rank, by rank; at least one.
   * @param inStep whether all of them run each batch; else the first alone.
   */
  constructor(links: readonly WorkerLink[], inStep: boolean) {
    this.#links = links;
    this.#first = links[0] as WorkerLink;
    this.#runners = inStep ? links : [this.#first];
  }

  /** Of the first rank. */
  get pid(): number {
    return this.#first.pid;
  }

  listen(listener: LinkListener): void {
    for (const [rank, link] of this.#links.entries()) {
      link.listen({
        loaded: (outcome) => this.#ranksLoad(rank, outcome, listener),
        result: (result) => this.#done(rank, result, listener),
        piece: (batchId, index, answer) => {
          if (rank === 0 && !this.#over) listener.piece(batchId, index, answer);
        },
        metrics: (metrics) => {
          if (rank === 0 && !this.#over) listener.metrics(metrics);
        },
        closed: () => {
          if (this.#over) return;
          this.#over = true;
          listener.closed();
        },
      });
    }
  }

  load(load: Load, allotment: CpuAllotment): void {
    const inStep = this.#runners.length > 1;
    for (const [rank, link] of this.#links.entries()) {
      // Each rank sees the worker's GPUs alone, counted from 0.
      const gpuId = (load.gpuId ?? -1) < 0 ? -1 : rank;
      link.load({ ...load, gpuId, inStep }, this.#shareOf(rank, allotment));
    }
  }

  send(batches: readonly DispatchedBatch[]): void {
    for (const { id } of batches) this.#open.set(id, { waitsFor: this.#runners.length, answer: null });
    for (const link of this.#runners) link.send(batches);
  }

  /** The first rank alone is told: it decides for all. */
  cancel(batchId: number, indices: readonly number[]): void {
    this.#first.cancel(batchId, indices);
  }

  acknowledge(batchId: number, index: number, readBytes: number): void {
    this.#first.acknowledge(batchId, index, readBytes);
  }

  tune(allotment: CpuAllotment): void {
    for (const [rank, link] of this.#links.entries()) link.tune(this.#shareOf(rank, allotment));
  }

  shutdown(): void {
    for (const link of this.#links) link.shutdown();
  }

  close(): void {
    for (const link of this.#links) link.close();
  }

  #ranksLoad(rank: number, outcome: LoadOutcome, listener: LinkListener): void {
    if (this.#over) return;
    this.#loaded.set(rank, outcome);
    const first = this.#loaded.get(0);
    if (outcome.code !== Code.OK) listener.loaded({ ...outcome, message: `rank ${rank}: ${outcome.message}` });
    else if (first && this.#loaded.size === this.#links.length) listener.loaded(first);
  }

  #done(rank: number, result: BatchResult, listener: LinkListener): void {
    const open = this.#open.get(result.batchId);
    if (!open || this.#over) return;
    open.waitsFor -= 1;
    if (rank === 0) open.answer = result;
    if (open.waitsFor > 0 || !open.answer) return;
    this.#open.delete(result.batchId);
    listener.result(open.answer);
  }

  /** What one rank gets of the worker's cores: as many as the others, and at least one. */
  #shareOf(rank: number, { threads, placement }: CpuAllotment): CpuAllotment {
    const ranks = this.#links.length;
    const cpus = placement?.cpus ?? [];
    const own = cpus.slice(Math.floor((rank * cpus.length) / ranks), Math.floor(((rank + 1) * cpus.length) / ranks));
    return {
      threads: threads === 0 ? 0 : Math.max(1, Math.floor(threads / ranks)),
      placement: placement && { ...placement, cpus: own.length > 0 ? own : cpus },
    };
  }
}
