import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from './free-ports.js';

/** Whether Prometheus and its promtool are installed; Debian has both in the package `prometheus`. */
export const prometheusInstalled = ['prometheus', 'promtool'].every(
  (name) => spawnSync(name, ['--version']).status === 0,
);

/** One series of an answer. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real Prometheus that scrapes one target every second, with its data in a folder of the test's. */
export class Prometheus {
  readonly #child: ChildProcess;
  readonly #address: string;

  private constructor(child: ChildProcess, address: string) {
    this.#child = child;
    this.#address = address;
  }

  /** @param target `host:port` of a server's metrics. */
  static async start(folder: string, target: string): Promise<Prometheus> {
    const config = join(folder, 'prometheus.yml');
    const jobs = [{ job_name: 'torchbridge', static_configs: [{ targets: [target] }] }];
    writeFileSync(config, JSON.stringify({ global: { scrape_interval: '1s' }, scrape_configs: jobs }));
    const address = `127.0.0.1:${await freePorts(1)}`;
    const words = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
      `--web.listen-address=${address}`,
    ];
    const prometheus = new Prometheus(spawn('prometheus', words, { cwd: folder, stdio: 'ignore' }), address);
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const ready = await fetch(`http://${address}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (ready) return prometheus;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await prometheus.stop();
    throw new Error('Prometheus did not start');
  }

  /** The answer to a query at this moment. @throws Error with what Prometheus says is wrong with it. */
  async query(expression: string): Promise<Series[]> {
    const answer = await fetch(`http://${this.#address}/api/v1/query?${new URLSearchParams({ query: expression })}`);
    const { status, error, data } = (await answer.json()) as {
      status: string;
      error?: string;
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    if (status !== 'success') throw new Error(`${expression}: ${error}`);
    return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await gone;
  }
}
