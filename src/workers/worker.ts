import type { PendingRequest } from '../batching/pending-request.js';
import type { VersionBatcher } from '../batching/version-batcher.js';
import { ServingError } from '../errors/serving-error.js';
import type { CpuAllotment, CpuShare } from './cpu/cpu-share.js';
import type { Desk, Dispatch } from './desk.js';
import type { Expected } from './link/link-server.js';
import {
  type BatchResult,
  Code,
  type Load,
  type LoadOutcome,
  type Metric,
  type WorkerLink,
} from './link/worker-link.js';
import { LinkSession } from './link-session.js';
import { makeDesk } from './make-desk.js';
import { residentBytes } from './process-memory.js';
import type { RestartPolicy } from './restart-policy.js';
import { type TimeLimit, timeLimit } from './time-limit.js';
import { WorkerLife } from './worker-life.js';
import type { Exit, Launcher, OutputStream, Preload, WorkerProcess } from './worker-process.js';
import type { WorkerSnapshot, WorkerState } from './worker-state.js';

/** The kinds of ends that a worker process comes to unasked; metrics count them by these words. */
export type DeathReason =
  | 'exited'
  | 'signal'
  | 'killed'
  | 'load_failed'
  | 'startup_timeout'
  | 'response_timeout'
  | 'launch_failed'
  | 'lost';

/** Why a worker did not load its model, or ended. */
export class LoadFailure extends Error {
  override readonly name = 'LoadFailure';
  readonly reason: DeathReason;
  readonly outOfMemory: boolean;

  constructor(message: string, reason: DeathReason, outOfMemory = false) {
    super(message);
    this.reason = reason;
    this.outOfMemory = outOfMemory;
  }
}

/** What happens in a worker's life; for logs and metrics. */
export interface WorkerEvents {
  entered(worker: Worker, state: WorkerState): void;
  line(worker: Worker, stream: OutputStream, line: string): void;
  metrics(worker: Worker, metrics: readonly Metric[]): void;
  loaded(worker: Worker, outcome: LoadOutcome, elapsedMs: number): void;
  /** @param heldMs since the worker could have begun the batch. */
  finished(worker: Worker, result: BatchResult, requests: readonly PendingRequest[], heldMs: number): void;
  died(worker: Worker, message: string, reason: DeathReason): void;
}

/** Fixed for a worker's whole life. */
export interface WorkerOptions {
  /** "9000" upwards. */
  readonly id: string;
  /** As it is logged: W-9000-model_1.0. */
  readonly name: string;
  readonly gpuId: number | null;
  readonly python: string;
  /** Environment of the process, without the link's own variables. */
  readonly env: Readonly<Record<string, string>>;
  /** See LaunchOrder. */
  readonly freshInterpreter: boolean;
  /** See LaunchOrder. */
  readonly preload: Preload | null;
  readonly load: Omit<Load, 'cpuThreads' | 'placement'> & { readonly modelDir: string };
  readonly startupTimeoutMs: number;
  readonly responseTimeoutMs: number;
  readonly dispatch: Dispatch;
}

/** The machinery that a worker runs on. */
export interface WorkerParts {
  readonly launcher: Pick<Launcher, 'launch'>;
  readonly links: { readonly target: string; expect(workerId: string): Expected };
  readonly batcher: VersionBatcher;
  readonly cpuShare: CpuShare;
  readonly restarts: RestartPolicy;
  readonly events: WorkerEvents;
}

/** How long a worker that was told to shut down may take to exit. Its `atexit` hooks run in this time. */
const exitGraceMs = 5000;
/**
 * How long the exit status of a process whose link broke is waited for, before the process is killed. Where it was a rank
 * that died, torchrun ends the others in this time and tells how the one ended.
 */
const lastBreathMs = 3000;

/** One worker of one model version: a process after another under one id, as long as it is wanted. */
export class Worker {
  readonly id: string;
  readonly name: string;
  readonly startTime = new Date();
  /** Settles when the first process has loaded the model, or rejects with a LoadFailure when it has not. */
  readonly firstLoad: Promise<void>;
  readonly #options: WorkerOptions;
  readonly #parts: WorkerParts;
  readonly #life: WorkerLife;
  readonly #lived: Promise<void>;
  readonly #stopAsked = new AbortController();
  /** Resolves when it is asked to stop. */
  readonly #stopping = aborted(this.#stopAsked.signal);
  #firstLoaded!: () => void;
  #firstFailed!: (failure: LoadFailure) => void;
  #process: WorkerProcess | null = null;
  #link: WorkerLink | null = null;
  #desk: Desk | null = null;
  #overdue = false;
  #lastError: string | null = null;

