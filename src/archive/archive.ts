import type { ServingError } from '../errors/serving-error.js';

/** MAR-INF/MANIFEST.json as archives carry it; file names are base names. */
export interface Manifest {
  readonly createdOn?: string | undefined;
  readonly runtime?: string | undefined;
  readonly archiverVersion?: string | undefined;
  readonly model: {
    readonly modelName?: string | undefined;
    readonly modelVersion?: string | undefined;
    readonly handler?: string | undefined;
    readonly modelFile?: string | undefined;
    readonly serializedFile?: string | undefined;
    readonly requirementsFile?: string | undefined;
    readonly configFile?: string | undefined;
    readonly envelope?: string | undefined;
  };
}

/** An archive, unpacked or linked, ready for workers. */
export interface OpenedArchive {
  /** Absolute real path that workers use as their working directory. */
  readonly folder: string;
  /** null where the archive carries none; then name, version and handler come from elsewhere. */
  readonly manifest: Manifest | null;
  /** The frontend's keys of model-config.yaml, checked; null where the archive has no yaml. */
  readonly modelConfig: ModelConfig | null;
  /** Deletes the unpacked folder, and the copy in the model store where the archive was downloaded. Safe twice. */
  remove(): Promise<void>;
}

/** The frontend's keys of model-config.yaml; a key is absent where the yaml has none. */
export interface ModelConfig {
  readonly minWorkers?: number;
  readonly maxWorkers?: number;
  readonly batchSize?: number;
  readonly maxBatchDelay?: number;
  readonly responseTimeout?: number;
  readonly startupTimeout?: number;
  readonly maxRetryTimeoutInSec?: number;
  readonly clientTimeoutInMills?: number;
  readonly jobQueueSize?: number;
  readonly deviceType?: 'cpu' | 'gpu';
  readonly deviceIds?: readonly number[];
  readonly parallelType?: 'pp' | 'tp' | 'pptp' | 'custom';
  readonly parallelLevel?: number;
  readonly useJobTicket?: boolean;
  readonly useVenv?: boolean;
  readonly sequenceBatching?: boolean;
  readonly continuousBatching?: boolean;
  readonly asyncCommunication?: boolean;
  readonly sequenceMaxIdleMSec?: number;
  readonly sequenceTimeoutMSec?: number;
  readonly maxNumSequence?: number;
  readonly maxSequenceJobQueueSize?: number;
}

export interface OpenOptions {
  /** null: `Model store has not been configured.` */
  readonly modelStore: string | null;
  /** Regular expressions, each matching a whole url, case ignored. */
  readonly allowedUrls: readonly RegExp[];
  /** Folder, private to this server, under which archives are unpacked. */
  readonly unpackRoot: string;
  readonly s3SseKms?: boolean;
}

/**
 * Resolves a url, a name in the model store or a folder, and unpacks it.
 * @throws {ServingError} modelNotFound, downloadFailed, invalidModel, badRequest, internal, each with TorchServe's text.
 */
export type OpenArchive = (url: string, options: OpenOptions) => Promise<OpenedArchive>;
export type { ServingError };
