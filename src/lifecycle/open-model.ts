import type { OpenedArchive } from '../archive/archive.js';

/** Finds and unpacks an archive of a model. */
export type OpenModel = (
  url: string,
  options: { s3SseKms: boolean; reuseDownload: boolean; signal: AbortSignal },
) => Promise<OpenedArchive>;
