import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { readLines } from './output-lines.js';
import type { OutputSocket } from './output-socket.js';
import { packageRoot } from './package-root.js';
import { parentOf } from './parent.js';
import { type Exit, exitOf, groupLeader, type LaunchOrder, type WorkerProcess } from './worker-process.js';

/** The nursery would not fork this worker (a module of the archive clashes with one that it holds): spawn it instead. */
export class NurseryRefusal extends Error {
  override readonly name = 'NurseryRefusal';
}

type Event =
  | { event: 'ready'; pid: number; python: string; torch: string }
  | { event: 'unfit'; reason: string }
  | { event: 'forked'; id: string; pid: number }
  | { event: 'refused'; id: string; reason: string }
  | { event: 'exited'; id: string; pid: number; status: number };

interface Asked {
  resolve(process: WorkerProcess): void;
  reject(error: Error): void;
}

/** How a process ended whose end nobody saw. */
const unseen: Exit = { code: null, signal: null };

/**
 * One process that has imported torch and the worker runtime, and forks warm workers on command. Commands go to its
 * standard input, events come back on file descriptor 3, both one JSON object a line. It ends, and ends its workers,
 * when its standard input closes; so it never outlives this server.
 */
export class Nursery {
  readonly #child: ReturnType<typeof startPython>;
  readonly #output: OutputSocket;
  readonly #asked = new Map<string, Asked>();
  readonly #running = new Map<number, { process: WorkerProcess; ended: (exit: Exit) => void }>();
  readonly #ready: Promise<void>;
  /** Resolves when the nursery is gone, whatever ended it. */
  readonly exited: Promise<void>;
  #gone = false;
  #unfit = false;
  #importing = true;

  /**
   * @param python interpreter.
   * @param env environment of the nursery itself; each worker brings its own.
   * @param onLine what the nursery prints while it imports.
   */
  constructor(
    python: string,
    env: Readonly<Record<string, string>>,
    output: OutputSocket,
    onLine: (line: string) => void,
  ) {
    this.#output = output;
    const child = startPython(python, env);
    this.#child = child;
    readLines(child.stdout, onLine);
    let lastWords = '';
    readLines(child.stderr, (line) => {
      if (line.trim() !== '') lastWords = line;
      onLine(line);
    });
    child.stdin.on('error', () => {});
    let failed: (error: Error) => void = () => {};
    this.#ready = new Promise((resolve, reject) => {
      failed = reject;
      readLines(child.stdio[3] as Readable, (line) => this.#handle(JSON.parse(line) as Event, resolve, reject));
    });
    this.#ready.catch(() => {});
    this.exited = child.then(() => {
      failed(new Error(`the nursery of ${python} ended: ${lastWords || 'it said nothing'}`));
      this.#over();
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** It could not load the model that it was to load, and will not do so when it is started again. */
  get unfit(): boolean {
    return this.#unfit;
  }

  /** How many workers it has now, or is about to have. */
  get workers(): number {
    return this.#running.size + this.#asked.size;
  }

  /** Resolves when it can fork; rejects with a NurseryRefusal where it is unfit, and an Error where it is gone. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /**
   * @param onForked told how long (ms) the fork took.
   * @throws NurseryRefusal, or an Error where the nursery is gone.
   */
  async fork(order: LaunchOrder, onForked: (elapsedMs: number) => void = () => {}): Promise<WorkerProcess> {
    await this.#ready;
    if (this.#gone) throw new Error('the nursery is gone');
    this.#output.expect(order.workerId, order.onLine);
    return await new Promise<WorkerProcess>((resolve, reject) => {
      const began = performance.now();
      const forked = (process: WorkerProcess): void => {
        onForked(performance.now() - began);
        resolve(process);
      };
      this.#asked.set(order.workerId, { resolve: forked, reject });
      const fork = {
        id: order.workerId,
        env: order.env,
        cwd: order.modelDir,
        model_dir: order.modelDir,
        handler: order.handler,
        output: this.#output.path,
      };
      this.#child.stdin.write(`${JSON.stringify({ fork })}\n`);
    });
  }

  /** Ends it and every worker that it forked. While it imports it would not hear, and has no workers. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    if (this.#importing && !this.#gone) this.#killAll();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), 2000);
    await this.exited;
    clearTimeout(kill);
  }

  /** Itself, and what a model that it loads has started. */
  #killAll(): void {
    const { pid } = this.#child;
    if (pid !== undefined)
      groupLeader(
        pid,
        this.exited.then(() => unseen),
      ).kill('SIGKILL');
  }

  #handle(event: Event, ready: () => void, failed: (error: Error) => void): void {
    if (event.event === 'ready') {
      this.#importing = false;
      ready();
    } else if (event.event === 'unfit') {
      this.#unfit = true;
      failed(new NurseryRefusal(event.reason));
    } else if (event.event === 'exited') {
      this.#running.get(event.pid)?.ended(exitOf(event.status));
      this.#running.delete(event.pid);
    } else {
      const asked = this.#asked.get(event.id);
      this.#asked.delete(event.id);
      if (event.event === 'refused') asked?.reject(new NurseryRefusal(event.reason));
      else asked?.resolve(this.#forked(event.pid));
    }
  }

  #forked(pid: number): WorkerProcess {
    let ended: (exit: Exit) => void = () => {};
    const exited = new Promise<Exit>((resolve) => {
      ended = resolve;
    });
    const process = groupLeader(pid, exited);
    this.#running.set(pid, { process, ended });
    return process;
  }

  /** Its workers die with it (parent-death signal); the kernel told nobody how, so nobody knows. */
  #over(): void {
    this.#gone = true;
    for (const { reject } of this.#asked.values()) reject(new Error('the nursery is gone'));
    this.#asked.clear();
    for (const { process, ended } of this.#running.values()) {
      process.kill('SIGKILL');
      ended(unseen);
    }
    this.#running.clear();
  }
}

function startPython(python: string, env: Readonly<Record<string, string>>) {
  return execa(python, ['-m', 'ts_worker.nursery'], {
    // python -m puts it on the path: not the folder in which the server happened to be started.
    cwd: join(packageRoot, 'python_backend'),
    env: { ...env, ...parentOf() },
    extendEnv: false,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    buffer: false,
    reject: false,
  });
}
