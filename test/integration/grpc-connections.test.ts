import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, loadPackageDefinition, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packArchive } from '../support/archive.js';
import { freePorts } from '../support/free-ports.js';
import { collect, GrpcClient, inferenceClient, managementClient } from '../support/grpc.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const handler = join(projectRoot, 'test/fixtures/handlers/grpc_probe.py');
const open = ['default_workers_per_model=1', 'disable_token_authorization=true', 'enable_model_api=true'];

let place: ServerPlace;
const clients: GrpcClient[] = [];

beforeEach(async () => {
  place = await ServerPlace.make();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await place.close();
});

function kept(client: GrpcClient): GrpcClient {
  clients.push(client);
  return client;
}

describe('tokens', () => {
  const refusal = 'Token Authorization failed. Token either incorrect, expired, or not provided correctly';

  it('open their own server and no other, except for health', async () => {
    await place.start({ config: ['disable_token_authorization=false', 'enable_model_api=true'] });
    const keys = JSON.parse(readFileSync(join(place.folder, 'key_file.json'), 'utf8'));
    const inference = kept(inferenceClient(place.grpcInference));
    const management = kept(managementClient(place.grpcManagement));
    const bearer = (token: string) => ({ metadata: { authorization: `Bearer ${token}` } });

    for (const context of [
      {},
      bearer(keys.management.key),
      bearer(keys.API.key),
      { metadata: { authorization: keys.inference.key } },
    ]) {
      expect(await inference.call('Ping', {}, context)).toMatchObject({
        code: status.UNAUTHENTICATED,
        details: refusal,
      });
    }
    expect((await inference.call('Ping', {}, bearer(keys.inference.key))).code).toBe(status.OK);
    expect(await management.call('ListModels', {}, bearer(keys.inference.key))).toMatchObject({
      code: status.UNAUTHENTICATED,
    });
    expect((await management.call('ListModels', {}, bearer(keys.management.key))).code).toBe(status.OK);
    expect(await collect(inference.stub.StreamPredictions2())).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: refusal,
    });
    expect((await healthOf(place.grpcInference).call('Check')).message).toEqual({ status: 'SERVING' });
  });
});

describe('the model API', () => {
  it('is refused where it is off', async () => {
    await place.start({ config: ['disable_token_authorization=true', 'enable_model_api=false'] });
    const management = kept(managementClient(place.grpcManagement));
    for (const method of ['RegisterModel', 'UnregisterModel']) {
      expect(await management.call(method, {})).toMatchObject({
        code: status.PERMISSION_DENIED,
        details: 'Model API disabled\norg.pytorch.serve.archive.model.ModelException',
      });
    }
    expect((await management.call('ListModels')).code).toBe(status.OK);
  });
});

describe('TLS', () => {
  it('is spoken on both ports', async () => {
    makeCertificate(place.folder);
    await place.start({
      config: [...open, 'enable_grpc_ssl=true', 'private_key_file=key.pem', 'certificate_file=cert.pem'],
    });
    const trusting = credentials.createSsl(readFileSync(join(place.folder, 'cert.pem')));
    const inference = kept(inferenceClient(place.grpcInference, trusting));
    const management = kept(managementClient(place.grpcManagement, trusting));
    expect((await inference.call('Ping')).code).toBe(status.OK);
    expect((await management.call('ListModels')).code).toBe(status.OK);
    const plain = kept(inferenceClient(place.grpcInference));
    expect((await plain.call('Ping', {}, { timeoutMs: 3000 })).code).toBe(status.UNAVAILABLE);
  });

  it('does not start with a key that does not belong to its certificate', async () => {
    makeCertificate(place.folder);
    writeFileSync(join(place.folder, 'key.pem'), 'no key');
    await expect(
      place.start({
        config: [...open, 'enable_grpc_ssl=true', 'private_key_file=key.pem', 'certificate_file=cert.pem'],
      }),
    ).rejects.toThrow(/Cannot use .*key\.pem and .*cert\.pem for gRPC: .*; a PEM key without a passphrase/);
  });
});

describe('a port that is taken', () => {
  it('keeps the server from starting, and the refusal names the key', async () => {
    const port = await freePorts(1);
    const squatter = createServer().listen(port, '127.0.0.1');
    try {
      await expect(place.start({ config: [...open, `grpc_inference_port=${port}`] })).rejects.toThrow(
        `Failed to bind to address: 127.0.0.1:${port} (another process listens there; stop it, or set grpc_inference_port to a free port).`,
      );
      expect(place.processes()).toEqual([]);
    } finally {
      squatter.close();
    }
  });
});

