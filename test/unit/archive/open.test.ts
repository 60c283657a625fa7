import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpenedArchive, OpenOptions } from '../../../src/archive/archive.js';
import { openArchive } from '../../../src/archive/open.js';
import { manifest, modelEntries, writeTar, writeZip } from '../../support/model-archive.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** What TorchServe allows unless told. */
const allowedUrls = [/file:\/\/.*/i, /http(s)?:\/\/.*/i];

let folder: string;
let store: string;
let unpackRoot: string;
let server: Server | null = null;

beforeEach(() => {
  folder = realpathSync(temporaryFolder('open'));
  store = join(folder, 'store');
  unpackRoot = join(folder, 'unpacked');
  mkdirSync(store);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  server?.closeAllConnections();
  await new Promise((done) => (server === null ? done(null) : server.close(done)));
  server = null;
});

const open = (url: string, options: Partial<OpenOptions> = {}): Promise<OpenedArchive> =>
  openArchive(url, { modelStore: store, allowedUrls, unpackRoot, ...options });

/** Serves every path of a map from paths to contents; answers the base address. */
async function serve(files: Readonly<Record<string, Buffer>>): Promise<string> {
  const made = createServer((request, response) => {
    const file = files[new URL(request.url ?? '', 'http://h').pathname];
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  server = made;
  await new Promise<void>((done) => made.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
}

const refusal = (status: number, type: string, message: string | RegExp) =>
  expect.objectContaining({
    status,
    type,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });
const notFound = (message: string) => refusal(404, 'ModelNotFoundException', message);

/** What is below the folder for unpacked archives; nothing where that does not exist. */
const unpacked = (): string[] => (existsSync(unpackRoot) ? readdirSync(unpackRoot) : []);

describe('an archive in the model store', () => {
  it('is unpacked under a random name and goes without a trace', async () => {
    writeZip(join(store, 'm.mar'));
    const opened = await open('m.mar');
    expect(opened.manifest?.model).toMatchObject({ modelName: 'm', handler: 'handler.py' });
    expect(opened.modelConfig).toBeNull();
    expect(opened.warnings).toEqual([]);
    expect(opened.folder.startsWith(opened.privateFolder + sep)).toBe(true);
    expect(unpacked()).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(readFileSync(join(opened.folder, 'handler.py'), 'utf8')).toContain('def handle');
    await opened.remove();
    await opened.remove();
    expect(unpacked()).toEqual([]);
    expect(readdirSync(store)).toEqual(['m.mar']);
  });

  it('may be opened twice at once', async () => {
    writeZip(join(store, 'm.mar'));
    const [first, second] = await Promise.all([open('m.mar'), open('m.mar')]);
    expect(first.folder).not.toBe(second.folder);
    await first.remove();
    expect(existsSync(join(second.folder, 'handler.py'))).toBe(true);
  });

  it('is also meant by the path of a file elsewhere with the same name', async () => {
    writeZip(join(store, 'm.mar'));
    writeFileSync(join(folder, 'm.mar'), 'something else');
    expect((await open(join(folder, 'm.mar'))).manifest?.model.modelName).toBe('m');
    expect((await open('ftp://host/m.mar')).manifest?.model.modelName).toBe('m');
  });

  it('opens though allowed_urls matches everything, and though it matches nothing', async () => {
    writeZip(join(store, 'm.mar'));
    expect((await open('m.mar', { allowedUrls: [/.*/] })).manifest).not.toBeNull();
    expect((await open('m.mar', { allowedUrls: [] })).manifest).not.toBeNull();
  });

  it.each(['m.tar.gz', 'm.model', 'm'])('may be a gzipped tar: %s', async (name) => {
    writeTar(join(store, name), [
      { path: 'm/handler.py', data: 'x' },
      { path: 'm/MAR-INF/MANIFEST.json', data: manifest({ modelName: 'm' }) },
    ]);
    const opened = await open(name);
    expect(opened.manifest?.model.modelName).toBe('m');
    expect(existsSync(join(opened.folder, 'handler.py'))).toBe(true);
  });

  it('brings its model-config.yaml', async () => {
    const named = manifest({ modelName: 'm', configFile: 'c.yaml' }, { archiverVersion: undefined });
    writeZip(join(store, 'm.mar'), [
      { name: 'c.yaml', data: 'batchSize: 4\ndeviceType: neuron\n' },
      { name: 'MAR-INF/MANIFEST.json', data: named },
    ]);
    const opened = await open('m.mar');
    expect(opened.modelConfig).toEqual({ batchSize: 4 });
    expect(opened.warnings).toEqual([
      "The archive's manifest has no archiverVersion.",
      'Ignored deviceType: "neuron" in c.yaml, should be one of cpu, gpu.',
    ]);
  });

  it('may lack a manifest', async () => {
    writeZip(join(store, 'm.mar'), [{ name: 'handler.py', data: 'x' }]);
    expect((await open('m.mar')).manifest).toBeNull();
  });
});

describe('a bad archive', () => {
  it.each([
    ['that is none', Buffer.from('hello'), 500, 'InternalServerException', /it is neither a zip archive/],
    ['that is empty', Buffer.alloc(0), 500, 'InternalServerException', /it is neither a zip archive/],
    ['that is cut off', Buffer.from('PK\x03\x04 and so on'), 500, 'InternalServerException', /central directory/i],
  ])('%s is refused and leaves nothing', async (_what, bytes, status, type, why) => {
    writeFileSync(join(store, 'bad.mar'), bytes);
    await expect(open('bad.mar')).rejects.toEqual(refusal(status, type, /^Failed to save model: bad\.mar: /));
    await expect(open('bad.mar')).rejects.toThrow(why);
    expect(unpacked()).toEqual([]);
    expect(readdirSync(store)).toEqual(['bad.mar']);
  });

  it('that climbs is refused', async () => {
    writeZip(join(store, 'bad.mar'), [...modelEntries, { name: '../../evil.py', data: 'x' }]);
    await expect(open('bad.mar')).rejects.toEqual(
      refusal(
        400,
        'InvalidModelException',
        'Failed to save model: bad.mar: Detected Zip Slip vulnerability: ../../evil.py',
      ),
    );
    expect(unpacked()).toEqual([]);
  });

  it('that is too large is refused, by limits that the caller may set', async () => {
    writeZip(join(store, 'bad.mar'), [{ name: 'big', data: 'x'.repeat(5000) }]);
    await expect(open('bad.mar', { limits: { unpackedBytes: 4096 } })).rejects.toEqual(
      refusal(400, 'InvalidModelException', /^Failed to save model: bad\.mar: it holds more than 4 KiB unpacked/),
    );
  });

  it('with a manifest or a yaml that makes no sense is refused and leaves nothing', async () => {
    writeZip(join(store, 'a.mar'), [{ name: 'MAR-INF/MANIFEST.json', data: '{' }]);
    await expect(open('a.mar')).rejects.toEqual(
      refusal(400, 'InvalidModelException', 'Failed to parse signature.json.'),
    );
    writeZip(join(store, 'b.mar'), [
      { name: 'c.yaml', data: 'batchSize: many' },
      { name: 'MAR-INF/MANIFEST.json', data: manifest({ modelName: 'b', configFile: 'c.yaml' }) },
    ]);
    await expect(open('b.mar')).rejects.toEqual(
      refusal(400, 'InvalidModelException', 'Invalid batchSize: "many", should be an integer, in c.yaml'),
    );
    expect(unpacked()).toEqual([]);
  });
});

describe('a folder', () => {
  const makeModel = (path: string): string => {
    mkdirSync(join(path, 'MAR-INF'), { recursive: true });
    writeFileSync(join(path, 'handler.py'), 'x');
    writeFileSync(join(path, 'MAR-INF/MANIFEST.json'), manifest({ modelName: 'f' }));
    return path;
  };

  it('of the model store is used in place and stays', async () => {
    const path = makeModel(join(store, 'f'));
    const opened = await open('f', { allowedUrls: [] });
    expect(opened.folder).toBe(path);
    expect(opened.manifest?.model.modelName).toBe('f');
    expect(opened.privateFolder.startsWith(unpackRoot + sep)).toBe(true);
    await opened.remove();
    expect(existsSync(join(path, 'handler.py'))).toBe(true);
    expect(unpacked()).toEqual([]);
  });

  it('elsewhere is used by its absolute path', async () => {
    const path = makeModel(join(folder, 'elsewhere/f'));
    expect((await open(path)).folder).toBe(path);
    expect((await open(`${path}/`)).folder).toBe(path);
  });

  it('elsewhere is refused unless allowed_urls covers it', async () => {
    const path = makeModel(join(folder, 'elsewhere/f'));
    const other = [/https:\/\/models\.example\.com\/.*/];
    await expect(open(path, { allowedUrls: other })).rejects.toEqual(
      notFound(`Given URL ${path} does not match any allowed URL(s)`),
    );
    const covering = [new RegExp(`file://${folder}/elsewhere/.*`)];
    expect((await open(path, { allowedUrls: covering })).folder).toBe(path);
  });

  it('in the model store may be named by its path, whatever allowed_urls says', async () => {
    const path = makeModel(join(store, 'f'));
    expect((await open(path, { allowedUrls: [] })).folder).toBe(path);
  });

  it('that a link in the model store leads to is used', async () => {
    const path = makeModel(join(folder, 'elsewhere/f'));
    symlinkSync(path, join(store, 'linked'));
    expect((await open('linked', { allowedUrls: [] })).folder).toBe(path);
  });

  it('that holds one folder and nothing else is entered', async () => {
    const path = makeModel(join(store, 'outer/inner'));
    expect((await open('outer')).folder).toBe(path);
  });

  it('below the working folder may be named by a relative path', async () => {
    const path = makeModel(join(folder, 'here/f'));
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect((await open('here/f')).folder).toBe(path);
      await expect(open('here/f', { allowedUrls: [] })).rejects.toThrow('does not match any allowed URL(s)');
    } finally {
      process.chdir(before);
    }
  });
});

describe('a url that leads nowhere', () => {
  it.each([
    ['absent.mar', 'Model not found at: absent.mar'],
    ['ftp://127.0.0.1/x.mar', 'Model not found at: ftp://127.0.0.1/x.mar'],
    ['/nowhere/m.mar', 'Model not found at: /nowhere/m.mar'],
    ['../config.properties', 'Relative path is not allowed in url: ../config.properties'],
    ['', 'empty url'],
    ['http://', 'Model not found at: http://'],
    [`${'x'.repeat(300)}.mar`, `Model not found at: ${'x'.repeat(300)}.mar`],
  ])('%s is answered as by TorchServe', async (url, message) => {
    await expect(open(url)).rejects.toEqual(notFound(message));
    expect(unpacked()).toEqual([]);
  });

  it('needs a model store', async () => {
    await expect(open('m.mar', { modelStore: null })).rejects.toEqual(notFound('Model store has not been configured.'));
  });

  it.runIf(process.getuid?.() !== 0)('in a model store that cannot be read is not "not found"', async () => {
    writeZip(join(store, 'm.mar'));
    chmodSync(store, 0);
    await expect(open('m.mar')).rejects.toEqual(
      refusal(500, 'InternalServerException', 'Failed to save model: m.mar: EACCES: permission denied'),
    );
    chmodSync(store, 0o755);
  });
});

describe('an archive that is fetched', () => {
  const archive = () => readFileSync(writeZip(join(folder, 'fetched.mar')));

  it('lands in the model store and goes with its model', async () => {
    const base = await serve({ '/a/m.mar': archive() });
    const opened = await open(`${base}/a/m.mar?token=x`);
    expect(opened.manifest?.model.modelName).toBe('m');
    expect(readFileSync(join(store, 'm.mar')).equals(archive())).toBe(true);
    await opened.remove();
    expect(readdirSync(store)).toEqual([]);
    expect(unpacked()).toEqual([]);
  });

  it('may be a file of this machine, copied into the model store', async () => {
    archive();
    const opened = await open(pathToFileURL(join(folder, 'fetched.mar')).href);
    expect(existsSync(join(store, 'fetched.mar'))).toBe(true);
    await opened.remove();
    expect(existsSync(join(folder, 'fetched.mar'))).toBe(true);
    expect(readdirSync(store)).toEqual([]);
  });

  it('must be covered by allowed_urls', async () => {
    const base = await serve({ '/m.mar': archive() });
    for (const url of [`${base}/m.mar`, 'file:///etc/passwd', 'HTTPS://host/m.mar']) {
      await expect(open(url, { allowedUrls: [/https:\/\/models\.example\.com\/.*/] })).rejects.toEqual(
        notFound(`Given URL ${url} does not match any allowed URL(s)`),
      );
    }
    expect(readdirSync(store)).toEqual([]);
  });

  it('does not replace what the model store has', async () => {
    writeFileSync(join(store, 'm.mar'), 'mine');
    const base = await serve({ '/m.mar': archive() });
    await expect(open(`${base}/m.mar`)).rejects.toEqual(
      refusal(500, 'InternalServerException', 'Model file already exists m.mar'),
    );
    await expect(open(`${base}/m.mar`, { reuseDownload: true })).rejects.toThrow('Model file already exists m.mar');
    expect(readFileSync(join(store, 'm.mar'), 'utf8')).toBe('mine');
  });

  it('twice at once is there once, and the other is told', async () => {
    const base = await serve({ '/m.mar': archive() });
    const results = await Promise.allSettled([open(`${base}/m.mar`), open(`${base}/m.mar`)]);
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.message] : []));
    expect(failures).toEqual(['Model file already exists m.mar']);
    expect(readdirSync(store).sort()).toEqual(['.m.mar.origin', 'm.mar']);
    expect(unpacked()).toHaveLength(1);
  });

  it('is known again at a later start, by its url', async () => {
    const base = await serve({ '/m.mar': archive() });
    await open(`${base}/m.mar`);
    await expect(open(`${base}/m.mar`)).rejects.toThrow('Model file already exists m.mar');
    await expect(open(`${base}/other/m.mar`, { reuseDownload: true })).rejects.toThrow('Model file already exists');
    const again = await open(`${base}/m.mar`, { reuseDownload: true });
    expect(again.manifest?.model.modelName).toBe('m');
    await again.remove();
    expect(readdirSync(store)).toEqual([]);
  });

  it.each([
    ['is not there', '/absent.mar', /^Failed to download archive from: /],
    ['is no archive', '/bad.mar', /^Failed to save model: /],
  ])('that %s leaves nothing in the model store', async (_what, path, message) => {
    const base = await serve({ '/bad.mar': Buffer.from('hello') });
    await expect(open(base + path)).rejects.toThrow(message);
    expect(readdirSync(store)).toEqual([]);
    expect(unpacked()).toEqual([]);
  });

  it('with s3_sse_kms is signed from the environment', async () => {
    const seen: unknown[] = [];
    const bytes = archive();
    const base = await serve({ '/m.mar': bytes });
    server?.on('request', (request) => seen.push(request.headers.authorization, request.headers['x-amz-date']));
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_DEFAULT_REGION'];
    for (const name of names) vi.stubEnv(name, '');
    await expect(open(`${base}/m.mar`, { s3SseKms: true })).rejects.toEqual(
      refusal(400, 'BadRequestException', /^Miss environment variables AWS_ACCESS_KEY_ID, /),
    );
    for (const name of names) vi.stubEnv(name, 'x');
    await open(`${base}/m.mar`, { s3SseKms: true });
    expect(seen).toEqual([
      expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=x\/\d{8}\/x\/s3\/aws4_request/),
      expect.stringMatching(/^\d{8}T\d{6}Z$/),
    ]);
  });

  it('stops when told, and leaves nothing', async () => {
    const base = await serve({ '/m.mar': archive() });
    await expect(open(`${base}/m.mar`, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    expect(readdirSync(store)).toEqual([]);
    expect(unpacked()).toEqual([]);
  });
});
