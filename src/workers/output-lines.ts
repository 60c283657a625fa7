import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** A line longer than this (in characters) is passed on in parts, so that no output can fill the memory. */
const longestLine = 64 * 1024;

/** Calls `onLine` for each line of a stream, the unfinished last one included. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const feed = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    while (rest.length > longestLine) {
      onLine(rest.slice(0, longestLine));
      rest = rest.slice(longestLine);
    }
  };
  stream.on('data', (chunk: Buffer) => feed(decoder.write(chunk)));
  stream.on('end', () => {
    feed(decoder.end());
    if (rest !== '') onLine(rest);
    rest = '';
  });
  // A reset connection is an end like any other: the worker died.
  stream.on('error', () => {});
}
