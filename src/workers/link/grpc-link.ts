import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Batch } from '../../generated/torchbridge/worker/v1/Batch.js';
import type { FromWorker__Output } from '../../generated/torchbridge/worker/v1/FromWorker.js';
import type { Hello__Output } from '../../generated/torchbridge/worker/v1/Hello.js';
import type { Load } from '../../generated/torchbridge/worker/v1/Load.js';
import type { ToWorker } from '../../generated/torchbridge/worker/v1/ToWorker.js';
import type { Tune } from '../../generated/torchbridge/worker/v1/Tune.js';
import type { CpuAllotment } from '../cpu/cpu-share.js';
import type { SharedMemory } from '../shared-memory/shared-memory.js';
import { LinkMemory } from './link-memory.js';
import { LinkTraces } from './link-traces.js';
import type { DispatchedBatch, LinkListener, WorkerLink } from './worker-link.js';

/** A worker link over the Attach stream of proto/worker.proto. */
export class GrpcLink implements WorkerLink {
  readonly pid: number;
  readonly #stream: ServerDuplexStream<FromWorker__Output, ToWorker>;
  readonly #memory: LinkMemory;
  readonly #traces: LinkTraces | null;
  #listener: LinkListener | null = null;
  #closed = false;
  /** Messages that came before anyone listened. */
  #early: FromWorker__Output[] = [];

  /**
   * @param hello who is at the far end. Of several ranks the first alone has spans, as it alone answers.
   * @param memory what large bodies travel through; null: none, they travel in messages.
   */
  constructor(
    stream: ServerDuplexStream<FromWorker__Output, ToWorker>,
    { pid, rank }: Pick<Hello__Output, 'pid' | 'rank'>,
    memory: SharedMemory | null,
  ) {
    this.#stream = stream;
    this.pid = pid;
    this.#memory = new LinkMemory(memory);
    this.#traces = rank === 0 ? new LinkTraces() : null;
    stream.on('data', (message: FromWorker__Output) => {
      if (this.#listener) this.#dispatch(message, this.#listener);
      else this.#early.push(message);
    });
    for (const event of ['end', 'error', 'cancelled', 'close'] as const) stream.on(event, () => this.#over());
  }

  listen(listener: LinkListener): void {
    this.#listener = listener;
    for (const message of this.#early.splice(0)) this.#dispatch(message, listener);
    if (this.#closed) listener.closed();
  }

  load(load: Load, allotment: CpuAllotment): void {
    this.#write({ load: { ...load, ...allotmentMessage(allotment), memory: this.#memory.offer() } });
  }

  send(batches: readonly DispatchedBatch[]): void {
    const [first] = batches;
    if (batches.length === 1 && first) this.#write({ batch: this.#batch(first) });
    else this.#write({ batches: { batches: batches.map((batch) => this.#batch(batch)) } });
  }

  cancel(batchId: number, indices: readonly number[]): void {
    this.#write({ cancel: { batchId, indices: [...indices] } });
  }

  acknowledge(batchId: number, index: number, readBytes: number): void {
    this.#write({ flow: { batchId, index, readBytes } });
  }

  tune(allotment: CpuAllotment): void {
    this.#write({ tune: allotmentMessage(allotment) });
  }

  shutdown(): void {
    this.#write({ shutdown: {} });
  }

  close(): void {
    if (!this.#closed) this.#stream.end();
    this.#over();
    this.#memory.close();
  }

  #batch(batch: DispatchedBatch): Batch {
    const { id, requests, resumed = 0 } = batch;
    const trace = this.#traces?.sent(batch);
    return {
      id,
      ...(trace && { trace }),
      requests: requests.map(({ input }, index) => ({
        id: input.requestId,
        headers: input.headers as string[],
        parameters: index < resumed ? [] : input.parameters.map((parameter) => this.#memory.parameter(id, parameter)),
      })),
    };
  }

  #write(message: ToWorker): void {
    if (!this.#closed) this.#stream.write(message);
  }

  #dispatch(message: FromWorker__Output, listener: LinkListener): void {
    for (const { batchId, index, answer } of message.pieces) {
      if (!answer) continue;
      this.#memory.bring(answer);
      listener.piece(batchId, index, answer);
    }
    for (const result of message.results) {
      this.#memory.answered(result.batchId);
      for (const answer of result.answers) this.#memory.bring(answer);
      this.#traces?.answered(result);
      if (result.metrics.length > 0) listener.metrics(result.metrics);
      listener.result(result);
    }
    if (message.loaded) {
      this.#memory.settle(message.loaded.sharesMemory);
      listener.loaded(message.loaded);
    } else if (message.metrics) listener.metrics(message.metrics.metrics);
  }

  #over(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#traces?.lost();
    // Answer the end of the worker's half, so that its side of the stream ends cleanly too.
    this.#stream.end();
    this.#listener?.closed();
  }
}

/** The fields that Load and Tune have in common. */
function allotmentMessage({ threads, placement }: CpuAllotment): Tune {
  if (placement === null) return { cpuThreads: threads };
  const { cpus, memoryNode } = placement;
  return { cpuThreads: threads, placement: { cpus: [...cpus], memoryNode: memoryNode ?? -1 } };
}
