import type { WorkerState } from './worker-state.js';

/** The one variable that says where a worker is in its life, and the one door through which it changes. */
export class WorkerLife {
  #state: WorkerState = 'starting';
  readonly #entered: (state: WorkerState) => void;

  /** @param entered hears of each change, after it. */
  constructor(entered: (state: WorkerState) => void) {
    this.#entered = entered;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Nothing leads out of these. */
  get over(): boolean {
    return this.#state === 'stopped' || this.#state === 'failed';
  }

  /** False, and nothing happens, where the present state is none of `from`. */
  transition(from: readonly WorkerState[], to: WorkerState): boolean {
    if (!from.includes(this.#state)) return false;
    this.#state = to;
    this.#entered(to);
    return true;
  }
}
