import type { AutoscaleSettings } from '../config/autoscale.js';
import type { Load } from './load.js';

/** What made a wish: a word for metrics. */
export type WishCause = 'queue_wait' | 'queue_depth' | 'utilization' | 'demand' | 'idle' | 'steady';

/** How many workers the load calls for, before bounds and delays. */
export interface Wish {
  readonly workers: number;
  readonly cause: WishCause;
  /** Half a sentence with the figures behind it. */
  readonly reason: string;
}

/**
 * How far busy workers may be from their target, either way, before anything is changed: the tolerance of Kubernetes'
 * autoscaler.
 */
const tolerance = 0.1;

/** How many workers a load calls for. Pure: the same load and settings give the same wish. */
export function decide(load: Load, settings: AutoscaleSettings): Wish {
  if (load.workers === 0) return fromNothing(load, settings);
  if (load.idleMs >= settings.idleTimeout * 1000) {
    return { workers: 0, cause: 'idle', reason: `nothing was asked for ${seconds(load.idleMs)}` };
  }
  const calls = [byUtilization(load, settings), byQueueWait(load, settings), byQueueDepth(load, settings)];
  return calls.reduce((most, call) => (call.workers > most.workers ? call : most));
}

function fromNothing({ waiting }: Load, { targetQueueDepth }: AutoscaleSettings): Wish {
  return {
    workers: Math.ceil(waiting / targetQueueDepth),
    cause: 'demand',
    reason: waiting > 0 ? `${count(waiting, 'batch')} waiting and no worker` : 'nothing is asked',
  };
}

/**
 * Workers for what comes, and for what waits to be begun within the target. Counts only while something waits longer
 * than it should, or would: what the queue costs a caller is known before it has been paid.
 */
function byQueueWait(load: Load, { targetQueueWait: target }: AutoscaleSettings): Wish {
  const { waiting, oldestWaitMs, workers, ready, batchMs, arrivals } = load;
  // How long a batch takes is not known while the first ones run: at least as long as the oldest has waited for one.
  const service = batchMs ?? (ready > 0 ? oldestWaitMs : 0);
  // While workers start, what has waited so far says nothing of what is to come.
  const wait = Math.max((waiting * service) / workers, ready < workers ? 0 : oldestWaitMs);
  if (waiting === 0 || wait <= target) return steady(load);
  // More workers than batches would find nothing to do.
  const forQueue = Math.min(waiting, (waiting * service) / target);
  const needed = Math.ceil(forQueue + (arrivals * service) / 1000);
  return {
    workers: ready < workers ? needed : Math.max(workers + 1, needed),
    cause: 'queue_wait',
    reason: `${count(waiting, 'batch')} would wait ${whole(wait)} ms, target ${target} ms`,
  };
}

function byQueueDepth(load: Load, { targetQueueDepth: target }: AutoscaleSettings): Wish {
  const { waiting, workers } = load;
  if (waiting <= workers * target) return steady(load);
  return {
    workers: Math.ceil(waiting / target),
    cause: 'queue_depth',
    reason: `${count(waiting, 'batch')} waiting for ${count(workers, 'worker')}, target ${target} each`,
  };
}

function byUtilization({ busy, workers }: Load, { targetUtilization: target }: AutoscaleSettings): Wish {
  const share = (100 * busy) / workers;
  const above = share > target * (1 + tolerance);
  const wanted = Math.max(1, Math.ceil((100 * busy) / (above ? target : target * (1 - tolerance))));
  const changes = above || wanted < workers;
  return {
    workers: changes ? wanted : workers,
    cause: changes ? 'utilization' : 'steady',
    reason: `workers are busy ${whole(share)} % of the time, target ${target} %`,
  };
}

function steady({ workers }: Load): Wish {
  // The least of all wishes: only utilization says that fewer would do.
  return { workers: Math.min(1, workers), cause: 'steady', reason: '' };
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}

function whole(value: number): string {
  return String(Math.round(value));
}

function count(number: number, noun: string): string {
  const shown = Math.round(number * 10) / 10;
  return shown === 1 ? `1 ${noun}` : `${shown} ${noun}${noun.endsWith('ch') ? 'es' : 's'}`;
}
