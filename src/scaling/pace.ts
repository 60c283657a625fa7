import type { AutoscaleSettings } from '../config/autoscale.js';
import type { Wish } from './decide.js';

/** A step up this soon (ms) after a step down says that the step down was wrong. */
const flapMs = 60_000;
/** Unless it is a surge: a call for so many more workers than there were before. */
const surge = 3;
/** Each such flap multiplies the time that the next step down has to wait, up to so many stabilization windows. */
const growth = 4;
const mostPatience = 32;
/** Without one for so long (ms) it is forgotten. */
const forgetMs = 600_000;

/**
 * Turns wishes into steps: how far and how soon the number of workers follows them. Keeps the memory that wishes lack:
 * since when more or fewer were wished for, and how many in the last while. Pure but for that: time comes with each call.
 */
export class Pace {
  #moreSince: number | null = null;
  #fewerSince: number | null = null;
  /** The wishes of the stabilization window: a queue whose values fall, so that the first is the highest. */
  #highest: { readonly at: number; readonly workers: number }[] = [];
  #lastDown = { at: Number.NEGATIVE_INFINITY, from: 0 };
  /** Stabilization windows that a step down has to wait. */
  #patience = 1;
  #flappedAt = Number.NEGATIVE_INFINITY;

  /** @returns how many workers there should be now: `present` where no step is due. */
  step(now: number, present: number, wish: Wish, settings: AutoscaleSettings): number {
    const windowMs = settings.stabilizationWindow * 1000;
    const stable = this.#stabilized(now, wish.workers, windowMs * this.#patience);
    if (wish.workers > present) {
      this.#fewerSince = null;
      this.#moreSince ??= now;
      if (present > 0 && now - this.#moreSince < settings.upscaleDelay * 1000) return present;
      this.#moreSince = null;
      this.#learn(now, wish.workers);
      return Math.min(wish.workers, present + most(present, settings.upscaleRate));
    }
    this.#moreSince = null;
    // An idle version has been told to go by a time of its own.
    const wanted = wish.cause === 'idle' ? wish.workers : stable;
    if (wanted >= present) {
      this.#fewerSince = null;
      return present;
    }
    this.#fewerSince ??= now;
    if (wish.cause !== 'idle' && now - this.#fewerSince < settings.downscaleDelay * 1000) return present;
    this.#fewerSince = now;
    if (wish.cause === 'idle') return wanted;
    this.#lastDown = { at: now, from: present };
    return Math.max(wanted, present - most(present, settings.downscaleRate));
  }

  #stabilized(now: number, workers: number, windowMs: number): number {
    while (this.#highest.length > 0 && (this.#highest.at(-1)?.workers as number) <= workers) this.#highest.pop();
    this.#highest.push({ at: now, workers });
    while ((this.#highest[0]?.at as number) < now - windowMs) this.#highest.shift();
    return this.#highest[0]?.workers as number;
  }

  /** Noise about the edge of a step brings back the worker that has just gone: then the edge is left alone for longer. */
  #learn(now: number, wished: number): void {
    const { at, from } = this.#lastDown;
    if (now - at <= flapMs && wished < from + surge) {
      this.#patience = Math.min(mostPatience, this.#patience * growth);
      this.#flappedAt = now;
      // Said once: not again with every step that follows.
      this.#lastDown = { at: Number.NEGATIVE_INFINITY, from: 0 };
    } else if (now - this.#flappedAt > forgetMs) {
      this.#patience = 1;
    }
  }
}

function most(present: number, percent: number): number {
  return Math.max(1, Math.floor((present * percent) / 100));
}
