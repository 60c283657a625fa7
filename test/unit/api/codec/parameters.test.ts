import { describe, expect, test } from 'vitest';
import { readParameters } from '../../../../src/api/codec/parameters.js';
import { bytesOf, type Parameter } from '../../../../src/batching/inference.js';

const FORM = 'application/x-www-form-urlencoded';

async function read(contentType: string | undefined, body: string | Buffer) {
  return shown(await readParameters(contentType, Buffer.from(body)));
}

function shown(parameters: readonly Parameter[]): string[][] {
  return parameters.map(({ name, contentType, value }) => [
    name,
    contentType,
    Buffer.from(bytesOf(value)).toString('latin1'),
  ]);
}

function multipart(...parts: string[]): string {
  return `${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`;
}

describe('a body that is no form', () => {
  test.each([
    [undefined, ''],
    ['', ''],
    ['application/json', 'application/json'],
    ['Text/Plain; charset=utf-8', 'Text/Plain'],
    ['multipart/mixed; boundary=b', 'multipart/mixed'],
    ['multipart/form-data', 'multipart/form-data'],
  ])('%s: one parameter of type %s', async (contentType, shownType) => {
    expect(await read(contentType, 'x\u00ff')).toEqual([['body', shownType, Buffer.from('xÿ').toString('latin1')]]);
  });

  test('it may be empty', async () => {
    expect(await read('application/json', '')).toEqual([['body', 'application/json', '']]);
  });
});

describe('a form', () => {
  test.each([
    ['', []],
    [
      'a=1&b=x+y',
      [
        ['a', '', '1'],
        ['b', '', 'x y'],
      ],
    ],
    ['a=%00%ff', [['a', '', '\u0000\u00ff']]],
    ['%E6%BC%A2=1', [['漢', '', '1']]],
    [
      'a&b=1',
      [
        ['a', '', ''],
        ['b', '', '1'],
      ],
    ],
    ['a=1&b', [['a', '', '1']]],
    ['{"a":1}', []],
    ['a=b=c&', [['a', '', 'b=c']]],
    [
      'a=1&a=2',
      [
        ['a', '', '1'],
        ['a', '', '2'],
      ],
    ],
  ])('%s', async (body, parameters) => {
    expect(await read(FORM, body)).toEqual(parameters);
    expect(await read('APPLICATION/x-www-form-urlencoded; charset=utf-8', body)).toEqual(parameters);
  });

  test.each(['a=%', 'a=%4', 'a=%zz', '%zz=1', '=1'])('%s is refused', (body) => {
    expect(() => readParameters(FORM, Buffer.from(body))).toThrow(/The form holds/);
  });
});

describe('a multipart body', () => {
  const type = 'multipart/form-data; boundary=b';

  test('a part with a file name keeps its media type, one without has none', async () => {
    const body = multipart(
      'Content-Disposition: form-data; name="plain"\r\nContent-Type: application/json\r\n\r\n{}',
      'Content-Disposition: form-data; name="file"; filename="a.json"\r\nContent-Type: application/json; charset=x\r\n\r\n[]',
      'Content-Disposition: form-data; name="untyped"; filename="a"\r\n\r\nabc',
      'Content-Disposition: form-data; name="nameless"; filename=""\r\nContent-Type: text/plain\r\n\r\nq',
    );
    expect(await read(type, body)).toEqual([
      ['plain', '', '{}'],
      ['file', 'application/json', '[]'],
      ['untyped', 'application/octet-stream', 'abc'],
      ['nameless', 'text/plain', 'q'],
    ]);
  });

  test('bytes are kept as they are, boundary look-alikes too', async () => {
    const bytes = Buffer.concat([
      Buffer.from([0, 255, 13, 10]),
      Buffer.from('\n--b\r\n--\r\n-'),
      Buffer.alloc(100_000, 7),
    ]);
    const body = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'),
      bytes,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    const [parameter] = await readParameters(type, body);
    expect(Buffer.from(bytesOf(parameter?.value ?? Buffer.alloc(0))).equals(bytes)).toBe(true);
  });

  test('a quoted boundary, a preamble and an epilogue', async () => {
    const body = `hello\r\n${multipart('Content-Disposition: form-data; name="a"\r\n\r\n1')}bye`;
    expect(await read('multipart/form-data; boundary="b"', body)).toEqual([['a', '', '1']]);
  });

  test('a body that stops in the middle gives the parts that were complete', async () => {
    const whole = multipart(
      'Content-Disposition: form-data; name="a"\r\n\r\n1',
      'Content-Disposition: form-data; name="b"\r\n\r\n2222',
    );
    expect(await read(type, whole.slice(0, -12))).toEqual([['a', '', '1']]);
    expect(await read(type, '')).toEqual([]);
    expect(await read(type, 'nothing of the kind')).toEqual([]);
    expect(await read(type, '--b\r\nContent-Disposition: form-data; name="a"')).toEqual([]);
  });

  test('a part without a name is refused, an empty boundary too', async () => {
    await expect(read(type, multipart('Content-Disposition: form-data\r\n\r\n1'))).rejects.toThrow(/has no name/);
    await expect(read(type, multipart('Content-Type: text/plain\r\n\r\n1'))).rejects.toThrow(/has no name/);
    expect(() => readParameters('multipart/form-data; boundary=', Buffer.from(''))).toThrow(/boundary .* is empty/);
  });

  test('names in UTF-8, and long ones', async () => {
    const long = 'n'.repeat(2000);
    const body = multipart(
      'Content-Disposition: form-data; name="漢"\r\n\r\n1',
      `Content-Disposition: form-data; name="${long}"\r\n\r\n2`,
    );
    expect(await read(type, body)).toEqual([
      ['漢', '', '1'],
      [long, '', '2'],
    ]);
  });
});
