import { join } from 'node:path';
import { Nursery, NurseryRefusal } from './nursery.js';
import { OutputSocket } from './output-socket.js';
import { PreloadedNurseries } from './preloaded-nurseries.js';
import { SpawnLauncher } from './spawn-launcher.js';
import type { Launcher, LaunchOrder, Preload, WorkerProcess } from './worker-process.js';

/**
 * Starts workers by forking warm ones from a nursery, one nursery an interpreter, started when it is first needed and
 * again when it has died. What a nursery refuses is spawned.
 */
export class NurseryLauncher implements Launcher {
  readonly #output: OutputSocket;
  readonly #spawner = new SpawnLauncher();
  readonly #preloaded: PreloadedNurseries;
  readonly #nurseries = new Map<string, Nursery>();
  readonly #env: Readonly<Record<string, string>>;
  readonly #log: (line: string) => void;
  /** Told how long (ms) each fork took; null where it was refused. */
  onFork: (elapsedMs: number | null) => void = () => {};
  #listening: Promise<void> | null = null;
  #closed = false;

  /**
   * @param runFolder private folder for the output socket.
   * @param env environment of the nurseries.
   * @param log what nurseries print, and why a worker was spawned instead.
   */
  constructor(runFolder: string, env: Readonly<Record<string, string>>, log: (line: string) => void) {
    this.#output = new OutputSocket(join(runFolder, 'output.sock'));
    this.#preloaded = new PreloadedNurseries(this.#output, log);
    this.#env = env;
    this.#log = log;
  }

  /** Starts the nursery of an interpreter before anyone waits for it. */
  async warm(python: string): Promise<void> {
    await this.#listen();
    this.#nursery(python);
  }

  /** Ends the nursery of an interpreter that turned out not to be the one. */
  async forget(python: string): Promise<void> {
    const nursery = this.#nurseries.get(python);
    this.#nurseries.delete(python);
    await nursery?.close();
  }

  async launch(order: LaunchOrder): Promise<WorkerProcess> {
    await this.#listen();
    if (this.#closed) throw new Error('the server is stopping');
    const shared = order.preload && (await this.#sharing(order, order.preload));
    if (shared) return shared;
    if (order.freshInterpreter) return await this.#spawner.launch(order);
    try {
      return await this.#nursery(order.python).fork(order, this.onFork);
    } catch (error) {
      if (!(error instanceof NurseryRefusal)) throw error;
      this.onFork(null);
      this.#log(`worker ${order.workerId} starts as a fresh interpreter: ${error.message}`);
      return await this.#spawner.launch(order);
    }
  }

  /** A worker that shares its loaded model with others of its version; null where that cannot be. */
  async #sharing(order: LaunchOrder, preload: Preload): Promise<WorkerProcess | null> {
    try {
      return await this.#preloaded.fork(order, preload, this.onFork);
    } catch (error) {
      if (!(error instanceof NurseryRefusal)) throw error;
      this.#log(`worker ${order.workerId} does not share its model: ${error.message}`);
      return null;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([
      this.#spawner.close(),
      this.#preloaded.close(),
      ...[...this.#nurseries.values()].map((nursery) => nursery.close()),
    ]);
    if (this.#listening) await this.#output.close();
  }

  #listen(): Promise<void> {
    this.#listening ??= this.#output.listen();
    return this.#listening;
  }

  #nursery(python: string): Nursery {
    const known = this.#nurseries.get(python);
    if (known && !known.gone) return known;
    const nursery = new Nursery(python, this.#env, this.#output, this.#log);
    this.#nurseries.set(python, nursery);
    return nursery;
  }
}
