/** From the loudest to the quietest, as log4j orders them. */
export const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type Level = (typeof LEVELS)[number];
/** What a logger lets through: its level and louder; `all` or `off`. */
export type Threshold = Level | 'all' | 'off';

/** One thing said, before it becomes text. */
export interface LogRecord {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: Level;
  /** Who speaks within the server: `main`, or a worker's stream. */
  readonly thread: string;
  readonly logger: string;
  readonly message: string;
  readonly requestId?: string | undefined;
  readonly error?: unknown;
  /** What JSON layouts add: the parts of an access line, the model of a worker's line. */
  readonly fields?: Readonly<Record<string, string | number>> | undefined;
}

/** Whether a logger of this threshold lets a level through. */
export function lets(threshold: Threshold, level: Level): boolean {
  return threshold === 'all' || (threshold !== 'off' && LEVELS.indexOf(level) <= LEVELS.indexOf(threshold));
}

/** The stack of what was thrown, its causes included. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\nCaused by: ${stackOf(error.cause)}`;
}
