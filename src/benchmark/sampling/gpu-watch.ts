import { execa } from 'execa';
import { parseGpuFigures } from '../../observability/metrics/gpu-figures.js';

/** All GPUs of the machine at one moment: percent busy and of memory as means over the GPUs, MiB as their sum. */
export interface GpuSample {
  readonly percent: number;
  readonly memoryPercent: number;
  readonly memoryUsedMb: number;
}

const words = ['--query-gpu=index,memory.used,memory.total,utilization.gpu', '--format=csv,noheader,nounits'];

/** Follows the GPUs with one nvidia-smi that reports again and again; without one there are no samples. */
export class GpuWatch {
  readonly samples: GpuSample[] = [];
  readonly #child;
  readonly #over: Promise<unknown>;

  /** @param everyMs time between reports. */
  constructor(everyMs: number, command = 'nvidia-smi') {
    this.#child = execa(command, [...words, `--loop-ms=${everyMs}`], { reject: false, stdin: 'ignore', buffer: false });
    this.#over = this.#follow();
  }

  async stop(): Promise<void> {
    this.#child.kill();
    await this.#over;
  }

  /** A report has a line a GPU; the next begins with the same GPU again. */
  async #follow(): Promise<void> {
    let report: string[] = [];
    let first: string | undefined;
    for await (const line of this.#child) {
      const device = line.split(',')[0];
      first ??= device;
      if (device === first && report.length > 0) {
        this.samples.push(sampleOf(report));
        report = [];
      }
      report.push(line);
    }
    if (report.length > 0) this.samples.push(sampleOf(report));
    await this.#child;
  }
}

function sampleOf(report: readonly string[]): GpuSample {
  const figures = parseGpuFigures(report.join('\n'), report.length);
  const sum = (name: string) => figures.reduce((total, figure) => total + (figure.name === name ? figure.value : 0), 0);
  return {
    percent: sum('GPUUtilization') / report.length,
    memoryPercent: sum('GPUMemoryUtilization') / report.length,
    memoryUsedMb: sum('GPUMemoryUsed'),
  };
}
