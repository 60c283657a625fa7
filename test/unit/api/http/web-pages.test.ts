import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { TokenKeys } from '../../../../src/api/auth/token-keys.js';
import { WebGuard } from '../../../../src/api/auth/web-guard.js';
import { type OpenDoors, openDoors } from '../../../support/open-doors.js';

let open: OpenDoors;
afterEach(() => open?.doors.close({ graceMs: 0 }));

async function ask(line: string, headers: Record<string, string>, role: 'inference' | 'management' = 'management') {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const { status, body } = await open.raw(`${line} HTTP/1.1\r\n${lines.join('')}\r\n`, role);
  return { status, body: body.toString() };
}

/** What browsers send for a page of evil.example that aims at this machine. */
const attacks: [string, string, Record<string, string>][] = [
  ['a script of a foreign page', 'POST /models?url=http://evil.example/a.mar', { Origin: 'http://evil.example' }],
  [
    'a form that a foreign page posts',
    'POST /models?url=http://evil.example/a.mar',
    { Origin: 'http://evil.example', 'Content-Type': 'application/x-www-form-urlencoded' },
  ],
  [
    'a form of a browser that says where it came from by other means',
    'POST /models?url=http://evil.example/a.mar',
    { 'Sec-Fetch-Site': 'cross-site', 'Content-Type': 'text/plain' },
  ],
  ['a page of another port of this machine', 'PUT /models/echo?min_worker=100', { Origin: 'http://localhost:3000' }],
  ['a sandboxed frame', 'DELETE /models/echo', { Origin: 'null' }],
  ['a name that was rebound to this machine', 'GET /models', { Host: 'evil.example:8081' }],
  ['the same, with a matching origin', 'POST /models?url=a', { Host: 'evil.example', Origin: 'http://evil.example' }],
  ['an unknown path', 'GET /none', { Origin: 'http://evil.example' }],
  ['the API description', 'OPTIONS /', { Origin: 'http://evil.example' }],
];

describe('with no token, the management port refuses', () => {
  test.each(attacks)('%s', async (_what, line, headers) => {
    open = await openDoors();
    const { status, body } = await ask(line, { Host: `127.0.0.1:${open.port('management')}`, ...headers });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ code: 403, type: 'ForbiddenOriginException' });
    expect(open.serving.calls).toEqual([]);
  });

  test('a script of a foreign page on a port that serves both APIs, and not its predictions', async () => {
    open = await openDoors();
    expect((await ask('POST /predictions/echo', { Origin: 'http://evil.example' }, 'inference')).status).toBe(200);
    expect((await ask('POST /predictions/echo', { Host: 'evil.example' }, 'inference')).status).toBe(200);
  });
});

describe('it lets through', () => {
  test.each([
    { Host: 'localhost:1' },
    { Host: 'LOCALHOST' },
    { Host: 'sub.localhost' },
    { Host: '127.0.0.1' },
    { Host: '127.9.9.9:5' },
    { Host: '[::1]:8081' },
    {},
    { Host: 'localhost:1', Origin: 'http://localhost:1' },
    { Host: 'localhost:1', 'Sec-Fetch-Site': 'same-origin' },
  ])('%o', async (headers) => {
    open = await openDoors();
    expect((await ask('PUT /models/echo', headers)).status).toBe(200);
  });

  test('names and origins that the operator trusts', async () => {
    open = await openDoors({ trustedHosts: ['box.example'], trustedOrigins: ['https://ui.example'] });
    expect((await ask('PUT /models/echo', { Host: 'Box.example:8081' })).status).toBe(200);
    expect((await ask('PUT /models/echo', { Origin: 'https://ui.example' })).status).toBe(200);
    expect((await ask('PUT /models/echo', { Origin: 'http://ui.example' })).status).toBe(403);
  });

  test('a link on another page, which can only read', async () => {
    open = await openDoors();
    expect((await ask('GET /models', { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(200);
  });

  test('whoever has a token', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tb-guard-'));
    open = await openDoors({}, { tokens: await TokenKeys.create(folder, 60) });
    const keys = JSON.parse(readFileSync(join(folder, 'key_file.json'), 'utf8')) as { management: { key: string } };
    rmSync(folder, { recursive: true });
    const headers = { Origin: 'http://ui.example', Host: 'box', Authorization: `Bearer ${keys.management.key}` };
    expect((await ask('PUT /models/echo', headers)).status).toBe(200);
  });
});

test('where the listener may have any name, Host is not looked at, and Origin is', () => {
  const guard = new WebGuard({ hosts: [], origins: [], checkHost: false });
  expect(() => guard.check('PUT', { host: 'box.example' })).not.toThrow();
  expect(() => guard.check('PUT', { host: 'box.example', origin: 'http://evil.example' })).toThrow(/may not drive/);
});

describe('cross-origin reading', () => {
  const configured = {
    corsAllowedOrigin: 'https://app.example',
    corsAllowedMethods: 'GET, POST',
    corsAllowedHeaders: 'content-type',
  };
  const shown = [
    ['access-control-allow-origin', 'https://app.example'],
    ['access-control-allow-methods', 'GET, POST'],
    ['access-control-allow-headers', 'content-type'],
  ];

  test('what is configured stands in every response, as it is', async () => {
    open = await openDoors(configured);
    for (const line of ['GET /ping', 'GET /none', 'POST /predictions/echo']) {
      const { headers } = await open.raw(`${line} HTTP/1.1\r\n\r\n`);
      expect(headers.filter(([name]) => name.startsWith('access-control'))).toEqual(shown);
      const names = headers.map(([name]) => name);
      expect(names.indexOf('access-control-allow-origin')).toBe(names.indexOf('x-request-id') + 1);
    }
    const { headers } = await open.raw('garbage\r\n\r\n', 'inference', 'GET');
    expect(headers).toContainEqual(shown[0]);
  });

  test('a handler’s own word goes first', async () => {
    open = await openDoors(configured);
    open.serving.add('own', '1.0', () => ({ headers: ['Access-Control-Allow-Origin', '*'] }));
    const { headers } = await open.raw('GET /predictions/own HTTP/1.1\r\n\r\n');
    expect(headers.filter(([name]) => /^access-control-allow-origin$/i.test(name))).toEqual([
      ['Access-Control-Allow-Origin', '*'],
    ]);
  });

  test('a preflight is answered as one, on every path, and needs no token', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tb-cors-'));
    open = await openDoors(configured, { tokens: await TokenKeys.create(folder, 60) });
    rmSync(folder, { recursive: true });
    for (const path of ['/predictions/echo', '/ping', '/none', '/']) {
      const { status, headers, body } = await open.raw(
        `OPTIONS ${path} HTTP/1.1\r\nOrigin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n\r\n`,
      );
      expect([status, body.length]).toEqual([204, 0]);
      expect(headers.filter(([name]) => name.startsWith('access-control'))).toEqual(shown);
    }
  });

  test('without configuration OPTIONS tells of the API, whoever asks', async () => {
    open = await openDoors();
    const { status } = await open.raw(
      'OPTIONS / HTTP/1.1\r\nOrigin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n\r\n',
    );
    expect(status).toBe(200);
  });
});
