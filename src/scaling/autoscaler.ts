import type { Logger } from '../observability/logging/logging.js';
import type { AutoscaleStatus } from '../registry/autoscale-status.js';
import type { ModelVersion, Waker } from '../registry/model-version.js';
import { LoadFailure, type Worker } from '../workers/worker.js';
import type { Resized } from '../workers/worker-pool.js';
import { allowedBy, type Met } from './bound.js';
import type { WishCause } from './decide.js';
import { Follower } from './follower.js';
import type { Machine } from './machine.js';
import { whoYields } from './yielding.js';

/** Changes the number of workers of a version: the lifecycle. */
export interface Resizer {
  /** @param full GPUs that new workers should not be given. */
  resize(version: ModelVersion, workers: number, full: ReadonlySet<number>): Resized;
  /** Takes out one worker that did not come to serve. */
  drop(version: ModelVersion, worker: Worker): Promise<void>;
}

/** What the autoscaler works with. */
export interface AutoscalerParts {
  /** Every version there is. */
  readonly versions: () => readonly ModelVersion[];
  readonly resizer: Resizer;
  readonly machine: Machine;
  readonly log: Logger;
}

/** A version that has requests and no worker, and waits for room to start one. */
interface Sleeper {
  readonly since: number;
  /** Another version is making room for it. */
  helped: boolean;
}

/** How often loads are looked at, in ms. */
const tickMs = 100;
/** How often sleepers are looked at while there are some, in ms. */
const nudgeMs = 10;

/**
 * Keeps the number of workers of each version in step with its load, where autoscaling is on: looks at the loads ten
 * times a second, and starts workers for a version that has none as soon as a request comes. Every version is left with
 * at least its minimum, whatever the others need.
 */
