import { Nursery } from './nursery.js';
import type { OutputSocket } from './output-socket.js';
import { timeLimit } from './time-limit.js';
import type { LaunchOrder, Preload, WorkerProcess } from './worker-process.js';

/** How long (ms) a nursery without workers stays, for one that is about to be started again. */
const lingerMs = 10_000;

/**
 * Nurseries that have loaded a model: one for each version whose workers share it, started with its first worker and
 * ended when it has had none for a while.
 */
export class PreloadedNurseries {
  readonly #output: OutputSocket;
  readonly #log: (line: string) => void;
  /** By the folder of the unpacked archive, which no two versions share. */
  readonly #nurseries = new Map<string, Nursery>();
  readonly #lingering = new Map<Nursery, NodeJS.Timeout>();

  constructor(output: OutputSocket, log: (line: string) => void) {
    this.#output = output;
    this.#log = log;
  }

  /**
   * Forks a worker that has its model.
   * @throws NurseryRefusal where the model cannot be shared, or an Error where it was not loaded in time.
   */
  async fork(order: LaunchOrder, preload: Preload, onForked: (elapsedMs: number) => void): Promise<WorkerProcess> {
    const nursery = this.#nursery(order, preload);
    if ((await timeLimit(nursery.ready, preload.timeoutMs)) === 'timed out') {
      this.#nurseries.delete(order.modelDir);
      void nursery.close();
      throw new Error(`the model was not loaded within the startup timeout of ${preload.timeoutMs / 1000} s`);
    }
    const process = await nursery.fork(order, onForked);
    void process.exited.then(() => this.#linger(order.modelDir, nursery));
    return process;
  }

  async close(): Promise<void> {
    for (const timer of this.#lingering.values()) clearTimeout(timer);
    await Promise.all([...this.#nurseries.values()].map((nursery) => nursery.close()));
  }

  #nursery(order: LaunchOrder, { fields }: Preload): Nursery {
    const known = this.#nurseries.get(order.modelDir);
    if (known && (!known.gone || known.unfit)) {
      clearTimeout(this.#lingering.get(known));
      this.#lingering.delete(known);
      return known;
    }
    const own = Object.entries(order.env).filter(([name]) => !name.startsWith('TORCHBRIDGE_'));
    const env = { ...Object.fromEntries(own), TORCHBRIDGE_PRELOAD: JSON.stringify(fields) };
    const nursery = new Nursery(order.python, env, this.#output, this.#log);
    this.#nurseries.set(order.modelDir, nursery);
    return nursery;
  }

  #linger(modelDir: string, nursery: Nursery): void {
    if (nursery.workers > 0 || nursery.gone || this.#lingering.has(nursery)) return;
    const end = (): void => {
      this.#lingering.delete(nursery);
      if (nursery.workers > 0) return;
      if (this.#nurseries.get(modelDir) === nursery) this.#nurseries.delete(modelDir);
      void nursery.close();
    };
    this.#lingering.set(nursery, setTimeout(end, lingerMs).unref());
  }
}
