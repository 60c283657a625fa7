import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HttpAnswer } from '../../../src/benchmark/load/http-answer.js';

/** Feeds a text cut at the given places, and answers what was read. */
function read(text: string, cuts: readonly number[] = []) {
  const answer = new HttpAnswer();
  const data = Buffer.from(text);
  let from = 0;
  for (const cut of [...cuts.map((at) => at % data.length).toSorted((a, b) => a - b), data.length]) {
    if (cut > from) answer.feed(data.subarray(from, cut));
    from = Math.max(from, cut);
  }
  const { status, pieces, bytes, complete, closes, text: kept } = answer;
  return { status, pieces, bytes, complete, closes, text: kept };
}

const answers: Record<string, [string, object]> = {
  'of a known length': [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    { status: 200, pieces: 1, bytes: 5, complete: true },
  ],
  'without a body': [
    'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
    { status: 200, pieces: 0, bytes: 0, complete: true },
  ],
  'in chunks': [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n',
    { status: 200, pieces: 2, bytes: 15, complete: true },
  ],
  'in chunks with a trailer': [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-sum: 1\r\n\r\n',
    { pieces: 1, bytes: 1, complete: true },
  ],
  'after 100 Continue': [
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx',
    { status: 200, bytes: 1, complete: true },
  ],
  'that failed': [
    'HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 4\r\n\r\nfull',
    { status: 503, closes: true, text: 'full', complete: true },
  ],
  'that ends with the connection': ['HTTP/1.1 200 OK\r\n\r\nabc', { status: 200, bytes: 3, complete: false }],
};

test.each(Object.entries(answers))('an answer %s, however it is cut', (_, [text, expected]) => {
  expect(read(text)).toMatchObject(expected);
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
      expect(read(text, cuts)).toMatchObject(expected);
    }),
  );
});

test('bytes that are no answer are refused', () => {
  expect(() => read('SSH-2.0-OpenSSH\r\n\r\n')).toThrow('no HTTP answer: SSH-2.0-OpenSSH');
  expect(() => read('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n')).toThrow('no size of a chunk: zz');
});
