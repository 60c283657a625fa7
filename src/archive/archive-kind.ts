import type { ErrorKind } from '../errors/table.js';

/** What an archive holds. TorchServe refuses those of models and of workflows in different words. */
export interface ArchiveKind {
  readonly noun: 'Model' | 'Workflow';
  /** A folder may stand for an archive (`--archive-format no-archive`). */
  readonly folders: boolean;
  /** There is none where the url leads. */
  readonly notFound: ErrorKind;
  /** It cannot be unpacked: damaged, or no archive. */
  readonly damaged: ErrorKind;
  /** It is refused for what it holds: paths that climb, more than an archive may have. */
  readonly hostile: ErrorKind;
  readonly words: {
    /** Of an empty url. */
    readonly empty: string;
    /** Before `: ` and a url that leads nowhere. */
    readonly missing: string;
  };
}

export const modelArchive: ArchiveKind = {
  noun: 'Model',
  folders: true,
  notFound: 'modelNotFound',
  damaged: 'internal',
  hostile: 'invalidModel',
  words: { empty: 'empty url', missing: 'Model not found at' },
};

export const workflowArchive: ArchiveKind = {
  noun: 'Workflow',
  folders: false,
  notFound: 'workflowNotFound',
  damaged: 'invalidWorkflow',
  hostile: 'invalidWorkflow',
  words: { empty: 'Workflow not found at: ', missing: 'Workflow not found in workflow store' },
};
