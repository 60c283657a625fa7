import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packArchive } from '../support/archive.js';
import { type GrpcClient, managementClient } from '../support/grpc.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const handler = join(projectRoot, 'test/fixtures/handlers/grpc_probe.py');
const http = 'org.pytorch.serve.http';
const archiveModel = 'org.pytorch.serve.archive.model';

let place: ServerPlace;
let management: GrpcClient;

beforeAll(async () => {
  place = await ServerPlace.make();
  for (const version of ['1.0', '2.0']) {
    await packArchive(place.store, { name: version === '1.0' ? 'probe' : 'probe2', handler, version });
  }
  await packArchive(place.store, {
    name: 'describes',
    handler: join(projectRoot, 'test/fixtures/handlers/describes_itself.py'),
  });
  await packArchive(place.store, {
    name: 'broken',
    handler: join(projectRoot, 'test/fixtures/handlers/bad_initialize.py'),
  });
  await place.start({
    config: ['default_workers_per_model=0', 'disable_token_authorization=true', 'enable_model_api=true'],
  });
  management = managementClient(place.grpcManagement);
});
afterAll(async () => {
  management?.close();
  await place.close();
});

async function said(method: string, request: object = {}): Promise<string> {
  const { code, details, message } = await management.call(method, request);
  expect({ code, details }).toEqual({ code: status.OK, details: '' });
  return message.msg;
}

describe('RegisterModel', () => {
  it('registers without workers', async () => {
    expect(await said('RegisterModel', { url: 'probe.mar' })).toBe(
      'Model "probe" Version: 1.0 registered with 0 initial workers. Use scale workers API to add workers for the model.',
    );
  });

  it('starts workers and waits for them where it is asked to', async () => {
    expect(
      await said('RegisterModel', {
        url: 'probe2.mar',
        model_name: 'probe',
        initial_workers: 1,
        synchronous: true,
        batch_size: 4,
      }),
    ).toBe('Model "probe" Version: 2.0 registered with 1 initial workers');
    const [described] = JSON.parse(await said('DescribeModel', { model_name: 'probe', model_version: '2.0' }));
    expect(described).toMatchObject({
      modelName: 'probe',
      modelVersion: '2.0',
      batchSize: 4,
      maxBatchDelay: 100,
      responseTimeout: 120,
      minWorkers: 1,
    });
  });

  it('says that workers are on their way where it is not', async () => {
    expect(await said('RegisterModel', { url: 'describes.mar', initial_workers: 1 })).toBe(
      'Processing worker updates...',
    );
  });

  it.each([
    ['no url', {}, status.INVALID_ARGUMENT, `Parameter url is required.\n${http}.BadRequestException`],
    [
      'a runtime that there is not',
      { url: 'x.mar', runtime: 'cobol' },
      status.INVALID_ARGUMENT,
      `Invalid RuntimeType value: cobol\n${http}.BadRequestException`,
    ],
    [
      'a file that there is not',
      { url: 'nope.mar' },
      status.NOT_FOUND,
      `Model not found at: nope.mar\n${archiveModel}.ModelNotFoundException`,
    ],
    [
      'a version twice',
      { url: 'probe.mar' },
      status.ALREADY_EXISTS,
      `Model version 1.0 is already registered for model probe\n${http}.ConflictStatusException`,
    ],
    [
      'a model that does not load',
      { url: 'broken.mar', initial_workers: 1, synchronous: true },
      status.INTERNAL,
      `Failed to start workers for model broken version: 1.0\n${http}.InternalServerException`,
    ],
  ])('refuses %s', async (_, request, code, details) => {
    expect(await management.call('RegisterModel', request)).toMatchObject({ code, details });
  });
});

describe('ListModels', () => {
  it('lists a page, by default of 100', async () => {
    const { models, nextPageToken } = JSON.parse(await said('ListModels'));
    expect(models[0]).toEqual({ modelName: 'broken', modelUrl: 'broken.mar' });
    expect(models.map(({ modelName }: { modelName: string }) => modelName)).toEqual(['broken', 'describes', 'probe']);
    expect(nextPageToken).toBeUndefined();
  });

  it('goes on where a page ended', async () => {
    expect(JSON.parse(await said('ListModels', { limit: 1, next_page_token: 1 }))).toEqual({
      nextPageToken: '2',
      models: [{ modelName: 'describes', modelUrl: 'describes.mar' }],
    });
  });
});