export class Autoscaler implements Waker {
  readonly #parts: AutoscalerParts;
  readonly #followers = new WeakMap<ModelVersion, Follower>();
  /** In the order in which their first requests came. */
  readonly #sleepers = new Map<ModelVersion, Sleeper>();
  #ticking: NodeJS.Timeout | null = null;
  #nudging: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(parts: AutoscalerParts) {
    this.#parts = parts;
  }

  /** Begins to look. */
  start(): void {
    this.#ticking ??= setInterval(() => this.#tick(), tickMs);
  }

  /** Stops to look; nothing is started or stopped after it. */
  close(): void {
    this.#closed = true;
    if (this.#ticking) clearInterval(this.#ticking);
    if (this.#nudging) clearTimeout(this.#nudging);
    this.#sleepers.clear();
  }

  obstacle(version: ModelVersion): string | null {
    if (this.#closed) return 'The server is stopping.';
    return this.#follower(version).backoff.obstacle(performance.now()) ?? this.#parts.machine.memory.never(version);
  }

  wake(version: ModelVersion): void {
    if (this.#closed || this.#sleepers.has(version)) return;
    this.#sleepers.set(version, { since: performance.now(), helped: false });
    this.#serveSleepers();
  }

  #tick(): void {
    const now = performance.now();
    const { machine, versions } = this.#parts;
    const elastic = versions().filter(({ autoscale, closed }) => autoscale !== null && !closed);
    if (elastic.length === 0) return;
    machine.look(now);
    for (const version of elastic) this.#follow(version, now);
    if (machine.memory.overBudget) this.#makeRoom(null, false);
    this.#serveSleepers();
  }

  #follow(version: ModelVersion, now: number): void {
    const present = version.aliveWorkers;
    if (present === 0) {
      if (version.batcher.pending > 0) this.wake(version);
      return;
    }
    const { wish, wanted, target } = this.#follower(version).look(now);
    if (target < present) {
      this.#stop(version, target, wish.cause, wish.reason);
      note(version, { workersWanted: wanted, bound: null });
    } else if (target > present && this.#mayStart(version)) {
      const met = this.#add(version, target - present, wish.cause, wish.reason);
      this.#noteBound(version, wanted, met);
    } else if (wish.workers > wanted && wanted <= present) {
      note(version, { workersWanted: wanted, bound: `${wish.workers} are called for, and maxWorkers is ${wanted}` });
    } else if (wanted <= present) {
      note(version, { workersWanted: wanted, bound: null });
    }
  }

  /** Starts up to so many more workers. @returns the bound that keeps it from starting all of them. */
  #add(version: ModelVersion, more: number, cause: WishCause, reason: string): Met | null {
    const { workers, met } = allowedBy(this.#parts.machine.bounds, version, more);
    if (workers > 0) this.#start(version, workers, cause, reason);
    if (met !== null && met.kind !== 'cores' && this.#sleepers.size === 0) this.#makeRoom(version, false);
    return met;
  }

  /** A version whose workers fail to start, or to stay, is given no more of them for a while. */
  #mayStart(version: ModelVersion): boolean {
    return version.restartingWorkers === 0 && this.#follower(version).backoff.left(performance.now()) === 0;
  }

  #start(version: ModelVersion, more: number, cause: WishCause, reason: string): void {
    const present = version.aliveWorkers;
    this.#decided(version, present, present + more, cause, reason);
    const full = this.#parts.machine.fullGpus(version);
    const { started } = this.#parts.resizer.resize(version, present + more, full);
    for (const worker of started) {
      worker.firstLoad.then(
        () => this.#loaded(version),
        (failure) => this.#failed(version, worker, failure),
      );
    }
  }

  #stop(version: ModelVersion, left: number, cause: WishCause | 'makes_room', reason: string): Promise<void> {
    const present = version.aliveWorkers;
    this.#decided(version, present, left, cause, reason);
    const { stopped } = this.#parts.resizer.resize(version, left, new Set());
    this.#parts.machine.memory.leaving(version, present - left, stopped);
    return stopped;
  }

  async #loaded(version: ModelVersion): Promise<void> {
    const { memory, sizes } = this.#parts.machine;
    this.#follower(version).backoff.succeeded();
    await sizes.measure(version);
    const never = memory.never(version);
    if (this.#closed || never === null || version.aliveWorkers <= version.minWorkers) return;
    note(version, { bound: never });
    await this.#stop(version, version.minWorkers, 'makes_room', never);
  }

  async #failed(version: ModelVersion, worker: Worker, failure: unknown): Promise<void> {
    // One that was told to go while it started has not failed.
    if (this.#closed || version.closed || !worker.alive) return;
    const why = failure instanceof LoadFailure ? failure.message : String(failure);
    const { backoff } = this.#follower(version);
    const byChance = failure instanceof LoadFailure && !['load_failed', 'startup_timeout'].includes(failure.reason);
    backoff.failed(performance.now(), why, byChance);
    const gone = this.#parts.resizer.drop(version, worker);
    const obstacle = backoff.obstacle(performance.now());
    note(version, { bound: obstacle ?? why });
    this.#parts.log.warn(`${nameOf(version)}: ${obstacle ?? `${why}; another is started`}`);
    if (version.aliveWorkers === 0 && obstacle !== null) version.refuseWaiting(obstacle);
    else if (version.aliveWorkers === 0 && version.batcher.pending > 0) this.wake(version);
    await gone;
  }

  /** Starts workers for those that have none, first come, first served, as far as there is room. */
  #serveSleepers(): void {
    const now = performance.now();
    let blocked = false;
    for (const [version, sleeper] of this.#sleepers) {
      if (this.#isOver(version, sleeper, now)) this.#sleepers.delete(version);
      else if (blocked || this.#starting() >= this.#parts.machine.startsAtOnce) blocked = true;
      else if (this.#wakeNow(version)) this.#sleepers.delete(version);
      else blocked = true;
      if (blocked && this.#sleepers.has(version) && !sleeper.helped) this.#help(version, sleeper);
    }
    if (this.#sleepers.size === 0 || this.#nudging || this.#closed) return;
    this.#nudging = setTimeout(() => {
      this.#nudging = null;
      this.#serveSleepers();
    }, nudgeMs);
  }

  /** Nothing has to be done for a sleeper any more; what waits for one that cannot be helped is answered. */
  #isOver(version: ModelVersion, { since }: Sleeper, now: number): boolean {
    if (version.closed || version.batcher.pending === 0 || version.aliveWorkers > 0) return true;
    const obstacle = version.autoscale === null || version.maxWorkers === 0 ? '' : this.obstacle(version);
    const { startupTimeoutSeconds: patience } = version.settings;
    const tooLate = now - since > patience * 1000;
    if (obstacle === null && !tooLate) return false;
    const bound = version.autoscaleStatus?.bound ?? 'others were first';
    version.refuseWaiting(
      obstacle ?? `There was no room for a worker within ${patience} s (startupTimeout): ${bound}.`,
    );
    return true;
  }

  #wakeNow(version: ModelVersion): boolean {
    const { wish, wanted } = this.#follower(version).wish(performance.now());
    // How large a worker is, and whether one starts at all, is not known before the first.
    const known = this.#parts.machine.sizes.measured(version) !== null;
    const workers = known ? Math.max(1, wanted) : Math.max(1, version.minWorkers);
    const { workers: allowed, met } = allowedBy(this.#parts.machine.bounds, version, workers);
    if (allowed > 0) this.#start(version, allowed, wish.cause, wish.reason);
    this.#noteBound(version, workers, met);
    return allowed > 0;
  }

  #help(version: ModelVersion, sleeper: Sleeper): void {
    const { met } = allowedBy(this.#parts.machine.bounds, version, 1);
    if (met === null || met.kind === 'cores') return;
    const gone = this.#makeRoom(version, true);
    if (gone === null) return;
    sleeper.helped = true;
    void gone.finally(() => {
      sleeper.helped = false;
    });
  }

  /** Another version gives up workers. @returns when they are gone; null where none can. */
  #makeRoom(wanting: ModelVersion | null, urgent: boolean): Promise<void> | null {
    const yielding = whoYields(this.#parts.versions(), wanting, urgent);
    if (yielding === null) return null;
    const { version, left, idle } = yielding;
    const whom = wanting === null ? 'the others' : nameOf(wanting);
    return this.#stop(
      version,
      left,
      'makes_room',
      `${idle ? 'idle for longest' : 'has the most workers'}, makes room for ${whom}`,
    );
  }

  #starting(): number {
    return this.#parts
      .versions()
      .reduce((sum, { aliveWorkers, readyWorkers }) => sum + (aliveWorkers - readyWorkers), 0);
  }

  #decided(version: ModelVersion, from: number, to: number, cause: WishCause | 'makes_room', reason: string): void {
    this.#parts.log.info(`${nameOf(version)}: ${from} to ${to} workers: ${reason}`);
    version.meter?.scaled(to > from ? 'up' : 'down', cause);
    note(version, { workersWanted: to, reason, changedAt: new Date() });
  }

  #noteBound(version: ModelVersion, wanted: number, met: Met | null): void {
    const bound = met === null ? null : `${met.kind}: ${met.reason}`;
    if (met !== null && version.autoscaleStatus?.bound?.split(':', 1)[0] !== met.kind) {
      this.#parts.log.warn(`${nameOf(version)}: ${wanted} workers are called for, and there is no room: ${met.reason}`);
      version.meter?.scalingLimited(met.kind);
    }
    note(version, { workersWanted: wanted, bound });
  }

  #follower(version: ModelVersion): Follower {
    let follower = this.#followers.get(version);
    if (!follower) {
      follower = new Follower(version);
      this.#followers.set(version, follower);
    }
    return follower;
  }
}

function note(version: ModelVersion, news: Partial<AutoscaleStatus>): void {
  const first = {
    workersWanted: version.aliveWorkers,
    reason: 'nothing was changed yet',
    changedAt: null,
    bound: null,
  };
  version.autoscaleStatus = { ...first, ...version.autoscaleStatus, ...news };
}

function nameOf({ modelName, version }: ModelVersion): string {
  return `${modelName} ${version}`;
}
