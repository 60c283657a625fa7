import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from './command.js';
import { freePorts } from './free-ports.js';
import { type LivingProcess, processesLeft, processesMarked } from './processes.js';
import { ours, type Release } from './release.js';

/** How a server is started. */
export interface ServerOptions {
  /** Ours from this working tree unless told. */
  readonly release?: Release;
  /** Lines of config.properties beside those for the ports. */
  readonly config?: readonly string[];
  /** Further words for `torchserve --start`. */
  readonly options?: readonly string[];
  /** What to load at start, as after --models. */
  readonly models?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Writes snapshots, and restores the newest; config.properties is then found where the server runs. */
  readonly snapshots?: boolean;
}

/**
 * A folder with a model store and a temporary folder of its own, and ports of its own, in which one server after the
 * other can run. Archives are put into `store` before or after the start.
 */
export class ServerPlace {
  readonly folder = mkdtempSync(join(tmpdir(), 'tb-s-'));
  readonly store = join(this.folder, 'model_store');
  readonly release: Release;
  readonly #firstPort: number;
  #printed = '';

  private constructor(release: Release, firstPort: number) {
    this.release = release;
    this.#firstPort = firstPort;
    for (const name of ['model_store', 'tmp']) mkdirSync(join(this.folder, name));
  }

  static async make(release: Release = ours()): Promise<ServerPlace> {
    return new ServerPlace(release, await freePorts(5));
  }

  /** Base addresses, without a slash at the end. */
  get inference(): string {
    return `http://127.0.0.1:${this.#firstPort}`;
  }

  get management(): string {
    return `http://127.0.0.1:${this.#firstPort + 1}`;
  }

  get metrics(): string {
    return `http://127.0.0.1:${this.#firstPort + 2}`;
  }

  /** Addresses of the gRPC servers, `host:port`. */
  get grpcInference(): string {
    return `127.0.0.1:${this.#firstPort + 3}`;
  }

  get grpcManagement(): string {
    return `127.0.0.1:${this.#firstPort + 4}`;
  }

  /** The environment of its commands: a TMPDIR of its own, which marks every process that comes of them. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.release.env, TMPDIR: join(this.folder, 'tmp') };
  }

  /** Starts the server and waits until it answers. Fails with all that was printed if it does not within 90 s. */
  async start(options: Omit<ServerOptions, 'release'> = {}): Promise<void> {
    const config = [
      `inference_address=${this.inference}`,
      `management_address=${this.management}`,
      `metrics_address=${this.metrics}`,
      `grpc_inference_port=${this.#firstPort + 3}`,
      `grpc_management_port=${this.#firstPort + 4}`,
      ...(options.config ?? [
        'default_workers_per_model=1',
        'disable_token_authorization=true',
        'enable_model_api=true',
      ]),
    ];
    writeFileSync(join(this.folder, 'config.properties'), `${config.join('\n')}\n`);
    const words = [...this.release.torchserve, '--start', '--model-store', 'model_store'];
    words.push(...(options.snapshots ? [] : ['--ncs', '--ts-config', 'config.properties']), ...(options.options ?? []));
    if (options.models) words.push('--models', ...options.models);
    const done = await runCommand(words, { cwd: this.folder, env: { ...this.env, ...options.env } });
    this.#printed = done.stdout + done.stderr;
    if (done.status !== 0) throw new Error(`torchserve --start ended with ${done.status}: ${this.#printed}`);
    const deadline = Date.now() + 90_000;
    for (;;) {
      const status = await fetch(`${this.inference}/ping`).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status > 0 && status < 500) return;
      if (Date.now() > deadline) throw new Error(`the server does not answer (${status}): ${this.log()}`);
      await sleep(50);
    }
  }

  /** Runs `torchserve` with other words in this place. */
  torchserve(...words: string[]) {
    return runCommand([...this.release.torchserve, ...words], { cwd: this.folder, env: this.env });
  }

  /** What the server printed and logged so far. */
  log(): string {
    const files = ['ts_log.log', 'model_log.log'].map((name) => join(this.folder, 'logs', name));
    return [this.#printed, ...files.filter(existsSync).map((path) => readFileSync(path, 'utf8'))].join('\n');
  }

  /** Of the server itself, without its workers. */
  get pid(): number {
    return Number(readFileSync(join(this.folder, 'tmp/.model_server.pid'), 'utf8'));
  }

  /** Bytes of memory that the server itself holds. */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  /** The living processes of this place: server, nurseries, workers. */
  processes(): LivingProcess[] {
    return processesMarked(this.folder);
  }

  /** Stops the server and waits until all its processes are gone; fails, and kills them, if some stay. Safe twice. */
  async stop(): Promise<void> {
    if (this.processes().length === 0) return;
    await this.torchserve('--stop');
    const left = await processesLeft(this.folder, 15_000);
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    if (left.length > 0)
      throw new Error(`left behind: ${left.map(({ pid, command }) => `${pid} ${command}`).join('; ')}`);
  }

  /** Stops the server and removes the folder. */
  async close(): Promise<void> {
    try {
      await this.stop();
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }
}
