import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.js';
import { manifest, modelEntries, writeZip } from '../support/model-archive.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

/** Keys of config.properties whose effect no other test shows on a whole server. */

let place: ServerPlace;
let api: ReturnType<typeof apiOf>;

/** Of the workers: what the tests were given, or what set-up made. */
const python = process.env['TS_PYTHON'] ?? join(projectRoot, '.venv/bin/python');

/** Tells what its worker was given: the request, the context and the environment. */
const handler = `
import os

def handle(data, context):
    if data is None:
        return None
    names = ("TS_DECODE_INPUT_REQUEST", "TS_IPEX_ENABLE", "TS_IPEX_GPU_ENABLE", "TS_REQUEST_SEQUENCE_ID",
             "TS_REQUEST_SEQUENCE_START", "TS_REQUEST_SEQUENCE_END", "SECRET_OF_MINE", "NO_SECRET")
    return [{
        "row": type(row).__name__,
        "limit": context.system_properties["limit_max_image_pixels"],
        "env": {name: os.environ[name] for name in names if name in os.environ},
    } for row in data]
`;

/** A model that is a folder of the store: a handler, and a manifest that does not name it unless told. */
function folderModel(name: string, model: Readonly<Record<string, unknown>> = {}): string {
  const folder = join(place.store, name);
  mkdirSync(join(folder, 'MAR-INF'), { recursive: true });
  writeFileSync(join(folder, 'telling.py'), handler);
  writeFileSync(join(folder, 'MAR-INF/MANIFEST.json'), manifest({ modelName: name, modelVersion: '1.0', ...model }));
  return folder;
}

function connects(host: string, port: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

describe('a server with many keys', () => {
  beforeAll(async () => {
    place = await ServerPlace.make();
    api = apiOf(place);
    folderModel('telling');
    mkdirSync(join(place.folder, 'workflows'));
    const needy = folderModel('needy', { handler: 'telling.py', requirementsFile: 'requirements.txt' });
    writeFileSync(join(needy, 'requirements.txt'), '--no-index\ntb-no-such-package==9.9\n');
    const parted = folderModel('parted', { handler: 'telling.py', configFile: 'c.yaml' });
    writeFileSync(join(parted, 'c.yaml'), 'parallelType: custom\nparallelLevel: 1\nstartupTimeout: 50\n');
    await place.start({
      // Flags beat the file.
      options: ['--disable-token-auth', '--enable-model-api', '--plugins-path', '/plugins'],
      config: [
        'disable_token_authorization=false',
        'enable_model_api=false',
        'initial_distribution_port=29600',
        'grpc_inference_address=127.0.0.2',
        'grpc_management_address=127.0.0.3',
        'load_models=telling',
        'models={"telling":{"1.0":{"minWorkers":1,"maxWorkers":1,"batchSize":2,"maxBatchDelay":1}}}',
        'default_service_handler=telling.py:handle',
        'service_envelope=body',
        'default_startup_timeout=45',
        'decode_input_request=false',
        'limit_max_image_pixels=false',
        'ipex_enable=true',
        'ipex_gpu_enable=true',
        'ts_header_key_sequence_id=my_id',
        'ts_header_key_sequence_start=my_start',
        'ts_header_key_sequence_end=my_end',
        'blacklist_env_vars=SECRET.*',
        'install_py_dep_per_model=true',
        'workflow_store=workflows',
        'number_of_netty_threads=4',
        'netty_client_threads=4',
        'prefer_direct_buffer=true',
        'io_ratio=50',
        'async_logging=true',
        'vmargs=-Xmx4g',
        'plugins_path=/others',
        'cpp_log_config=/cpp.cfg',
        'model_server_home=/home/of/another',
        'version=0.11.0',
        'tsConfigFile=/of/another/machine',
      ],
      env: { SECRET_OF_MINE: 'hidden', NO_SECRET: 'seen' },
    });
  });
  afterAll(() => place?.close());

  it('has a handler for models that name none, in the envelope of its own, under the settings of "models"', async () => {
    await expect.poll(async () => (await api.predict('telling', '{}')).status, { timeout: 30_000 }).toBe(200);
    expect(await api.describe('telling')).toMatchObject({
      minWorkers: 1,
      maxWorkers: 1,
      batchSize: 2,
      maxBatchDelay: 1,
      startupTimeout: 45,
    });
  });

  it('hands its workers what they are to know, and withholds the rest', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await api.predict('telling', '{}', { headers })).json).toEqual({
      // The envelope hands the bodies over as they are; decoded, this one would be a dict.
      row: 'bytearray',
      limit: false,
      env: {
        TS_DECODE_INPUT_REQUEST: 'false',
        TS_IPEX_ENABLE: 'true',
        TS_IPEX_GPU_ENABLE: 'true',
        TS_REQUEST_SEQUENCE_ID: 'my_id',
        TS_REQUEST_SEQUENCE_START: 'my_start',
        TS_REQUEST_SEQUENCE_END: 'my_end',
        NO_SECRET: 'seen',
      },
    });
  });

  it('installs what a model requires, or tells in the words of pip why not, and registers nothing', async () => {
    const answer = await api.register('url=needy&initial_workers=1');
    expect(answer).toMatchObject({ status: 400, json: { type: 'ModelException' } });
    expect(answer.json.message).toMatch(
      /^Custom pip package installation failed for model needy: .*No matching distribution found for tb-no-such-package/,
    );
    expect((await api.list()).json.models).toMatchObject([{ modelName: 'telling' }]);
  });

  it('names a worker of several processes by the first of their ports', async () => {
    await api.register('url=parted&initial_workers=1&synchronous=true');
    expect(await api.describe('parted')).toMatchObject({
      parallelType: 'custom',
      parallelLevel: 1,
      startupTimeout: 50,
      workers: [{ id: '29600' }],
    });
    await api.unregister('parted');
  });

  it.runIf(process.platform === 'linux')('serves gRPC where it was told', async () => {
    const [, inference] = place.grpcInference.split(':');
    const [, management] = place.grpcManagement.split(':');
    expect(await connects('127.0.0.2', inference)).toBe(true);
    expect(await connects('127.0.0.1', inference)).toBe(false);
    expect(await connects('127.0.0.3', management)).toBe(true);
  });

  it('says which keys mean nothing to it', () => {
    const idle =
      'number_of_netty_threads, netty_client_threads, prefer_direct_buffer, io_ratio, async_logging, vmargs, plugins_path, cpp_log_config, model_server_home';
    expect(place.log()).toContain(`Keys that mean nothing to this server, and are left alone: ${idle}.`);
    expect(place.log()).toContain(`Workflow Store: ${join(place.folder, 'workflows')}`);
    expect(place.log()).toContain('Torchserve version: 0.12.0');
  });
});

