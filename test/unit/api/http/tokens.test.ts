import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TokenKeys } from '../../../../src/api/auth/token-keys.js';
import { freePorts } from '../../../support/free-ports.js';
import { address, type OpenDoors, openDoors } from '../../../support/open-doors.js';

let folder: string;
let open: OpenDoors;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tb-tokens-'));
  open = await openDoors({}, { tokens: await TokenKeys.create(folder, 60) });
});
afterEach(async () => {
  await open.doors.close({ graceMs: 0 });
  rmSync(folder, { recursive: true });
});

type Name = 'management' | 'inference' | 'API';
const key = (name: Name) =>
  (JSON.parse(readFileSync(join(folder, 'key_file.json'), 'utf8')) as Record<Name, { key: string }>)[name].key;

async function call(role: 'inference' | 'management' | 'metrics', line: string, shown?: Name | 'wrong') {
  const token = shown === undefined ? '' : `Authorization: Bearer ${shown === 'wrong' ? 'nope1234' : key(shown)}\r\n`;
  const { status, body } = await open.raw(`${line} HTTP/1.1\r\n${token}\r\n`, role);
  return { status, text: body.toString() };
}

const AUTHORIZATION =
  '{\n  "code": 400,\n  "type": "InvalidKeyException",\n  "message": "Token Authorization failed. Token either incorrect, expired, or not provided correctly"\n}\n';
const AUTHENTICATION = AUTHORIZATION.replace('Authorization', 'Authentication');

test.each([
  ['inference', 'GET /ping', 'inference'],
  ['inference', 'POST /predictions/echo', 'inference'],
  ['inference', 'OPTIONS /predictions/echo', 'inference'],
  ['inference', 'POST /v2/models/echo/infer', 'inference'],
  ['management', 'GET /models', 'management'],
  ['management', 'GET /v1/models/echo', 'management'],
  ['management', 'POST /models?url=https://x/token/a.mar', 'management'],
] as const)('%s: %s takes the %s key alone', async (role, line, right) => {
  for (const shown of [undefined, 'wrong', 'API', right === 'inference' ? 'management' : 'inference'] as const) {
    expect(await call(role, line, shown)).toEqual({ status: 400, text: AUTHORIZATION });
  }
  expect((await call(role, line, right)).status).toBe(200);
});

test('unknown paths need a key before they are said to be unknown', async () => {
  expect((await call('inference', 'GET /none')).status).toBe(400);
  expect((await call('inference', 'GET /none', 'inference')).status).toBe(404);
});

test('the description and the metrics are free', async () => {
  expect((await call('inference', 'OPTIONS /')).status).toBe(200);
  expect((await call('management', 'GET /api-description')).status).toBe(200);
  expect((await call('inference', 'GET /')).status).toBe(405);
  expect((await call('metrics', 'GET /metrics')).status).toBe(200);
});

test('a refused request is refused before its body came', async () => {
  const connection = open.connect().write('POST /predictions/echo HTTP/1.1\r\ncontent-length: 100\r\n\r\n');
  expect((await connection.response()).status).toBe(400);
  connection.close();
});

test('rotation by /token, with the API key', async () => {
  const old = key('inference');
  expect(await call('management', 'GET /token?type=inference', 'API')).toEqual({ status: 200, text: '\n' });
  expect(key('inference')).not.toBe(old);
  expect((await call('inference', 'GET /ping', 'inference')).status).toBe(200);
  expect((await call('management', 'POST /token/?type=management', 'API')).status).toBe(200);
});

test.each([
  ['GET /token?type=inference', undefined],
  ['GET /token?type=inference', 'management'],
  ['GET /token?type=inference', 'wrong'],
  ['GET /token?type=zzz', 'API'],
  ['GET /token', 'API'],
] as const)('%s with the key %s is refused', async (line, shown) => {
  expect(await call('management', line, shown)).toEqual({ status: 400, text: AUTHENTICATION });
});

test('a handler never sees the token', async () => {
  await open.raw(`GET /predictions/echo HTTP/1.1\r\nAUTHORIZATION: Bearer ${key('inference')}\r\nX-Other: 1\r\n\r\n`);
  await open.raw(
    `GET /models/echo?customized=true HTTP/1.1\r\nauthorization: Bearer ${key('management')}\r\n\r\n`,
    'management',
  );
  expect(open.serving.inputs).toHaveLength(2);
  expect(open.serving.inputs[0]?.headers).toContain('X-Other');
  expect(JSON.stringify(open.serving.inputs).toLowerCase()).not.toContain('authorization');
});

test('no token is ever logged', async () => {
  await call('inference', 'GET /ping', 'inference');
  await call('management', 'GET /token?type=inference', 'API');
  const said = JSON.stringify([open.accesses, open.errors]);
  for (const name of ['management', 'inference', 'API'] as const) expect(said).not.toContain(key(name));
});

test('one listener for both APIs: each route asks for the key of its own API', async () => {
  await open.doors.close({ graceMs: 0 });
  const shared = address(`http://127.0.0.1:${await freePorts(1)}`);
  open = await openDoors(
    { inferenceAddress: shared, managementAddress: shared },
    { tokens: await TokenKeys.create(folder, 60) },
  );
  expect((await call('inference', 'GET /ping', 'inference')).status).toBe(200);
  expect((await call('inference', 'GET /ping', 'management')).status).toBe(400);
  expect((await call('inference', 'GET /models', 'management')).status).toBe(200);
  expect((await call('inference', 'GET /models', 'inference')).status).toBe(400);
  expect((await call('inference', 'GET /none', 'management')).status).toBe(404);
  expect((await call('inference', 'GET /none')).status).toBe(400);
});
