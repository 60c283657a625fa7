/** What is sent, how much of it and how fast. Crosses to the generator's process as it is. */
export interface Load {
  readonly protocol: 'http' | 'grpc';
  /** For HTTP the full URL, which is sent a POST; for gRPC `host:port`. */
  readonly address: string;
  /** The model that gRPC calls name. */
  readonly model: string;
  /** HTTP headers, or gRPC metadata. */
  readonly headers: Readonly<Record<string, string>>;
  /** A file that holds the body of every request. */
  readonly bodyFile: string;
  /** For gRPC how many calls are open at once; for HTTP each has a connection of its own. */
  readonly connections: number;
  /** Over how many connections gRPC calls are spread; absent: one each. */
  readonly channels?: number | undefined;
  /**
   * Requests a second that are sent whether or not earlier ones are answered (open loop); null: each connection sends
   * its next request once the one before is answered (closed loop).
   */
  readonly rate: number | null;
  /** How long it lasts; one of the two is null. */
  readonly requests: number | null;
  readonly seconds: number | null;
  /** Goes before, at the same pace, and is not counted. */
  readonly warmup: Extent;
  /** Seconds without a byte after which a request counts as failed. */
  readonly timeoutSeconds: number;
}

/** A number of requests, or a time in seconds; the one that is null does not end it. */
export interface Extent {
  readonly requests: number | null;
  readonly seconds: number | null;
}

/** One second of a load. Times are in milliseconds, NaN where nothing was answered. */
export interface Second {
  /** Since the begin of what is counted. */
  readonly second: number;
  readonly answered: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
}

/** What came of a load. Times are in milliseconds. */
export interface LoadResult {
  /** From the first send to the last answer. */
  readonly seconds: number;
  /** Answers with status 200 (gRPC: OK). */
  readonly answered: number;
  /** All others: other statuses, broken connections, timeouts. */
  readonly failed: number;
  /** How often each ended: an HTTP status, a gRPC code, or the name of what broke. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** What the first failed one was answered. */
  readonly firstFailure: string | null;
  /** Answers a second; failed ones do not count. */
  readonly perSecond: number;
  /**
   * Times to the whole answer as a compressed HdrHistogram in microseconds, from the intended time of sending in an open
   * loop. Timeouts count with the time they took; other failures are left out, since a quick refusal is no quick answer.
   */
  readonly latency: string;
  /** Times to the first byte of the body. */
  readonly firstByte: string;
  /** Pieces (chunks) of the bodies, and their bytes. */
  readonly pieces: number;
  readonly bytes: number;
  /** How late the generator itself sent, 99th percentile; 0 in a closed loop. Above a few ms the generator is too slow. */
  readonly lateP99: number;
  /** CPU time of the generator over the time that the load took: near 1, it is the bottleneck. */
  readonly generatorCpu: number;
  readonly timeline: readonly Second[];
}

/** How one request ended. */
export interface Outcome {
  /** Whether it was answered with status 200, or OK. */
  readonly ok: boolean;
  /** An HTTP status, a gRPC code, or what broke: `timeout`, `ECONNRESET` … */
  readonly status: string;
  /** When the first byte of the body came, as performance.now() tells; NaN without one. */
  readonly firstByte: number;
  readonly pieces: number;
  readonly bytes: number;
  /** Of a failed one, the begin of what was answered. */
  readonly text: string;
}

/** Sends one request at a time. */
export interface Sender {
  /** Sends the request; calls back exactly once. */
  send(ended: (outcome: Outcome) => void): void;
  close(): void;
}
