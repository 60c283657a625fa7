import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FrontDoorConfig } from '../../../../src/api/http/front-doors.js';
import { StartupError } from '../../../../src/errors/startup-error.js';
import { address, type OpenDoors, openDoors } from '../../../support/open-doors.js';
import { RawConnection } from '../../../support/raw-http.js';

const PING = 'GET /ping HTTP/1.1\r\n\r\n';

let folder: string;
const opened: OpenDoors[] = [];
const servers: Server[] = [];

async function open(change: Partial<FrontDoorConfig>): Promise<OpenDoors> {
  const doors = await openDoors(change);
  opened.push(doors);
  return doors;
}

async function refusal(change: Partial<FrontDoorConfig>): Promise<string> {
  const error = await open(change).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartupError);
  return (error as StartupError).message;
}

function listen(target: number | string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    servers.push(server);
    server.listen(typeof target === 'string' ? { path: target } : { port: target, host: '127.0.0.1' }, () =>
      resolve(server),
    );
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tb-addr-'));
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  const subject = ['-subj', '/CN=localhost', '-days', '2'];
  openssl('req', '-x509', '-nodes', '-newkey', 'rsa:2048', '-keyout', 'key.pem', '-out', 'cert.pem', ...subject);
  openssl(
    'req',
    '-x509',
    '-nodes',
    '-newkey',
    'rsa:2048',
    '-keyout',
    'other.pem',
    '-out',
    'other-cert.pem',
    ...subject,
  );
  openssl('rsa', '-traditional', '-in', 'key.pem', '-out', 'traditional.pem');
  const store = ['pkcs12', '-export', '-inkey', 'key.pem', '-in', 'cert.pem', '-passout', 'pass:secret'];
  openssl(...store, '-out', 'store.p12');
  writeFileSync(join(folder, 'store.jks'), Buffer.from('feedfeed00000002', 'hex'));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ doors }) => doors.close({ graceMs: 0 })));
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('unix sockets', () => {
  const unix = (name: string) => address(`unix:${join(folder, name)}`);

  test('the same HTTP, without an address in the log', async () => {
    const { accesses } = await open({ inferenceAddress: unix('a.sock') });
    const connection = new RawConnection({ path: join(folder, 'a.sock') }).write(PING);
    expect((await connection.response()).status).toBe(200);
    connection.close();
    expect(accesses[0]?.remote).toBe('127.0.0.1');
  });

  test('a Host of any name is fine there, a foreign Origin is not', async () => {
    await open({ managementAddress: unix('m.sock') });
    const connection = new RawConnection({ path: join(folder, 'm.sock') });
    expect((await connection.write('GET /models HTTP/1.1\r\nHost: x\r\n\r\n').response()).status).toBe(200);
    expect((await connection.write('GET /models HTTP/1.1\r\nOrigin: http://x\r\n\r\n').response()).status).toBe(403);
    connection.close();
  });

  test('one that a dead server left is replaced; closing removes it', async () => {
    const path = join(folder, 'left.sock');
    const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', program]);
    expect(existsSync(path)).toBe(true);
    const { doors } = await open({ inferenceAddress: unix('left.sock') });
    const connection = new RawConnection({ path }).write(PING);
    expect((await connection.response()).status).toBe(200);
    connection.close();
    await doors.close({ graceMs: 0 });
    expect(existsSync(path)).toBe(false);
  });

  test('a living one is left alone', async () => {
    await listen(join(folder, 'live.sock'));
    expect(await refusal({ inferenceAddress: unix('live.sock') })).toMatch(/another process listens there/);
  });

  test('so is a file that is no socket', async () => {
    writeFileSync(join(folder, 'file.sock'), 'precious');
    expect(await refusal({ inferenceAddress: unix('file.sock') })).toMatch(/no socket; move it away/);
    expect(readFileSync(join(folder, 'file.sock'), 'utf8')).toBe('precious');
  });

  test('a folder that is not there', async () => {
    expect(await refusal({ inferenceAddress: unix('none/a.sock') })).toMatch(/its folder is not there/);
  });
});

