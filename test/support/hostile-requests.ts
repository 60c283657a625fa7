import fc from 'fast-check';

/** One message to throw at a server, and what may be expected of it. */
export interface HostileRequest {
  readonly api: 'inference' | 'management' | 'metrics';
  /** The bytes, in the pieces in which they are sent. */
  readonly pieces: readonly Buffer[];
  /** What the client does then: wait, say that it sends no more, or drop the connection. */
  readonly afterwards: 'wait' | 'end' | 'drop';
  readonly method: string;
}

/** `model` is asked for predictions; `victim` is what management calls may harm. */
export interface HostileAims {
  readonly model: string;
  readonly victim: string;
}

const weirdText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 60 }),
  fc.constantFrom(
    '',
    '.',
    '..',
    '%',
    '%zz',
    '%2e%2e',
    '%00',
    '%FF%FE',
    'null',
    '__proto__',
    'constructor',
    '-1',
    '0',
    '1e9',
  ),
  fc.constantFrom(
    '漢字',
    '\u0000',
    '{}',
    '[object Object]',
    '$(x)',
    "' or 1=1--",
    '../../etc/passwd',
    'a'.repeat(3000),
  ),
);
const segment = weirdText
  .map((text) => (Buffer.from(text).length > 40 ? text.slice(0, 40) : text))
  .chain((text) => fc.constantFrom(encodeURIComponentSafely(text), withoutBlanks(text)));
const token = fc.constantFrom(
  'x',
  'X-Probe',
  'accept',
  'cookie',
  'Content-Language',
  'x-request-id',
  'ts_request_sequence_id',
);
const digits = fc.constantFrom('0', '1', '-1', 'abc', '', '1.5', '99999999999999999999', 'NaN', '0x1', ' 1', '１');