describe('a server that asks for tokens and that variables speak to', () => {
  let keys: Record<'management' | 'inference', { key: string; 'expiration time': string }>;
  const bearer = (of: 'management' | 'inference') => ({ headers: { authorization: `Bearer ${keys[of].key}` } });
  const register = async (url: string) => {
    const answer = await fetch(`${place.management}/models?url=${url}`, { method: 'POST', ...bearer('management') });
    return ((await answer.json()) as { message: string }).message;
  };

  beforeAll(async () => {
    place = await ServerPlace.make();
    folderModel('telling', { handler: 'telling.py' });
    writeFileSync(join(place.folder, 'logs.yaml'), 'logs: { access: { format: json } }\n');
    await place.start({
      config: [
        'disable_token_authorization=false',
        'enable_metrics_api=false',
        'token_expiration_min=5',
        'enable_envvars_config=true',
        'use_env_allowed_urls=true',
        'allowed_urls=http://nowhere/.*',
        'job_queue_size=7',
        'debug=true',
        'default_workers_per_model=3',
        'load_models=telling',
        'log_config=logs.yaml',
        'max_archive_size=100',
        'max_archive_entries=2',
        `python=${python}`,
      ],
      env: { TS_JOB_QUEUE_SIZE: '9', TS_ALLOWED_URLS: 'file:///allowed/.*', TS_PYTHON: undefined },
    });
    keys = JSON.parse(readFileSync(join(place.folder, 'key_file.json'), 'utf8'));
  });
  afterAll(() => place?.close());

  it('has tokens that hold for token_expiration_min', async () => {
    const minutes = (Date.parse(keys.inference['expiration time']) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(3);
    expect(minutes).toBeLessThanOrEqual(5);
    expect((await fetch(`${place.management}/models`)).status).toBe(400);
    await expect(fetch(`${place.metrics}/metrics`)).rejects.toThrow();
  });

  it('heeds variables above its file, since the file says so; debug means one worker', async () => {
    const answer = await fetch(`${place.management}/models/telling`, bearer('management'));
    expect(await answer.json()).toMatchObject([
      { jobQueueStatus: { remainingCapacity: 9 }, workers: [{ id: '9000' }] },
    ]);
    expect(await register('http://nowhere/a.mar')).toContain('does not match any allowed URL(s)');
    expect(await register('file:///allowed/a.mar')).toContain('Failed to download archive from: file:///allowed/a.mar');
  });

  it('takes archives of so many files and bytes', async () => {
    writeZip(join(place.store, 'many.mar'), [...modelEntries, { name: 'third.txt', data: '' }]);
    writeZip(join(place.store, 'large.mar'), [
      ...modelEntries.slice(0, 1),
      { name: 'large.bin', data: 'x'.repeat(101) },
    ]);
    expect(await register('many.mar')).toMatch(/more than 2 /);
    expect(await register('large.mar')).toMatch(/more than 100 bytes/);
  });

  it('runs the Python and writes the logs that it was told', async () => {
    expect(place.log()).toContain(`Python executable: ${python}`);
    await expect
      .poll(() => readFileSync(join(place.folder, 'logs/access_log.log'), 'utf8'))
      .toMatch(/^\{.*"uri":"\/ping".*\}$/m);
  });
});
