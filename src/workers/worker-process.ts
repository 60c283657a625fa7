import { constants } from 'node:os';

/** How a process ended; exactly one of code and signal is set, or neither where nobody could see it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** In words, where somebody knows more. */
  readonly reason?: string;
}

/** @param status exit status, or minus the number of the signal. */
export function exitOf(status: number): Exit {
  if (status >= 0) return { code: status, signal: null };
  const name = Object.entries(constants.signals).find(([, number]) => number === -status)?.[0];
  return { code: null, signal: (name ?? 'SIGKILL') as NodeJS.Signals };
}

/** A Python process that runs, or ran, one worker; where several do, all of them. */
export interface WorkerProcess {
  /** As users see it. */
  readonly pid: number;
  /** All of its processes. */
  readonly pids: readonly number[];
  /** Never rejects. */
  readonly exited: Promise<Exit>;
  /** Signals the process and everything that its handler started: the whole process group. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** What a process needs to know to load a model before its workers are forked: fields of Load in worker.proto. */
export interface Preload {
  readonly fields: Readonly<Record<string, string | number | boolean>>;
  /** How long it may take. */
  readonly timeoutMs: number;
}

/** What is needed to start one. */
export interface LaunchOrder {
  readonly workerId: string;
  /** Unpacked archive: the working directory. */
  readonly modelDir: string;
  /** Absolute path of the Python interpreter. */
  readonly python: string;
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** It needs an interpreter of its own, and must not be forked from one that has imported things already. */
  readonly freshInterpreter: boolean;
  /** As the manifest or the register call has it. */
  readonly handler: string;
  /** Loads the model before workers are forked, so that they share it; null: each loads its own. */
  readonly preload: Preload | null;
  /** Each line that it prints, native crash output too, without its newline. */
  onLine(stream: OutputStream, line: string): void;
}

export type OutputStream = 'stdout' | 'stderr';

/** A way to start worker processes. */
export interface Launcher {
  /** @throws Error with a sentence that says why nothing could be started. */
  launch(order: LaunchOrder): Promise<WorkerProcess>;
  /** Ends everything that it started. */
  close(): Promise<void>;
}

/** The handle of a process that leads, or is about to lead, its own process group. */
export function groupLeader(pid: number, exited: Promise<Exit>): WorkerProcess {
  let gone = false;
  void exited.then(() => {
    gone = true;
  });
  const kill = (signal: 'SIGTERM' | 'SIGKILL'): void => {
    // A process that has not made its group yet is signalled alone; one that is gone never is, its id may be another's.
    if (!signalled(-pid, signal) && !gone) signalled(pid, signal);
  };
  return { pid, pids: [pid], exited, kill };
}

function signalled(target: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}
