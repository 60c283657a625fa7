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
  /** What JSON layouts add: the parts of an access line, of a metric, the model of a worker's line. Made when asked for. */
  readonly fields?: (() => Fields) | undefined;
}

/** Named parts of a record. */
export type Fields = Readonly<Record<string, unknown>>;

/** Every threshold, the strictest first. */
const THRESHOLDS: readonly Threshold[] = ['off', ...LEVELS, 'all'];
/** The place of each among them. */
const RANK = Object.fromEntries(THRESHOLDS.map((threshold, rank) => [threshold, rank])) as Record<Threshold, number>;

/** Whether a logger of this threshold lets a level through. */
export function lets(threshold: Threshold, level: Level): boolean {
  return RANK[level] <= RANK[threshold];
}

/** The stricter of two thresholds. */
export function stricter(a: Threshold, b: Threshold): Threshold {
  return RANK[a] < RANK[b] ? a : b;
}

/** Reads a level as log4j's files write it, or null. */
export function thresholdOf(word: string): Threshold | null {
  const wanted = word.trim().toLowerCase();
  return THRESHOLDS.find((threshold) => threshold === wanted) ?? null;
}

/** The stack of what was thrown, its causes included. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\nCaused by: ${stackOf(error.cause)}`;
}
