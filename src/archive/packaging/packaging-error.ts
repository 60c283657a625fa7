/** Something that keeps an archiver from making its archive. The message is printed as it is; the exit code is 1. */
export class PackagingError extends Error {
  override readonly name = 'PackagingError';
}
