import { execa } from 'execa';
import type { Logger } from '../logging/logging.js';
import { type BackendPython, gpuFigures } from './gpu-figures.js';
import type { MetricsRegistry } from './metrics-registry.js';
import { type SystemFigure, SystemSampler } from './system-sampler.js';
import { parseMetric } from './worker-line.js';

/** What system metrics are taken from, and how often. */
export interface SystemMetricsOptions {
  readonly intervalMs: number;
  readonly gpuCount: number;
  readonly backend: BackendPython;
  /** Script and arguments of a command that measures in our place; null: measured here. */
  readonly command: readonly string[] | null;
  /** Ids of the worker processes, which a command is told. */
  readonly workerPids: () => readonly number[];
}

const level = 'Host';

/** Records figures of the machine, at once and then at an interval. A round that fails is logged, and the next one comes. */
export class SystemMetrics {
  readonly #registry: MetricsRegistry;
  readonly #log: Logger;
  readonly #options: SystemMetricsOptions;
  readonly #sampler: SystemSampler;
  readonly #timer: NodeJS.Timeout;
  readonly #stopped = new AbortController();
  #running: Promise<void> | null = null;
  #gpusFailed = false;

  constructor(registry: MetricsRegistry, log: Logger, options: SystemMetricsOptions, sampler = new SystemSampler()) {
    this.#registry = registry;
    this.#log = log;
    this.#options = options;
    this.#sampler = sampler;
    this.#timer = setInterval(() => this.#start(), options.intervalMs).unref();
    this.#start();
  }

  /** Measures no more; ends a command that runs. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped.abort();
    await this.#running;
  }

  /** A round that takes longer than the interval is waited for. */
  #start(): void {
    this.#running ??= this.#round()
      .catch((error: unknown) => {
        if (!this.#stopped.signal.aborted)
          this.#log.error(`System metrics could not be collected: ${(error as Error).message}`);
      })
      .finally(() => {
        this.#running = null;
      });
  }

  async #round(): Promise<void> {
    const { command } = this.#options;
    if (command) {
      await this.#ask(command);
      return;
    }
    const figures = [...(await this.#gpus()), ...(await this.#sampler.sample())];
    if (this.#stopped.signal.aborted) return;
    for (const { name, value, device } of figures)
      this.#registry.server(name, device === undefined ? [level] : [level, device]).record(value);
  }

  async #gpus(): Promise<SystemFigure[]> {
    if (this.#options.gpuCount === 0) return [];
    try {
      const figures = await gpuFigures(this.#options.backend, this.#options.gpuCount);
      this.#gpusFailed = false;
      return figures;
    } catch (error) {
      if (!this.#gpusFailed) this.#log.warn(`No GPU metrics: ${(error as Error).message}`);
      this.#gpusFailed = true;
      return [];
    }
  }

  /** The command prints metrics, a line each, up to an empty line; what follows is the memory of workers, which we know. */
  async #ask(words: readonly string[]): Promise<void> {
    const { python, folder, env } = this.#options.backend;
    const pids = this.#options.workerPids().join(',');
    const { stdout, stderr } = await execa(python, [...words], {
      cwd: folder,
      env,
      extendEnv: false,
      input: `${pids}\n`,
      cancelSignal: this.#stopped.signal,
    });
    for (const line of stderr.split('\n')) if (line.trim() !== '') this.#log.error(line);
    for (const line of stdout.split('\n')) {
      if (line.trim() === '') break;
      const metric = parseMetric(line);
      if (!metric) this.#log.warn(`Parse metrics failed: ${line}`);
      else {
        const values = metric.dimensions.filter((_, index) => index % 2 === 1);
        this.#registry.server(metric.name, values).record(metric.value);
      }
    }
  }
}
