import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { RequestMessage } from '../../../../../src/api/grpc/direct/request-message.js';

const framed = Buffer.from([0, 0, 0, 0, 3, 7, 8, 9]);

function given(...pieces: Buffer[]): RequestMessage {
  const message = new RequestMessage(3);
  for (const piece of pieces) message.add(piece);
  return message;
}

describe('the message of a unary call', () => {
  it('is put together from whatever pieces it comes in', () => {
    for (let cut = 0; cut <= framed.length; cut += 1) {
      expect([...given(framed.subarray(0, cut), framed.subarray(cut)).take()]).toEqual([7, 8, 9]);
    }
    expect([...given(...Array.from(framed, (byte) => Buffer.of(byte))).take()]).toEqual([7, 8, 9]);
  });

  it('may be empty', () => {
    expect(given(Buffer.alloc(5)).take()).toHaveLength(0);
  });

  it.each([
    ['none', [], status.UNIMPLEMENTED, /no request message/],
    ['a part of one', [framed.subarray(0, 7)], status.UNIMPLEMENTED, /no request message/],
    ['a part of its prefix', [framed.subarray(0, 4)], status.UNIMPLEMENTED, /no request message/],
    ['two', [framed, framed], status.UNIMPLEMENTED, /second request message/],
    ['two in one piece', [Buffer.concat([framed, framed])], status.UNIMPLEMENTED, /second request message/],
    ['one too large', [Buffer.from([0, 0, 0, 0, 4])], status.RESOURCE_EXHAUSTED, /larger than max \(4 vs 3\)/],
    ['one compressed', [Buffer.from([1, 0, 0, 0, 3])], status.INTERNAL, /names no grpc-encoding/],
  ])('is refused where there is %s', (_, pieces, code, text) => {
    const read = () => given(...pieces).take();
    expect(read).toThrow(text);
    expect(read).toThrow(expect.objectContaining({ code }));
  });
});
