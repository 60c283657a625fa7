import type { AutoscaleBlock } from '../config/autoscale.js';
import type { TorchrunSettings } from '../config/torchrun.js';
import type { ServingError } from '../errors/serving-error.js';
import type { ArchiveLimits } from './limits.js';

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

/** The files of an archive, unpacked or linked, where workers can use them. */
export interface OpenedFolder {
  /** Absolute real path that workers use as their working directory. */
  readonly folder: string;
  /**
   * Absolute path of a folder of this opening alone, none of whose files came with the archive: packages and a virtual
   * environment are installed there. Deleted by `remove`.
   */
  readonly privateFolder: string;
  /**
   * Deletes what was unpacked and installed, and the copy in the store where the archive was downloaded. A linked folder
   * is left as it is. Safe twice.
   */
  remove(): Promise<void>;
}

/** An archive of a model, ready for workers. */
export interface OpenedArchive extends OpenedFolder {
  /** null where the archive carries none; then name, version and handler come from elsewhere. */
  readonly manifest: Manifest | null;
  /** The frontend's keys of model-config.yaml, checked; null where the archive has no yaml. */
  readonly modelConfig: ModelConfig | null;
  /** What is odd about the archive without keeping it from being served; one sentence each, for the log. */
  readonly warnings: readonly string[];
}

/** The frontend's keys of model-config.yaml; a key is absent where the yaml has none. */
export interface ModelConfig {
  readonly minWorkers?: number;
  readonly maxWorkers?: number;
  readonly batchSize?: number;
  readonly maxBatchDelay?: number;
  /** Ours. */
  readonly batchPolicy?: 'window' | 'eager';
  readonly responseTimeout?: number;
  readonly startupTimeout?: number;
  readonly maxRetryTimeoutInSec?: number;
  readonly clientTimeoutInMills?: number;
  readonly jobQueueSize?: number;
  readonly deviceType?: 'cpu' | 'gpu';
  readonly deviceIds?: readonly number[];
  readonly parallelType?: 'pp' | 'tp' | 'pptp' | 'custom';
  /** GPUs a worker uses; `nproc-per-node` of `torchrun` where that came later in the file. */
  readonly parallelLevel?: number;
  readonly torchrun?: TorchrunSettings;
  readonly useJobTicket?: boolean;
  readonly useVenv?: boolean;
  /** Ours. */
  readonly workerStart?: 'auto' | 'forkAfterLoad';
  readonly sequenceBatching?: boolean;
  readonly continuousBatching?: boolean;
  readonly asyncCommunication?: boolean;
  readonly sequenceMaxIdleMSec?: number;
  readonly sequenceTimeoutMSec?: number;
  readonly maxNumSequence?: number;
  readonly maxSequenceJobQueueSize?: number;
  readonly autoscale?: AutoscaleBlock;
  /** Ours. */
  readonly openaiRoutes?: readonly string[];
}

/** How an archive is fetched and unpacked. */
export interface FetchOptions {
  /** Regular expressions, each matching a whole url, case ignored. */
  readonly allowedUrls: readonly RegExp[];
  /** Folder, private to this server, under which archives are unpacked. */
  readonly unpackRoot: string;
  /** Sign a download with AWS Signature Version 4 from the AWS_* variables of the environment. */
  readonly s3SseKms?: boolean;
  /**
   * At a start: a copy in the store that an earlier run of the server downloaded from this same url is used, and not
   * refused as one that exists already.
   */
  readonly reuseDownload?: boolean;
  /** Bounds on downloads and unpacking; `defaultLimits` where absent. */
  readonly limits?: Partial<ArchiveLimits>;
  /** Aborting it ends a download or an unpacking; nothing is left behind. */
  readonly signal?: AbortSignal;
}

export interface OpenOptions extends FetchOptions {
  /** null: `Model store has not been configured.` */
  readonly modelStore: string | null;
}

/**
 * Resolves a url, a name in the model store or a folder, and unpacks it.
 * @throws {ServingError} modelNotFound, downloadFailed, invalidModel, badRequest, internal, each with TorchServe's text.
 */
export type OpenArchive = (url: string, options: OpenOptions) => Promise<OpenedArchive>;
export type { ServingError };
