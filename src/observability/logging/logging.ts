/** What a line may carry besides its text. */
export interface LogContext {
  /** The request that the line concerns. */
  readonly requestId?: string;
  /** What was thrown; its stack follows the line. */
  readonly error?: unknown;
}

/** Says lines under one name. */
export interface Logger {
  debug(message: string, context?: LogContext): void;
  info(message: string, context?: LogContext): void;
  warn(message: string, context?: LogContext): void;
  error(message: string, context?: LogContext): void;
}

/** Whose output a line of the model log is. */
export interface WorkerTag {
  /** The worker's number, such as 9000. */
  readonly worker: string;
  readonly model: string;
  readonly version: string;
}

/** One answered request, as the access log tells it. */
export interface AccessRecord {
  /** `/ip:port`, or `127.0.0.1` where the caller has no address of its own. */
  readonly remote: string;
  /** An HTTP method, or `gRPC`. */
  readonly method: string;
  /** With its query, as it came; for gRPC `package.Service/Method`. */
  readonly uri: string;
  /** `HTTP/1.1`, `HTTP/2.0`. */
  readonly protocol: string;
  /** HTTP status, or the number of the gRPC status. */
  readonly status: number;
  /** From the whole request to the head of its answer. */
  readonly milliseconds: number;
  readonly requestId?: string;
}

/**
 * The one home of every log line: five files and the console. Nothing here blocks or waits; lines that come faster than
 * they can be written are dropped, and a line tells how many.
 */
export interface Logging {
  /** The server's own voice; `name` is the part that speaks, such as `ModelServer`. */
  ts(name: string): Logger;
  access(record: AccessRecord): void;
  /** Takes a worker's output, a line (without its end) at a time. */
  model(tag: WorkerTag, stream: 'stdout' | 'stderr'): (line: string, requestId?: string) => void;
  /** A metric of the server, in the form `Name.Unit:value|#dimensions|#hostname:…,timestamp:…`. */
  tsMetrics(line: string): void;
  /** A metric of a handler or worker, in the same form. */
  modelMetrics(line: string): void;
  /** A count of what went wrong, for those who watch a fleet of servers. */
  telemetry(line: string): void;
  /** A bare line on standard output, in its turn among the others. */
  print(line: string): void;
  /** Writes what is left and lets go of the files. Safe twice; lines that come later are lost. */
  close(): Promise<void>;
}