describe('DescribeModel', () => {
  it('describes the default version as REST does', async () => {
    const text = await said('DescribeModel', { model_name: 'probe' });
    expect(`${text}\n`).toBe(await (await fetch(`${place.management}/models/probe`)).text());
    expect(JSON.parse(text)).toHaveLength(1);
  });

  it('describes every version', async () => {
    const all = JSON.parse(await said('DescribeModel', { model_name: 'probe', model_version: 'all' }));
    expect(all.map(({ modelVersion }: { modelVersion: string }) => modelVersion).sort()).toEqual(['1.0', '2.0']);
  });

  it('asks the handler where it is asked to', async () => {
    await expect
      .poll(async () => JSON.parse(await said('DescribeModel', { model_name: 'describes' }))[0].workers[0].status, {
        timeout: 20_000,
      })
      .toBe('READY');
    const [described] = JSON.parse(await said('DescribeModel', { model_name: 'describes', customized: true }));
    expect(described.customizedMetadata).toEqual({ answers: 42 });
  });

  it.each([
    [
      'an unknown model',
      { model_name: 'nope' },
      status.NOT_FOUND,
      `Model not found: nope\n${archiveModel}.ModelNotFoundException`,
    ],
    ['no model', {}, status.NOT_FOUND, `Model not found: \n${archiveModel}.ModelNotFoundException`],
    [
      'an unknown version',
      { model_name: 'probe', model_version: '9' },
      status.NOT_FOUND,
      `Model version: 9 does not exist for model: probe\n${archiveModel}.ModelVersionNotFoundException`,
    ],
    [
      'an unknown model, customized',
      { model_name: 'nope', customized: true },
      status.NOT_FOUND,
      `Model not found: nope\n${archiveModel}.ModelNotFoundException`,
    ],
  ])('refuses %s', async (_, request, code, details) => {
    expect(await management.call('DescribeModel', request)).toMatchObject({ code, details });
  });

  it('says why a customized description cannot be had', async () => {
    const { code, details } = await management.call('DescribeModel', { model_name: 'probe', customized: true });
    expect(code).toBe(status.UNAVAILABLE);
    expect(details).toMatch(/^Model "probe" has no worker to serve describe request/);
  });
});

describe('ScaleWorker', () => {
  it('scales, at once or in the end', async () => {
    expect(
      await said('ScaleWorker', { model_name: 'probe', model_version: '2.0', min_worker: 2, synchronous: true }),
    ).toBe('Workers scaled to 2 for model: probe, version: 2.0');
    expect(await said('ScaleWorker', { model_name: 'probe', model_version: '2.0' })).toBe(
      'Processing worker updates...',
    );
    expect(await said('ScaleWorker', { model_name: 'probe', model_version: '2.0', synchronous: true })).toBe(
      'Workers scaled to 1 for model: probe, version: 2.0',
    );
  });

  it.each([
    ['no model', {}, status.INVALID_ARGUMENT, `Parameter model_name is required.\n${http}.BadRequestException`],
    [
      'a maximum below the minimum',
      { model_name: 'probe', min_worker: 3, max_worker: 2 },
      status.INVALID_ARGUMENT,
      `max_worker cannot be less than min_worker.\n${http}.BadRequestException`,
    ],
    [
      'an unknown model',
      { model_name: 'nope' },
      status.NOT_FOUND,
      `Model not found: nope\n${archiveModel}.ModelNotFoundException`,
    ],
  ])('refuses %s', async (_, request, code, details) => {
    expect(await management.call('ScaleWorker', request)).toMatchObject({ code, details });
  });
});

describe('SetDefault and UnregisterModel', () => {
  it('changes the default version', async () => {
    expect(await said('SetDefault', { model_name: 'probe', model_version: '2.0' })).toBe(
      'Default version successfully updated for model "probe" to "2.0"',
    );
    expect(await management.call('SetDefault', { model_name: 'probe', model_version: '9' })).toMatchObject({
      code: status.NOT_FOUND,
      details: `Model version 9 does not exist for model probe\n${archiveModel}.ModelVersionNotFoundException`,
    });
  });

  it('keeps a default version while there are others', async () => {
    expect(await management.call('UnregisterModel', { model_name: 'probe' })).toMatchObject({
      code: status.FAILED_PRECONDITION,
    });
  });

  it('unregisters', async () => {
    expect(await said('UnregisterModel', { model_name: 'probe', model_version: '1.0' })).toBe(
      'Model "probe" unregistered',
    );
    expect(await said('UnregisterModel', { model_name: 'probe' })).toBe('Model "probe" unregistered');
    expect(await management.call('UnregisterModel', { model_name: 'probe' })).toMatchObject({ code: status.NOT_FOUND });
    expect(await management.call('UnregisterModel', {})).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: `Parameter model_name is required.\n${http}.BadRequestException`,
    });
  });
});
