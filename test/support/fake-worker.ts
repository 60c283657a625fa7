import { bytesOf } from '../../src/batching/inference.js';
import { Code } from '../../src/generated/torchbridge/worker/v1/Code.js';
import type { Load } from '../../src/generated/torchbridge/worker/v1/Load.js';
import type { CpuAllotment } from '../../src/workers/cpu/cpu-share.js';
import type { Expected, ExpectedRanks } from '../../src/workers/link/link-server.js';
import type { BatchResult, DispatchedBatch, LinkListener, WorkerLink } from '../../src/workers/link/worker-link.js';
import type { Exit, Launcher, LaunchOrder, WorkerProcess } from '../../src/workers/worker-process.js';

/** The far end of a link, played by a test: it decides when and what the worker says. */
export class FakeLink implements WorkerLink {
  readonly pid: number;
  readonly loads: Load[] = [];
  readonly batches: DispatchedBatch[] = [];
  /** How many batches came in each message. */
  readonly messages: number[] = [];
  readonly cancelled: { batchId: number; indices: readonly number[] }[] = [];
  readonly acknowledged: { batchId: number; index: number; readBytes: number }[] = [];
  readonly tuned: number[] = [];
  shutdowns = 0;
  onShutdown: () => void = () => {};
  #listener: LinkListener | null = null;
  #closed = false;

  constructor(pid: number) {
    this.pid = pid;
  }

  get listener(): LinkListener {
    if (!this.#listener) throw new Error('nobody listens to this link yet');
    return this.#listener;
  }

  listen(listener: LinkListener): void {
    this.#listener = listener;
    if (this.#closed) listener.closed();
  }

  load(load: Load, { threads }: CpuAllotment): void {
    this.loads.push({ ...load, cpuThreads: threads });
  }

  send(batches: readonly DispatchedBatch[]): void {
    this.messages.push(batches.length);
    this.batches.push(...batches);
  }

  cancel(batchId: number, indices: readonly number[]): void {
    this.cancelled.push({ batchId, indices });
  }

  acknowledge(batchId: number, index: number, readBytes: number): void {
    this.acknowledged.push({ batchId, index, readBytes });
  }

  tune({ threads }: CpuAllotment): void {
    this.tuned.push(threads);
  }

  shutdown(): void {
    this.shutdowns += 1;
    this.onShutdown();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener?.closed();
  }

  /** Answers the oldest batch that was sent and not answered: each request with its own body. */
  answer(result: Partial<BatchResult> = {}): void {
    const batch = this.batches.shift();
    if (!batch) throw new Error('no batch to answer');
    this.listener.result({
      batchId: batch.id,
      code: Code.OK,
      status: 0,
      message: '',
      elapsedUs: 100,
      answers: batch.requests.map(({ input }) => ({
        status: 0,
        phrase: '',
        headers: [],
        body: bytesOf(input.parameters[0]?.value ?? Buffer.alloc(0)),
      })),
      ...result,
    });
  }
}

/** One incarnation of a fake worker. */
export class FakeProcess implements WorkerProcess {
  readonly pid: number;
  readonly pids: readonly number[];
  readonly link: FakeLink;
  readonly exited: Promise<Exit>;
  readonly signals: string[] = [];
  #exit!: (exit: Exit) => void;

  constructor(pid: number) {
    this.pid = pid;
    this.pids = [pid];
    this.link = new FakeLink(pid);
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
    this.link.onShutdown = () => this.exit({ code: 0, signal: null });
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.signals.push(signal);
    this.exit({ code: null, signal });
  }

  /** The process ends, and with it its link. */
  exit(exit: Exit): void {
    this.#exit(exit);
    this.link.close();
  }
}

/** Starts fake processes, which dial home when the test says so, or at once. */
export class FakeMachinery implements Launcher {
  readonly target = 'unix:/nowhere';
  readonly processes: FakeProcess[] = [];
  readonly orders: LaunchOrder[] = [];
  /** What the next processes do right after they were launched. */
  behaviour: (process: FakeProcess) => void = (process) => this.dialHome(process);
  readonly #arrivals = new Map<string, (link: WorkerLink) => void>();
  readonly #workerOf = new Map<FakeProcess, string>();

  expect(workerId: string): Expected {
    const link = new Promise<WorkerLink>((resolve) => this.#arrivals.set(workerId, resolve));
    return { token: 'token', link, forget: () => {} };
  }

  expectRanks(workerId: string): ExpectedRanks {
    const { link, ...rest } = this.expect(workerId);
    return { ...rest, links: link.then((only) => [only]) };
  }

  async launch(order: LaunchOrder): Promise<WorkerProcess> {
    this.orders.push(order);
    const process = new FakeProcess(1000 + this.processes.length);
    this.processes.push(process);
    this.#workerOf.set(process, order.workerId);
    queueMicrotask(() => this.behaviour(process));
    return process;
  }

  dialHome(process: FakeProcess): void {
    this.#arrivals.get(this.#workerOf.get(process) as string)?.(process.link);
  }

  async close(): Promise<void> {}

  get last(): FakeProcess {
    const process = this.processes.at(-1);
    if (!process) throw new Error('nothing was launched');
    return process;
  }
}
