/** Loads that change with time. `rate` is in parts of what the most workers can do, `at` runs from 0 to 1. */
export interface Trace {
  readonly name: string;
  readonly rate: (at: number) => number;
}

export const traces: readonly Trace[] = [
  { name: 'steady', rate: () => 0.4 },
  { name: 'step', rate: (at) => (at < 0.3 ? 0.1 : 0.7) },
  // Three bursts beyond what the most workers can do: then even those have a queue.
  { name: 'burst', rate: (at) => (isBurst(at) ? 1.15 : 0.08) },
  { name: 'sawtooth', rate: (at) => 0.05 + 0.8 * ((at * 3) % 1) },
  { name: 'day', rate: (at) => 0.4 - 0.35 * Math.cos(at * 2 * Math.PI) },
];

/** The second half of each third begins with a burst of a twentieth of the whole. */
function isBurst(at: number): boolean {
  const within = (at * 3) % 1;
  return within >= 0.5 && within < 0.65;
}

/**
 * When requests come, in ms from the start: at random, as they do when callers know nothing of each other, and the same
 * for the same trace, so that all are asked the same.
 * @param most requests a second that the most workers can do.
 */
export function arrivals({ rate }: Trace, seconds: number, most: number): number[] {
  const random = generator(1);
  const times: number[] = [];
  const stepMs = 5;
  for (let now = 0; now < seconds * 1000; now += stepMs) {
    const expected = (rate(now / seconds / 1000) * most * stepMs) / 1000;
    // At most one request a step: the steps are short.
    if (random() < expected) times.push(now + random() * stepMs);
  }
  return times;
}

/** Uniform numbers from 0 to 1 (a linear congruential generator with the constants of Numerical Recipes). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
