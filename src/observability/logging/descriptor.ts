import { write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const writeOnce = promisify(write);

/** Writes all of a chunk to a file descriptor without holding up the event loop, however slowly it is taken. */
export async function writeAll(fd: number, chunk: Buffer): Promise<void> {
  let rest = chunk;
  while (rest.length > 0) {
    try {
      const { bytesWritten } = await writeOnce(fd, rest);
      rest = rest.subarray(bytesWritten);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
        throw error;
      }
      await sleep(20);
    }
  }
}
