import { SystemSampler } from '../../observability/metrics/system-sampler.js';
import { type GpuSample, GpuWatch } from './gpu-watch.js';
import { memoryOf } from './process-memory.js';
import { processTree } from './process-tree.js';

/** One moment of a load. */
export interface UsageSample {
  /** Since the sampling began. */
  readonly seconds: number;
  /** The whole machine, of all its cores. */
  readonly hostCpuPercent: number;
  readonly hostMemoryPercent: number;
  /** The server's processes: 100 is one core. NaN where its process is not known. */
  readonly serverCpuPercent: number;
  /** Resident memory of the server's processes with shared pages counted once (PSS), in MB. NaN where not known. */
  readonly serverMemoryMb: number;
}

/** What the machine and the server used while a load ran. */
export interface Usage {
  readonly samples: readonly UsageSample[];
  /** CPU time of the server's processes over the whole load, in seconds; NaN where its process is not known. */
  readonly serverCpuSeconds: number;
  readonly gpus: readonly GpuSample[];
}

/** Samples the machine, the processes of a server and the GPUs while a load runs. */
export class UsageSampler {
  readonly #samples: UsageSample[] = [];
  readonly #system = new SystemSampler();
  readonly #root: number | null;
  readonly #everyMs: number;
  readonly #begin = performance.now();
  readonly #gpus: GpuWatch;
  readonly #firstCpu: number;
  readonly #timer: NodeJS.Timeout;
  #last: { readonly at: number; readonly cpu: number };
  #sampling: Promise<void> = Promise.resolve();

  /** @param root the server's first process; null where it runs elsewhere. */
  constructor(root: number | null, everyMs = 1000) {
    this.#root = root;
    this.#everyMs = everyMs;
    this.#firstCpu = this.#serverCpu();
    this.#last = { at: this.#begin, cpu: this.#firstCpu };
    this.#gpus = new GpuWatch(everyMs);
    this.#timer = setInterval(() => {
      this.#sampling = this.#sample();
    }, everyMs);
  }

  /** Ends; takes a last sample where there is none yet, or much time has passed since the last. */
  async stop(): Promise<Usage> {
    clearInterval(this.#timer);
    await this.#sampling;
    const serverCpuSeconds = this.#serverCpu() - this.#firstCpu;
    if (this.#samples.length === 0 || performance.now() - this.#last.at > this.#everyMs / 2) await this.#sample();
    await this.#gpus.stop();
    return {
      samples: this.#samples,
      serverCpuSeconds,
      gpus: this.#gpus.samples,
    };
  }

  async #sample(): Promise<void> {
    const figures = await this.#system.sample();
    const host = (name: string) => figures.find((figure) => figure.name === name)?.value ?? Number.NaN;
    const at = performance.now();
    const cpu = this.#serverCpu();
    // A process that ended took its time with it.
    const used = Math.max(0, cpu - this.#last.cpu);
    this.#samples.push({
      seconds: (at - this.#begin) / 1000,
      hostCpuPercent: host('CPUUtilization'),
      hostMemoryPercent: host('MemoryUtilization'),
      serverCpuPercent: (used * 100_000) / (at - this.#last.at),
      serverMemoryMb: this.#serverMemory(),
    });
    this.#last = { at, cpu };
  }

  #serverCpu(): number {
    if (this.#root === null) return Number.NaN;
    return processTree(this.#root).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  }

  #serverMemory(): number {
    if (this.#root === null) return Number.NaN;
    return memoryOf(processTree(this.#root).map(({ pid }) => pid)).proportional / 2 ** 20;
  }
}