  constructor(options: WorkerOptions, parts: WorkerParts) {
    this.id = options.id;
    this.name = options.name;
    this.#options = options;
    this.#parts = parts;
    this.#life = new WorkerLife((state) => parts.events.entered(this, state));
    this.firstLoad = new Promise((resolve, reject) => {
      this.#firstLoaded = resolve;
      this.#firstFailed = reject;
    });
    // Whoever asked asynchronously does not look at it.
    this.firstLoad.catch(() => {});
    this.#lived = this.#live();
  }

  get state(): WorkerState {
    return this.#life.state;
  }

  /** It serves, or may come to serve by itself. */
  get alive(): boolean {
    return !this.#life.over && this.#life.state !== 'draining';
  }

  /** Of its process, of several the first one's; -1 while there is none. */
  get pid(): number {
    return this.#process?.pid ?? -1;
  }

  /** All of its processes. */
  get pids(): readonly number[] {
    return this.#process?.pids ?? [];
  }

  /** Resolves when it is over for good. */
  get over(): Promise<void> {
    return this.#lived;
  }

  snapshot(): WorkerSnapshot {
    return {
      id: this.id,
      startTime: this.startTime,
      state: this.state,
      memoryBytes: this.pids.reduce((sum, pid) => sum + residentBytes(pid), 0),
      pid: this.pid,
      gpuId: this.#options.gpuId,
      lastError: this.#lastError,
    };
  }

  /** Sets the threads and the cores that the live process may use. */
  tune(allotment: CpuAllotment): void {
    this.#link?.tune(allotment);
  }

