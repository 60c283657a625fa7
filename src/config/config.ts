import type { Address } from './address.js';
import type { Given } from './given.js';
import type { KeyValues } from './table.js';

/** What follows from several keys, from the environment or from the place where the server was started. */
export interface Derived {
  /** Absolute real path. */
  readonly modelStore: string;
  /** Absolute real path; the model store unless configured. */
  readonly workflowStore: string;
  /** null where `enable_metrics_api` is false. */
  readonly metricsAddress: Address | null;
  /** Whether callers need tokens: as configured, else only where a listener is bound off the loopback interface. */
  readonly tokenAuthorization: boolean;
  /** Whether models may be registered and unregistered: as configured, else only where all listeners are on loopback. */
  readonly modelApi: boolean;
  /** Whether every listener can be reached from this machine alone. */
  readonly loopbackOnly: boolean;
  /** Whether snapshots are written and read. */
  readonly snapshots: boolean;
  /** Absolute folder of access, model and server logs: LOG_LOCATION, else `logs`. */
  readonly logLocation: string;
  /** Absolute folder of metric logs: METRICS_LOCATION, else `logs`. */
  readonly metricsLocation: string;
  /** Absolute folder of snapshots: `config` in the log location. */
  readonly snapshotLocation: string;
  /** Absolute: the folder in which the server was started. */
  readonly workingFolder: string;
  /** Absolute: TEMP, else the system's. */
  readonly temporaryFolder: string;
  /** Whether deaths of workers are counted in the log: SM_TELEMETRY_LOG is set. */
  readonly telemetryLog: boolean;
  /** The file that was read, or null. */
  readonly configFile: string | null;
  /** One sentence each: what the operator should know, to be logged at start. */
  readonly warnings: readonly string[];
  /** What was said and where, as it was written: for the listing of the configuration and for snapshots. */
  readonly given: Given;
}

/**
 * What the server was told, compiled and frozen: every key of the table in camelCase (`job_queue_size` →
 * `config.jobQueueSize`), and what is derived from them. Nothing else in the program reads keys, files or `TS_…` variables.
 */
export type Config = Omit<KeyValues, keyof Derived> & Derived;
