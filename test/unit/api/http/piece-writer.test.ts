import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PieceWriter } from '../../../../src/api/http/piece-writer.js';

let server: Server;
let client: Socket;
let response: ServerResponse;
let received: string;

/** A response whose head was sent and arrived, and the writer of its body. */
async function begin(framing: 'chunked' | 'until-close' = 'chunked'): Promise<PieceWriter> {
  const headers = framing === 'chunked' ? ['transfer-encoding', 'chunked'] : ['connection', 'close'];
  const asked = once(server, 'request');
  client.write(`GET /pieces HTTP/1.${framing === 'chunked' ? 1 : 0}\r\nhost: x\r\n\r\n`);
  [, response] = await asked;
  response.writeHead(200, headers);
  response.flushHeaders();
  await expect.poll(() => received).toMatch(/\r\n\r\n$/);
  received = '';
  return new PieceWriter(response);
}

beforeEach(async () => {
  server = createServer().listen(0);
  received = '';
  client = connect((server.address() as AddressInfo).port, 'localhost');
  client.on('data', (data: Buffer) => {
    received += data.toString('latin1');
  });
  await once(client, 'connect');
});
afterEach(() => {
  client.destroy();
  server.close();
});

test('what is written in one turn leaves in one write, each piece a chunk', async () => {
  const writer = await begin();
  const before = client.bytesRead;
  const reads: number[] = [];
  client.on('data', (data: Buffer) => reads.push(data.length));
  for (let count = 0; count < 100; count += 1) expect(writer.write(Buffer.from('piece of text'))).toBe(true);
  writer.write(Buffer.alloc(0));
  await expect.poll(() => client.bytesRead - before).toBe(1800);
  expect(reads).toEqual([1800]);
  expect(received).toBe('d\r\npiece of text\r\n'.repeat(100));
  writer.end('end');
  await expect.poll(() => received).toMatch(/d\r\npiece of text\r\n3\r\nend\r\n0\r\n\r\n$/);
});

test('a piece by itself leaves at once', async () => {
  const writer = await begin();
  for (const text of ['one', 'two']) {
    received = '';
    writer.write(Buffer.from(text));
    await expect.poll(() => received).toBe(`3\r\n${text}\r\n`);
  }
});

test('large pieces stand between small ones where they belong', async () => {
  const writer = await begin();
  const large = 'x'.repeat(100_000);
  for (const text of ['a', large, 'b', 'c', large]) writer.write(Buffer.from(text));
  writer.end('');
  const chunk = `186a0\r\n${large}\r\n`;
  await expect.poll(() => received.length).toBe(2 * chunk.length + 3 * 6 + 5);
  expect(received === `1\r\na\r\n${chunk}1\r\nb\r\n1\r\nc\r\n${chunk}0\r\n\r\n`).toBe(true);
});

test('without chunks the bytes go as they are', async () => {
  const writer = await begin('until-close');
  for (const text of ['one ', 'two ', 'x'.repeat(20_000)]) writer.write(Buffer.from(text));
  writer.end('end');
  await once(client, 'close');
  expect(received).toBe(`one two ${'x'.repeat(20_000)}end`);
});

test('many small pieces, a turn for each, wait for a reader who reads nothing', async () => {
  const writer = await begin();
  client.pause();
  let written = 0;
  while (writer.write(Buffer.alloc(1000))) {
    written += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const drained = once(response, 'drain');
  expect(response.writableLength).toBeLessThan(100_000);
  client.resume();
  await drained;
  expect(writer.write(Buffer.from('on'))).toBe(true);
  writer.end('');
  await expect.poll(() => received).toMatch(/2\r\non\r\n0\r\n\r\n$/);
  expect(written).toBeGreaterThan(10);
});

test('a response that is destroyed takes nothing more', async () => {
  const writer = await begin();
  writer.write(Buffer.from('late'));
  response.destroy();
  writer.write(Buffer.from('later'));
  writer.end('');
  await once(client, 'close');
  expect(received).toBe('');
});