/** Random, malformed and hostile requests, most of them close to a valid one, so that they get beyond the first check. */
export function hostileRequest(aims: HostileAims): fc.Arbitrary<HostileRequest> {
  const method = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('TRACE', 'PROPFIND', 'M-SEARCH', 'CONNECT', 'FOO', 'get', '', 'PRI', 'G\u0000T'),
    },
  );
  const api = fc.constantFrom('inference', 'inference', 'management', 'metrics') as fc.Arbitrary<HostileRequest['api']>;
  const framing = fc.constantFrom(
    'length',
    'length',
    'chunked',
    'none',
    'short',
    'long',
    'both',
    'bad-length',
    'bad-chunk',
  );
  return fc
    .record({
      api,
      method,
      target: target(aims),
      version: fc.oneof(
        { weight: 12, arbitrary: fc.constant('HTTP/1.1') },
        { weight: 1, arbitrary: fc.constantFrom('HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'http/1.1', '', 'HTTP/1.1 ') },
      ),
      headers: fc.array(header(), { maxLength: 6 }),
      body: body(),
      framing,
      newline: fc.oneof(
        { weight: 15, arbitrary: fc.constant('\r\n') },
        { weight: 1, arbitrary: fc.constantFrom('\n', '\r') },
      ),
      cuts: fc.array(fc.nat(400), { maxLength: 3 }),
      afterwards: fc.oneof(
        { weight: 6, arbitrary: fc.constant('wait' as const) },
        { weight: 1, arbitrary: fc.constantFrom('end' as const, 'drop' as const) },
      ),
      twice: fc.boolean(),
    })
    .map((parts) => {
      const harmful = parts.api === 'management' && /^(PUT|POST|DELETE)$/.test(parts.method);
      const aimed = harmful ? parts.target.replaceAll(aims.model, aims.victim) : parts.target;
      const { lines, bytes } = framed(parts.framing, parts.body);
      const head = [`${parts.method} ${aimed} ${parts.version}`, ...parts.headers, ...lines, '', ''].join(
        parts.newline,
      );
      const message = Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
      const whole = parts.twice && parts.framing === 'length' ? Buffer.concat([message, message]) : message;
      // What announces more than it sends has to say that no more comes, or the server would rightly wait.
      // PRI begins an HTTP/2 preface, whose end a server waits for too.
      const unfinished =
        ['short', 'bad-length', 'bad-chunk'].includes(parts.framing) ||
        parts.newline !== '\r\n' ||
        parts.method === 'PRI';
      return {
        api: parts.api,
        pieces: cut(whole, parts.cuts),
        afterwards: unfinished && parts.afterwards === 'wait' ? 'end' : parts.afterwards,
        method: parts.method,
      };
    });
}

function target({ model }: HostileAims): fc.Arbitrary<string> {
  const known = fc.constantFrom(
    ...['/', '/ping', '/api-description', '/metrics', '/models', '/token', '/token?type=inference', '/invocations'],
    ...[`/predictions/${model}`, `/predictions/${model}/1.0`, `/explanations/${model}`, `/models/${model}`],
    ...[`/models/${model}/1.0`, `/models/${model}/all`, `/models/${model}/9/set-default`, `/models/${model}/invoke`],
    ...['/workflows', '/workflows/none', '/wfpredict', '/wfpredict/none'],
    ...[`/v1/models/${model}:predict`, `/v1/models/${model}`, `/v2/models/${model}/infer`, '/v2', `/${model}/predict`],
    ...['/v1/models', '/v1/chat/completions', '/v1/completions', '/v1/embeddings'],
  );
  const query = fc.array(
    fc.tuple(
      fc.constantFrom('url', 'model_name', 'limit', 'next_page_token', 'batch_size', 'customized', 'name[]', 'x'),
      fc.oneof(segment, digits.map(encodeURIComponent)),
    ),
    { maxLength: 4 },
  );
  const workers = fc.tuple(
    fc.constantFrom('min_worker', 'max_worker', 'initial_workers'),
    fc.constantFrom('0', '1', '-1', 'x', ''),
  );
  return fc.oneof(
    { weight: 4, arbitrary: known },
    {
      weight: 4,
      arbitrary: fc.tuple(known, query, workers).map(([path, pairs, [name, value]]) => {
        const text = [...pairs.map(([key, word]) => `${key}=${word}`), `${name}=${value}`].join('&');
        return path.includes('?') ? path : `${path}?${text}`;
      }),
    },
    { weight: 3, arbitrary: fc.tuple(known, segment).map(([path, extra]) => `${path}/${extra}`) },
    { weight: 2, arbitrary: fc.array(segment, { maxLength: 6 }).map((parts) => `/${parts.join('/')}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '*',
        '',
        'ping',
        'http://h/ping',
        '//',
        '///',
        '/%',
        `/${'x'.repeat(9000)}`,
        '/#',
        '/?',
      ),
    },
  );
}

function header(): fc.Arbitrary<string> {
  const contentType = fc.constantFrom(
    ...['application/json', 'text/plain; charset=utf-16', 'application/x-www-form-urlencoded', 'multipart/form-data'],
    ...[
      'multipart/form-data; boundary=',
      'multipart/form-data; boundary=b',
      'multipart/form-data; boundary="b"',
      ';',
      '/',
    ],
  );
  return fc.oneof(
    { weight: 4, arbitrary: contentType.map((type) => `Content-Type: ${type}`) },
    { weight: 3, arbitrary: fc.tuple(token, fc.string({ maxLength: 40 })).map(([name, value]) => `${name}: ${value}`) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        ...[
          'Host: localhost',
          'Host: evil.example',
          'Origin: http://evil.example',
          'Connection: close',
          'Connection: Upgrade',
        ],
        ...[
          'Upgrade: websocket',
          'Expect: 100-continue',
          'Expect: x',
          'Authorization: Bearer x',
          'TE: trailers',
          'Trailer: x',
        ],
        ...[
          'Access-Control-Request-Method: POST',
          'Sec-Fetch-Site: cross-site',
          'HTTP2-Settings: AAA',
          'Keep-Alive: timeout=0',
        ],
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'no colon',
        ': empty',
        'bad name: x',
        'x : y',
        ' folded',
        `x: ${'y'.repeat(9000)}`,
        'x: \u0000',
      ),
    },
  );
}

function body(): fc.Arbitrary<Buffer> {
  const part = (name: string, text: string) =>
    `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;
  return fc.oneof(
    fc.constant(Buffer.alloc(0)),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .constantFrom('{', '{"url":', '{"url":"x","batch_size":"y"}', 'a=1&b=%', '=&=', '&&&', 'a=%zz')
      .map((text) => Buffer.from(text)),
    fc
      .array(fc.tuple(weirdText, weirdText), { maxLength: 4 })
      .chain((parts) =>
        fc
          .constantFrom('--b--\r\n', '--b', '', '\r\n--b-')
          .map((end) => Buffer.from(parts.map(([name, text]) => part(name, text)).join('') + end)),
      ),
    fc.constant(Buffer.alloc(200_000, 'x')),
  );
}

/** The headers and bytes that announce and carry a body, rightly or wrongly. */
function framed(framing: string, body: Buffer): { lines: string[]; bytes: Buffer } {
  const length = (value: number | string) => `Content-Length: ${value}`;
  const chunks = Buffer.concat([
    Buffer.from(body.length === 0 ? '' : `${body.length.toString(16)};x=y\r\n`),
    body,
    Buffer.from(body.length === 0 ? '0\r\n\r\n' : '\r\n0\r\n\r\n'),
  ]);
  switch (framing) {
    case 'length':
      return { lines: [length(body.length)], bytes: body };
    case 'chunked':
      return { lines: ['Transfer-Encoding: chunked'], bytes: chunks };
    case 'short':
      return { lines: [length(body.length + 10)], bytes: body };
    case 'long':
      return { lines: [length(Math.max(0, body.length - 10))], bytes: body };
    case 'both':
      return { lines: [length(3), 'Transfer-Encoding: chunked'], bytes: chunks };
    case 'bad-length':
      return { lines: [length('-5'), length('abc')], bytes: body };
    case 'bad-chunk':
      return { lines: ['Transfer-Encoding: chunked'], bytes: Buffer.concat([Buffer.from('zz\r\n'), body]) };
    default:
      return { lines: [], bytes: Buffer.alloc(0) };
  }
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set([0, ...cuts.filter((place) => place < bytes.length), bytes.length])].sort((a, b) => a - b);
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
}

function encodeURIComponentSafely(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

/** Without what would end a request target. */
function withoutBlanks(text: string): string {
  return [...text].filter((char) => char > ' ' && char !== '\u007f').join('');
}