describe('connections', () => {
  it('are asked to end after their age, and their calls are cut after the grace', async () => {
    await packArchive(place.store, { name: 'probe', handler });
    const hangs = join(projectRoot, 'test/fixtures/handlers/hangs_at_load.py');
    await packArchive(place.store, { name: 'hangs', handler: hangs });
    const ages = [
      ...['grpc_inference_max_connection_age_ms=1000', 'grpc_inference_max_connection_age_grace_ms=500'],
      ...['grpc_management_max_connection_age_ms=1000', 'grpc_management_max_connection_age_grace_ms=500'],
    ];
    await place.start({ models: ['probe.mar'], config: [...open, ...ages] });
    const inference = kept(inferenceClient(place.grpcInference));
    await expect
      .poll(async () => (await inference.call('Predictions', { model_name: 'probe' })).code, { timeout: 20_000 })
      .toBe(status.OK);
    const began = Date.now();
    const cut = await inference.call('Predictions', { model_name: 'probe', input: { do: Buffer.from('sleep 5') } });
    expect(cut.code).not.toBe(status.OK);
    expect(Date.now() - began).toBeLessThan(4000);
    await sleep(200);
    expect((await inference.call('Ping')).code).toBe(status.OK);

    const management = kept(managementClient(place.grpcManagement));
    const since = Date.now();
    const register = { url: 'hangs.mar', initial_workers: 1, synchronous: true };
    expect((await management.call('RegisterModel', register)).code).not.toBe(status.OK);
    expect(Date.now() - since).toBeLessThan(4000);
  });

  it('take compressed messages', async () => {
    await packArchive(place.store, { name: 'probe', handler });
    await place.start({ models: ['probe.mar'], config: open });
    const gzip = kept(inferenceClient(place.grpcInference, undefined, { 'grpc.default_compression_algorithm': 2 }));
    const { code, message } = await gzip.call('Predictions', {
      model_name: 'probe',
      input: { data: Buffer.alloc(10_000, 'a') },
    });
    expect(code).toBe(status.OK);
    expect(JSON.parse(message.prediction.toString()).values.data).toHaveLength(10_000);
  });

  it('let calls in flight end when the server stops', async () => {
    await packArchive(place.store, { name: 'probe', handler });
    await place.start({ models: ['probe.mar'], config: open });
    const inference = kept(inferenceClient(place.grpcInference));
    await inference.call('Predictions', { model_name: 'probe' });
    const running = inference.call('Predictions', { model_name: 'probe', input: { do: Buffer.from('sleep 1.5') } });
    await sleep(300);
    const stopping = place.stop();
    expect(await running).toMatchObject({ code: status.OK });
    await stopping;
  });
});

function healthOf(address: string): GrpcClient {
  return kept(new GrpcClient('grpc.health.v1.Health', protoPath, address));
}

describe('health', () => {
  it('follows the workers, for those who ask and those who watch', async () => {
    writeFileSync(join(place.folder, 'model-config.yaml'), 'minWorkers: 1\nmaxWorkers: 1\nmaxRetryTimeoutInSec: 0\n');
    await packArchive(place.store, { name: 'gives_up', handler, configFile: join(place.folder, 'model-config.yaml') });
    await place.start({ models: ['gives_up.mar'], config: open });
    const inference = kept(inferenceClient(place.grpcInference));
    const health = healthOf(place.grpcInference);
    const name = 'org.pytorch.serve.grpc.inference.InferenceAPIsService';
    await expect
      .poll(async () => (await inference.call('Predictions', { model_name: 'gives_up' })).code, { timeout: 20_000 })
      .toBe(status.OK);
    expect((await health.call('Check', { service: '' })).message).toEqual({ status: 'SERVING' });
    expect((await health.call('Check', { service: 'nothing' })).code).toBe(status.NOT_FOUND);
    const seen: string[] = [];
    const watch = health.stub.Watch({ service: name });
    watch.on('data', (message: { status: string }) => seen.push(message.status));
    watch.on('error', () => {});
    await inference.call('Predictions', { model_name: 'gives_up', input: { do: Buffer.from('die') } });
    await expect
      .poll(async () => (await health.call('Check', { service: name })).message, { timeout: 5000 })
      .toEqual({ status: 'NOT_SERVING' });
    await expect.poll(() => seen, { timeout: 5000 }).toEqual(['SERVING', 'NOT_SERVING']);
    expect(JSON.parse((await inference.call('Ping')).message.health)).toEqual({ status: 'Unhealthy' });
    watch.cancel();
  });
});

describe('reflection', () => {
  it.each(['v1', 'v1alpha'])('%s lists the services and gives their files', async (version) => {
    await place.start({ config: [...open, 'ts_open_inference_protocol=true'] });
    const folder = join(projectRoot, 'node_modules/@grpc/reflection/build/proto');
    const definition = loadSync(`grpc/reflection/${version}/reflection.proto`, {
      includeDirs: [folder],
      keepCase: true,
    });
    // biome-ignore lint/suspicious/noExplicitAny: a tree of packages
    const { reflection } = (loadPackageDefinition(definition) as any).grpc;
    const client = new reflection[version].ServerReflection(place.grpcInference, credentials.createInsecure());
    try {
      const call = client.ServerReflectionInfo();
      // biome-ignore lint/suspicious/noExplicitAny: the package's messages
      const done = collect<any>(call);
      call.write({ list_services: '' });
      call.write({ file_containing_symbol: 'org.pytorch.serve.grpc.inference.InferenceAPIsService' });
      call.end();
      const { messages, code } = await done;
      expect(code).toBe(status.OK);
      const names = messages[0].list_services_response.service.map(({ name }: { name: string }) => name);
      expect(names.sort()).toEqual([
        'inference.GRPCInferenceService',
        'org.pytorch.serve.grpc.inference.InferenceAPIsService',
        'org.pytorch.serve.grpc.openinference.GRPCInferenceService',
      ]);
      const files = messages[1].file_descriptor_response.file_descriptor_proto as Buffer[];
      expect(files.some((file) => file.includes('PredictionsRequest'))).toBe(true);
    } finally {
      client.close();
    }
  });
});

function makeCertificate(folder: string): void {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const words = [
    'req',
    '-x509',
    '-nodes',
    '-newkey',
    'rsa:2048',
    '-days',
    '1',
    '-keyout',
    'key.pem',
    '-out',
    'cert.pem',
    ...subject,
  ];
  execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
}
