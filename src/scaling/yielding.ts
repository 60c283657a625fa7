import type { ModelVersion } from '../registry/model-version.js';

/** A version that gives up workers so that another gets one. */
export interface Yield {
  readonly version: ModelVersion;
  /** Workers that it is left with. */
  readonly left: number;
  readonly idle: boolean;
}

/**
 * Who makes room: first the version that was idle for longest, which goes down to its minimum; where none is idle and
 * the matter is `urgent`, the one with the most workers gives up one, and keeps at least one. Versions whose workers do
 * not follow the load keep theirs. null: nobody can.
 * @param wanting the version that needs the room, and yields nothing; null: none in particular.
 */
export function whoYields(
  versions: readonly ModelVersion[],
  wanting: ModelVersion | null,
  urgent: boolean,
): Yield | null {
  const able = versions.filter(
    (version) => version !== wanting && version.autoscale !== null && version.aliveWorkers > version.minWorkers,
  );
  const idle = able.filter(isIdle);
  if (idle.length > 0) {
    const version = idle.reduce((oldest, one) => (usedAt(one) < usedAt(oldest) ? one : oldest));
    return { version, left: version.minWorkers, idle: true };
  }
  const spare = able.filter((version) => version.readyWorkers > Math.max(1, version.minWorkers));
  if (!urgent || spare.length === 0) return null;
  const version = spare.reduce((largest, one) => (one.aliveWorkers > largest.aliveWorkers ? one : largest));
  return { version, left: version.aliveWorkers - 1, idle: false };
}

/** It has nothing to do, and none of its workers is just being started for something. */
function isIdle({ batcher, aliveWorkers, readyWorkers }: ModelVersion): boolean {
  return batcher.pending === 0 && batcher.workload.busy === 0 && readyWorkers === aliveWorkers;
}

function usedAt({ batcher }: ModelVersion): number {
  return batcher.workload.usedAt;
}
