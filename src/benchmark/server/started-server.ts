import { type ChildProcess, fork } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { StartupError } from '../../errors/startup-error.js';
import { freePorts } from './free-ports.js';
import { versionOf } from './management-client.js';
import type { ServerCommand } from './server-command.js';
import type { KeeperMessage, KeeperOrder } from './server-keeper.js';
import type { TargetServer } from './target-server.js';

/** How a server is started for a benchmark. */
export interface StartOptions {
  /** A config.properties to begin with; its addresses are replaced by free ports of the loopback interface. */
  readonly configFile?: string | undefined;
  /** Where its folder is made; the system's temporary folder unless given. */
  readonly folder?: string | undefined;
  /** Further words for `torchserve --start`. */
  readonly words?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

const startSeconds = 120;

/** A server that runs for a benchmark, in a temporary folder of its own, and goes with it. */
export class StartedServer implements TargetServer {
  readonly label: string;
  readonly tokens = { inference: null, management: null };
  /** Its model store; archives can be put here at any time. */
  readonly store: string;
  version: string | null = null;
  readonly #folder: string;
  readonly #ports: readonly number[];
  #keeper: ChildProcess | null = null;
  #pid: number | null = null;
  #ended: string | null = null;

  private constructor(label: string, folder: string, ports: readonly number[]) {
    this.label = label;
    this.#folder = folder;
    this.#ports = ports;
    this.store = join(folder, 'model_store');
  }

  /**
   * Makes the folder and starts the server; resolves once it answers.
   * @throws StartupError with what the server printed, where it does not come up.
   */
  static async start(server: ServerCommand, options: StartOptions = {}): Promise<StartedServer> {
    const place = options.folder ?? tmpdir();
    mkdirSync(place, { recursive: true });
    const started = new StartedServer(server.label, mkdtempSync(join(place, 'tb-bench-')), await freePorts(5));
    try {
      await started.#start(server, options);
    } catch (error) {
      await started.close();
      throw error;
    }
    return started;
  }

  get inference(): string {
    return `http://127.0.0.1:${this.#ports[0]}`;
  }

  get management(): string {
    return `http://127.0.0.1:${this.#ports[1]}`;
  }

  get grpc(): string {
    return `127.0.0.1:${this.#ports[3]}`;
  }

  get pid(): number | null {
    return this.#pid;
  }

  get logs(): string {
    return join(this.#folder, 'logs');
  }

  /** A file is put into the model store; a URL is left to the server. */
  archiveAddress(archive: string): string {
    if (!existsSync(archive)) return archive;
    const name = basename(archive);
    const target = join(this.store, name);
    if (resolve(archive) === resolve(target)) return name;
    if (statSync(archive).isDirectory()) cpSync(archive, target, { recursive: true });
    else copyFileSync(archive, target);
    return name;
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    const keeper = this.#keeper;
    this.#keeper = null;
    if (keeper && keeper.exitCode === null && keeper.signalCode === null) {
      const gone = new Promise((done) => keeper.once('exit', done));
      keeper.disconnect();
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start({ command, env, version }: ServerCommand, options: StartOptions): Promise<void> {
    for (const name of ['model_store', 'tmp']) mkdirSync(join(this.#folder, name));
    writeFileSync(join(this.#folder, 'config.properties'), this.#config(options.configFile));
    const order: KeeperOrder = {
      command,
      args: [
        ...['--start', '--foreground', '--ncs', '--model-store', 'model_store', '--ts-config', 'config.properties'],
        ...['--workflow-store', 'model_store', ...(options.words ?? [])],
      ],
      stopArgs: ['--stop'],
      folder: this.#folder,
      env: {
        ...process.env,
        ...env,
        ...options.env,
        TMPDIR: join(this.#folder, 'tmp'),
        LOG_LOCATION: this.logs,
        METRICS_LOCATION: this.logs,
      },
      console: join(this.#folder, 'console.log'),
    };
    const script = new URL(
      import.meta.url.endsWith('.ts') ? './server-keeper.ts' : './server-keeper.js',
      import.meta.url,
    );
    // A session of its own: Ctrl-C in the terminal reaches the command, which then ends its servers in order.
    const keeper = fork(fileURLToPath(script), { detached: true, stdio: 'ignore' });
    this.#keeper = keeper;
    keeper.on('message', (message: KeeperMessage) => {
      if (message.kind === 'started') this.#pid = message.pid;
      else this.#ended = message.how;
    });
    keeper.send({ ...order, env: defined(order.env) });
    await this.#answers(order.console);
    this.version = version ?? (await versionOf(this.inference));
  }

  async #answers(console: string): Promise<void> {
    const deadline = Date.now() + startSeconds * 1000;
    for (;;) {
      if (this.#ended !== null || Date.now() > deadline) {
        const how = this.#ended === null ? `does not answer after ${startSeconds} s` : `ended with ${this.#ended}`;
        throw new StartupError(`${this.label} ${how}: ${readFileSync(console, 'utf8').trim().slice(-1500)}`);
      }
      const status = await fetch(`${this.inference}/ping`).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 200) return;
      await sleep(20);
    }
  }

  #config(file: string | undefined): string {
    const [inference, management, metrics, grpcInference, grpcManagement] = this.#ports;
    let given = '';
    try {
      if (file !== undefined) given = readFileSync(file, 'utf8');
    } catch {
      throw new StartupError(`${file} cannot be read: name an existing config.properties with --config-properties.`);
    }
    // Of keys that are written twice the last one counts.
    return [
      'disable_token_authorization=true',
      'enable_model_api=true',
      given,
      `inference_address=http://127.0.0.1:${inference}`,
      `management_address=http://127.0.0.1:${management}`,
      `metrics_address=http://127.0.0.1:${metrics}`,
      `grpc_inference_port=${grpcInference}`,
      `grpc_management_port=${grpcManagement}`,
      '',
    ].join('\n');
  }
}

/** Messages cannot carry undefined, which takes a variable away. */
function defined(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}
