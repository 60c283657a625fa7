import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../../src/workers/output-lines.js';

async function linesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  readLines(stream, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await new Promise((resolve) => stream.on('end', resolve));
  return lines;
}

describe('lines of a stream', () => {
  it('are put together from chunks and split from one', async () => {
    expect(await linesOf('a', 'b\nc\nd', 'e\n')).toEqual(['ab', 'c', 'de']);
  });

  it('include the last one without an end', async () => {
    expect(await linesOf('a\nSegmentation fault')).toEqual(['a', 'Segmentation fault']);
  });

  it('keep characters whole that were cut between chunks', async () => {
    const bytes = Buffer.from('naïve\n');
    expect(await linesOf(bytes.subarray(0, 3), bytes.subarray(3))).toEqual(['naïve']);
  });

  it('lose a carriage return', async () => {
    expect(await linesOf('a\r\nb\r\n')).toEqual(['a', 'b']);
  });

  it('come in parts where they are endless, so that memory stays bounded', async () => {
    const lines = await linesOf('x'.repeat(200_000), 'y\n');
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.join('')).toBe(`${'x'.repeat(200_000)}y`);
  });
});