  /**
   * Takes nothing new, answers what it holds, and ends the process. What is not answered after the grace is answered
   * 503. Safe to call twice; resolves when the process is gone.
   */
  async stop(graceMs: number): Promise<void> {
    const wasReady = this.#life.transition(['ready'], 'draining');
    if (wasReady) {
      await timeLimit(this.#desk?.drain(), graceMs);
      this.#desk?.lost(() => new ServingError('unavailable', 'The worker was stopped before it could answer.'));
    }
    this.#life.transition(['starting', 'loading', 'restarting', 'failed'], 'draining');
    this.#stopAsked.abort();
    if (wasReady) this.#link?.shutdown();
    else this.#process?.kill('SIGKILL');
    if ((await timeLimit(this.#lived, exitGraceMs)) === 'timed out') this.#process?.kill('SIGKILL');
    await this.#lived;
  }

  async #live(): Promise<void> {
    const { restarts, events, cpuShare } = this.#parts;
    if (this.#options.gpuId === null) cpuShare.join(this);
    try {
      for (;;) {
        const failure = await this.#run();
        if (this.#stopAsked.signal.aborted) break;
        this.#lastError = failure.message;
        events.died(this, failure.message, failure.reason);
        const wait = restarts.failed();
        this.#life.transition(['starting', 'loading', 'ready'], wait === null ? 'failed' : 'restarting');
        this.#firstFailed(failure);
        if (wait === null) return;
        await timeLimit(this.#stopping, wait);
        if (!this.#life.transition(['restarting'], 'starting')) break;
      }
      this.#firstFailed(new LoadFailure('The worker was stopped while it started.', 'lost'));
      this.#life.transition(['draining'], 'stopped');
    } finally {
      cpuShare.leave(this);
    }
  }

  /** One process, from its start to its end. @returns why it ended. */
  async #run(): Promise<LoadFailure> {
    const { launcher, links } = this.#parts;
    const began = performance.now();
    const limit = timeLimit(new Promise<never>(() => {}), this.#options.startupTimeoutMs);
    const expected = links.expect(this.id);
    this.#overdue = false;
    try {
      const process = await launcher.launch({
        workerId: this.id,
        modelDir: this.#options.load.modelDir,
        python: this.#options.python,
        freshInterpreter: this.#options.freshInterpreter,
        handler: this.#options.load.handler ?? '',
        preload: this.#options.preload,
        env: {
          ...this.#options.env,
          TORCHBRIDGE_LINK: links.target,
          TORCHBRIDGE_WORKER_ID: this.id,
          TORCHBRIDGE_TOKEN: expected.token,
        },
        onLine: (stream, line) => this.#parts.events.line(this, stream, line),
      });
      this.#process = process;
      if (this.#stopAsked.signal.aborted) process.kill('SIGKILL');
      return await this.#attend(process, expected, limit, began);
    } catch (error) {
      return new LoadFailure(error instanceof Error ? error.message : String(error), 'launch_failed');
    } finally {
      limit.cancel();
      expected.forget();
      this.#process = null;
    }
  }

  async #attend(
    process: WorkerProcess,
    expected: Expected,
    limit: TimeLimit<never>,
    began: number,
  ): Promise<LoadFailure> {
    const arrived = await Promise.race([expected.link, process.exited, limit]);
    if (arrived === 'timed out') return await this.#tooSlow(process);
    if (!('listen' in arrived)) return exitFailure(arrived);

    const link = arrived;
    this.#link = link;
    const session = new LinkSession(link, (metrics) => this.#parts.events.metrics(this, metrics));
    try {
      this.#life.transition(['starting'], 'loading');
      link.load(this.#options.load, this.#parts.cpuShare.allotmentOf(this));
      const outcome = await Promise.race([session.whenLoaded, session.whenClosed, limit]);
      if (outcome === 'timed out') return await this.#tooSlow(process);
      if (outcome === 'closed') return exitFailure(await this.#lastBreath(process));
      if (outcome.code !== Code.OK) {
        process.kill('SIGKILL');
        await process.exited;
        return new LoadFailure(outcome.message, 'load_failed', outcome.code === Code.LOAD_OUT_OF_MEMORY);
      }
      limit.cancel();
      return await this.#serve(process, link, session, (desk) => this.#opens(desk, outcome, began));
    } finally {
      link.close();
      this.#link = null;
    }
  }

  /** The model is loaded: requests may come. */
  #opens(desk: Desk, outcome: LoadOutcome, began: number): void {
    this.#parts.restarts.succeeded();
    this.#lastError = null;
    if (this.#life.transition(['loading'], 'ready')) {
      this.#parts.events.loaded(this, outcome, performance.now() - began);
      this.#firstLoaded();
      desk.open();
    }
  }

  async #serve(
    process: WorkerProcess,
    link: WorkerLink,
    session: LinkSession,
    open: (desk: Desk) => void,
  ): Promise<LoadFailure> {
    const { batcher, events } = this.#parts;
    const desk = makeDesk(this.#options.dispatch, {
      link,
      batcher,
      responseTimeoutMs: this.#options.responseTimeoutMs,
      events: {
        overdue: () => {
          this.#overdue = true;
          process.kill('SIGKILL');
        },
        finished: (result, requests, heldMs) => events.finished(this, result, requests, heldMs),
      },
    });
    this.#desk = desk;
    session.desk = desk;
    open(desk);
    await session.whenClosed;
    const exit = await this.#lastBreath(process);
    desk.lost(() => deathError(exit, this.#overdue));
    return this.#overdue
      ? new LoadFailure(
          `no answer within the response timeout of ${this.#options.responseTimeoutMs / 1000} s`,
          'response_timeout',
        )
      : exitFailure(exit);
  }

  async #tooSlow(process: WorkerProcess): Promise<LoadFailure> {
    process.kill('SIGKILL');
    await process.exited;
    return new LoadFailure(
      `not ready within the startup timeout of ${this.#options.startupTimeoutMs / 1000} s`,
      'startup_timeout',
    );
  }

  /** The link is closed: how did the process end? One that lives on without its link is of no use. */
  async #lastBreath(process: WorkerProcess): Promise<Exit> {
    const stopping = this.#stopAsked.signal.aborted;
    const exit = await timeLimit(process.exited, stopping ? exitGraceMs : lastBreathMs);
    // What the handler started and left behind goes with it.
    process.kill('SIGKILL');
    if (exit !== 'timed out') return exit;
    await process.exited;
    return { code: null, signal: null };
  }
}

function exitFailure({ code, signal, reason }: Exit): LoadFailure {
  if (signal === 'SIGKILL' || code === 137)
    return new LoadFailure(reason ?? 'the process was killed (SIGKILL), perhaps for want of memory', 'killed');
  if (signal) return new LoadFailure(reason ?? `the process was ended by ${signal}`, 'signal');
  if (code === null) return new LoadFailure(reason ?? 'the process died', 'lost');
  return new LoadFailure(reason ?? `the process exited with status ${code}`, 'exited');
}

/** What the callers of the batch in hand are told. TorchServe's 507 stands for a process that was killed from outside. */
function deathError({ code, signal }: Exit, byUs: boolean): ServingError {
  const killed = !byUs && (signal === 'SIGKILL' || code === 137);
  return new ServingError(killed ? 'outOfMemory' : 'internal', 'Worker died.');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