describe('ports', () => {
  test('one that is taken is named, and what was bound before is let go', async () => {
    const taken = await listen(0);
    const { port } = taken.address() as { port: number };
    const free = (await listen(0)).address() as { port: number };
    await new Promise((done) => servers.pop()?.close(done));
    expect(
      await refusal({
        inferenceAddress: address(`http://127.0.0.1:${free.port}`),
        managementAddress: address(`http://127.0.0.1:${port}`),
      }),
    ).toBe(
      `Failed to bind to address: http://127.0.0.1:${port} (another process listens there; stop it, or configure another address).`,
    );
    await listen(free.port);
  });

  test('an address that is not of this machine', async () => {
    expect(await refusal({ inferenceAddress: address('http://192.0.2.1:0') })).toMatch(/no such address/);
  });

  const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
  test.runIf(hasIpv6)('IPv6', async () => {
    const { doors, accesses } = await open({ inferenceAddress: address('http://[::1]:0') });
    const connection = new RawConnection({ host: '::1', port: doors.doors[0]?.port ?? 0 }).write(PING);
    expect((await connection.response()).status).toBe(200);
    connection.close();
    expect(accesses[0]?.remote).toMatch(/^\/\[::1\]:\d+$/);
  });

  test('localhost, by each of its addresses', async () => {
    const { doors } = await open({ inferenceAddress: address('http://localhost:0') });
    const connection = new RawConnection({ host: 'localhost', port: doors.doors[0]?.port ?? 0 }).write(PING);
    expect((await connection.response()).status).toBe(200);
    connection.close();
  });
});

describe('https', () => {
  const pem = () => ({ privateKeyFile: join(folder, 'key.pem'), certificateFile: join(folder, 'cert.pem') });
  const https = { inferenceAddress: address('https://127.0.0.1:0') };

  async function ping(doors: OpenDoors, options = {}) {
    const socket = connectTls({ port: doors.port(), host: '127.0.0.1', rejectUnauthorized: false, ...options });
    const connection = new RawConnection(socket).write(PING);
    const response = await connection.response();
    const protocol = socket.getProtocol();
    connection.close();
    return [response.status, protocol];
  }

  test('PEM files; TLS 1.2 and 1.3', async () => {
    const doors = await open({ ...https, ...pem() });
    expect(await ping(doors, { maxVersion: 'TLSv1.2' })).toEqual([200, 'TLSv1.2']);
    expect(await ping(doors)).toEqual([200, 'TLSv1.3']);
  });

  test('a traditional key, on several listeners', async () => {
    const doors = await open({
      ...https,
      managementAddress: address('https://127.0.0.1:0'),
      ...pem(),
      privateKeyFile: join(folder, 'traditional.pem'),
    });
    expect((await ping(doors))[0]).toBe(200);
    expect((await ping(doors, { port: doors.port('management') }))[0]).toBe(404);
  });

  test('a PKCS12 keystore goes before PEM files', async () => {
    const keystore = { keystore: join(folder, 'store.p12'), keystorePass: 'secret' };
    expect(
      (await ping(await open({ ...https, ...keystore, privateKeyFile: '/none', certificateFile: '/none' })))[0],
    ).toBe(200);
  });

  test('plain HTTP is told so', async () => {
    const doors = await open({ ...https, ...pem() });
    const response = await doors.raw(PING);
    expect(response.statusLine).toBe('HTTP/1.1 403 Forbidden');
    expect(response.body.toString()).toBe('{\n  "status": "This TorchServe instance only accepts HTTPS requests"\n}\n');
    expect(response.headers.at(-1)).toEqual(['connection', 'close']);
    expect((await ping(doors))[0]).toBe(200);
  });

  test('a connection that says nothing does not hold the closing up', async () => {
    const doors = await open({ ...https, ...pem() });
    const connection = doors.connect();
    await new Promise((done) => setTimeout(done, 30));
    const start = Date.now();
    await doors.doors.close({ graceMs: 0 });
    expect(Date.now() - start).toBeLessThan(2000);
    await connection.closed();
  });

  test.each([
    ['nothing', () => ({}), /needs a certificate: set private_key_file and certificate_file, or keystore/],
    ['a file that is not there', () => ({ ...pem(), privateKeyFile: '/none' }), /Cannot read private_key_file=\/none/],
    [
      'a key of another certificate',
      () => ({ ...pem(), privateKeyFile: join(folder, 'other.pem') }),
      /belong together/,
    ],
    ['a wrong password', () => ({ keystore: join(folder, 'store.p12') }), /keystore_pass does not open it/],
    [
      'a Java keystore',
      () => ({ keystore: join(folder, 'store.jks') }),
      /keytool -importkeystore -srckeystore .*store\.jks/,
    ],
    [
      'a type that is not read',
      () => ({ keystore: join(folder, 'store.p12'), keystoreType: 'JKS' }),
      /is a JKS keystore, and only PKCS12 is read; convert it with "keytool -importkeystore/,
    ],
  ])('%s', async (_what, change, message) => {
    expect(await refusal({ ...https, ...change() })).toMatch(message);
  });
});
