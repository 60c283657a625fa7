import { createServer, type Http2Server } from 'node:http2';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { Http2Connection } from '../../../src/benchmark/load/http2/connection.js';
import { FrameReader, frame } from '../../../src/benchmark/load/http2/frame.js';
import { fieldsOf, literalField, literalKind } from '../../../src/benchmark/load/http2/header-block.js';
import { huffmanText } from '../../../src/benchmark/load/http2/huffman.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listening(server: Http2Server | ReturnType<typeof createNetServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function open(address: string, timeoutMs = 5000): Http2Connection {
  const connection = new Http2Connection(address, new Set([':status', 'x-told', 'grpc-status']), timeoutMs);
  closing.push(() => connection.close());
  return connection;
}

/** What one request is answered. */
function ask(connection: Http2Connection, body: Buffer, path = '/') {
  const fields = {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': path,
    ':authority': 'here',
    'x-long': 'y'.repeat(700),
  };
  return new Promise<{ fields: Record<string, string>; bytes: number; broken: string | null }>((resolve) => {
    const heardFields: Record<string, string> = {};
    let bytes = 0;
    connection.request(
      { fields, body },
      {
        fields: (heard) => Object.assign(heardFields, Object.fromEntries(heard)),
        data: (piece) => {
          bytes += piece.length;
        },
        ended: (broken) => resolve({ fields: heardFields, bytes, broken }),
      },
    );
  });
}

test('the examples of RFC 7541 (appendix C) are read', () => {
  expect(huffmanText(Buffer.from('f1e3c2e5f23a6ba0ab90f4ff', 'hex'))).toBe('www.example.com');
  expect(huffmanText(Buffer.from('d07abe941054d444a8200595040b8166e082a62d1bff', 'hex'))).toBe(
    'Mon, 21 Oct 2013 20:13:21 GMT',
  );
  // C.6.1, a response: ":status: 302" and three fields whose names are in the static table.
  const block =
    '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3';
  expect([...fieldsOf(Buffer.from(block, 'hex'), new Set([':status', 'location']))]).toEqual([[':status', '302']]);
});

function written(fields: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(Object.entries(fields).map(([name, value]) => literalField(name, value, literalKind.plain)));
}

test('what is written is read again', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,40}$/);
  const value = fc.string({ maxLength: 400 });
  fc.assert(
    fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (fields) => {
      const read = fieldsOf(written(fields), new Set(Object.keys(fields)));
      expect(Object.fromEntries(read)).toEqual(fields);
    }),
  );
});

test('a block that ends within a field is refused', () => {
  expect(() => fieldsOf(written({ name: 'value' }).subarray(0, -1), new Set(['name']))).toThrow('within a field');
});

test('frames are found however their bytes are cut', () => {
  const payloads = [0, 1, 300, 16_384].map((length) => Buffer.alloc(length, length % 251));
  const bytes = Buffer.concat(payloads.map((payload, index) => frame(0, index, index + 1, payload)));
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
      const reader = new FrameReader();
      const found: { stream: number; payload: Buffer }[] = [];
      let from = 0;
      for (const to of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
        reader.feed(bytes.subarray(from, to), ({ stream, payload }) =>
          found.push({ stream, payload: Buffer.from(payload) }),
        );
        from = to;
      }
      expect(found).toEqual(payloads.map((payload, index) => ({ stream: index + 1, payload })));
    }),
  );
});

test('requests at once on one connection, with bodies beyond every window, each get their own answer', async () => {
  const server = createServer();
  server.on('stream', (stream, headers) => {
    let bytes = 0;
    stream.on('data', (piece: Buffer) => {
      bytes += piece.length;
    });
    stream.on('end', () => {
      stream.respond({ ':status': 201, 'x-told': `${headers[':path']} ${bytes}` }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(bytes));
    });
  });
  const connection = open(await listening(server));
  const lengths = [0, 1, 65_536, 3_000_000, 70_000];
  const answers = await Promise.all(lengths.map((length, index) => ask(connection, Buffer.alloc(length), `/${index}`)));
  expect(answers).toEqual(
    lengths.map((length, index) => ({
      fields: { ':status': '201', 'x-told': `/${index} ${length}`, 'grpc-status': '0' },
      bytes: length,
      broken: null,
    })),
  );
});

test.each([4096, 65_536, 300, 0])(
  'a server whose table of fields holds %i bytes hears every request right',
  async (size) => {
    const heard: unknown[] = [];
    const server = createServer({ settings: { headerTableSize: size } });
    server.on('stream', (stream, headers) => {
      heard.push([headers[':path'], headers[':authority'], headers['x-long']]);
      stream.respond({ ':status': 200 }, { endStream: true });
    });
    const connection = open(await listening(server));
    const paths = Array.from({ length: 40 }, (_, index) => `/${index % 7}`);
    // Before its settings are known, together, and one after the other.
    await Promise.all(paths.slice(0, 10).map((path) => ask(connection, Buffer.from('x'), path)));
    for (const path of paths.slice(10)) await ask(connection, Buffer.from('x'), path);
    expect(heard).toEqual(paths.map((path) => [path, 'here', 'y'.repeat(700)]));
  },
);

test('a request that is reset, a connection that breaks and a server that says nothing are told', async () => {
  const server = createServer();
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    if (headers[':path'] === '/reset') stream.close(7);
    if (headers[':path'] === '/break') stream.session?.destroy();
  });
  const address = await listening(server);
  expect((await ask(open(address), Buffer.from('x'), '/reset')).broken).toBe('RST_STREAM 7');
  const broken = open(address);
  expect((await ask(broken, Buffer.from('x'), '/break')).broken).not.toBeNull();
  expect(broken.closed).toBe(true);
  expect((await ask(open(address, 50), Buffer.from('x'), '/silent')).broken).toBe('timeout');
});

test('a peer that speaks no HTTP/2 ends the connection and not the process', async () => {
  const server = createNetServer((socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n');
  });
  expect((await ask(open(await listening(server)), Buffer.from('x'))).broken).not.toBeNull();
});
