import { describe, expect, it } from 'vitest';
import { trailersOf } from '../../../../src/api/grpc/trailers.js';

const trailers = (answer: { status?: number; phrase?: string; headers?: string[] }) =>
  trailersOf('id', { status: 200, phrase: '', headers: [], ...answer }).getMap();

describe('trailers', () => {
  it('have only the request id where the handler set nothing', () => {
    expect(trailers({})).toEqual({ 'x-request-id': 'id' });
  });

  it('tell what the handler set', () => {
    expect(trailers({ status: 418, phrase: 'teapot', headers: ['X-One', 'a', 'Content-Type', 'text/plain'] })).toEqual({
      'x-request-id': 'id',
      'ts-status': '418',
      'ts-status-phrase': 'teapot',
      'x-one': 'a',
      'ts-content-type': 'text/plain',
    });
  });

  it('leave out what belongs to the transport or cannot be carried', () => {
    const names = [
      'grpc-status',
      'Content-Length',
      'Connection',
      'Proxy-Connection',
      'HTTP2-Settings',
      'x-request-id',
      'X Y',
      'x-y-bin',
      ':path',
      'ts_stream_next',
    ];
    expect(trailers({ headers: names.flatMap((name) => [name, 'v']) })).toEqual({ 'x-request-id': 'id' });
  });

  it('encode what is no printable ASCII', () => {
    expect(trailers({ headers: ['x-one', 'ä\nb\ud800'] })).toMatchObject({ 'x-one': '%C3%A4%0Ab%EF%BF%BD' });
  });

  it('stay below what clients take', () => {
    const headers = Array.from({ length: 100 }, (_, index) => [`x-${index}`, 'v'.repeat(100)]).flat();
    const size = Object.entries(trailers({ headers })).reduce(
      (sum, [name, value]) => sum + name.length + String(value).length,
      0,
    );
    expect(size).toBeGreaterThan(3000);
    expect(size).toBeLessThan(5000);
  });
});
