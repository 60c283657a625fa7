import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseModelConfig, readModelConfig } from '../../../src/archive/model-config.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const config = (yaml: string) => parseModelConfig(yaml, 'model-config.yaml').config;

const refusedWith = (message: string | RegExp) =>
  expect.objectContaining({
    kind: 'invalidModel',
    status: 400,
    type: 'InvalidModelException',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });

describe('model-config.yaml', () => {
  it('is read with every key of the frontend', () => {
    expect(
      config(`
# TorchServe frontend parameters
minWorkers: 1
maxWorkers: 4
batchSize: 8
maxBatchDelay: 50
responseTimeout: 300
startupTimeout: 600
maxRetryTimeoutInSec: 0
clientTimeoutInMills: 5000
jobQueueSize: 500
batchPolicy: eager
deviceType: "GPU"
deviceIds: [0, 1]
parallelType: tp
parallelLevel: 2
useJobTicket: true
useVenv: yes
sequenceBatching: on
continuousBatching: false
asyncCommunication: no
sequenceMaxIdleMSec: 1000
sequenceTimeoutMSec: 2000
maxNumSequence: 16
maxSequenceJobQueueSize: 10
openaiRoutes: [v1/embeddings]
`),
    ).toEqual({
      minWorkers: 1,
      maxWorkers: 4,
      batchSize: 8,
      maxBatchDelay: 50,
      responseTimeout: 300,
      startupTimeout: 600,
      maxRetryTimeoutInSec: 0,
      clientTimeoutInMills: 5000,
      jobQueueSize: 500,
      batchPolicy: 'eager',
      deviceType: 'gpu',
      deviceIds: [0, 1],
      parallelType: 'tp',
      parallelLevel: 2,
      useJobTicket: true,
      useVenv: true,
      sequenceBatching: true,
      continuousBatching: false,
      asyncCommunication: false,
      sequenceMaxIdleMSec: 1000,
      sequenceTimeoutMSec: 2000,
      maxNumSequence: 16,
      maxSequenceJobQueueSize: 10,
      openaiRoutes: ['v1/embeddings'],
    });
  });

  it('may hold whatever handlers want', () => {
    expect(config('handler:\n  profile: true\npt2: {compile: {enable: true}}\nmy key: [1]\nbatchSize: 2')).toEqual({
      batchSize: 2,
    });
  });

  it.each(['', '\n', '# only a comment\n', '---\n', '~'])('may be empty: %j', (yaml) => {
    expect(config(yaml)).toEqual({});
  });

  it('is YAML 1.1: the later of two equal keys, octal numbers, anchors and CRLF', () => {
    expect(config('minWorkers: 2\r\nminWorkers: 1\r\nbatchSize: 010\r\n')).toEqual({ minWorkers: 1, batchSize: 8 });
    expect(config('a: &n 3\nbatchSize: *n')).toEqual({ batchSize: 3 });
  });

  it('takes a key without a value as absent', () => {
    expect(config('batchSize:\ndeviceIds: ~\ntorchrun: {nnodes: }')).toMatchObject({ torchrun: { nnodes: 1 } });
    expect(config('batchSize:')).toEqual({});
  });

  it.each([
    ['minWorkers: 0', { minWorkers: 0 }],
    ['minWorkers: -3', { minWorkers: 0 }],
    ['batchSize: 0', { batchSize: 1 }],
    ['maxWorkers: 0', { maxWorkers: 0 }],
    ['maxBatchDelay: 0', {}],
    ['jobQueueSize: 0', {}],
  ])('counts %s as %j', (yaml, expected) => {
    expect(parseModelConfig(yaml, 'c.yaml')).toEqual({ config: expected, warnings: [] });
  });

  it.each([
    ['maxWorkers: -1', 'Ignored maxWorkers: -1 in c.yaml, should be an integer.'],
    ['responseTimeout: -5', 'Ignored responseTimeout: -5 in c.yaml, should be an integer (seconds).'],
    ['deviceType: neuron', 'Ignored deviceType: "neuron" in c.yaml, should be one of cpu, gpu.'],
    ['parallelType: dp', 'Ignored parallelType: "dp" in c.yaml, should be one of pp, tp, pptp, custom.'],
  ])('passes over %s and says so', (yaml, warning) => {
    expect(parseModelConfig(yaml, 'c.yaml')).toEqual({ config: {}, warnings: [warning] });
  });

  it.each([
    ['minWorkers: "2"', 'Invalid minWorkers: "2", should be an integer, in c.yaml'],
    ['batchSize: 1.5', 'Invalid batchSize: 1.5, should be an integer, in c.yaml'],
    ['batchSize: true', 'Invalid batchSize: true, should be an integer, in c.yaml'],
    ['responseTimeout: 2m', 'Invalid responseTimeout: "2m", should be an integer (seconds), in c.yaml'],
    ['maxBatchDelay: 3000000000', 'Invalid maxBatchDelay: 3000000000, should be an integer (milliseconds), in c.yaml'],
    ['maxWorkers: [1]', 'Invalid maxWorkers: [1], should be an integer, in c.yaml'],
    ['useVenv: "true"', 'Invalid useVenv: "true", should be true or false, in c.yaml'],
    ['useJobTicket: 1', 'Invalid useJobTicket: 1, should be true or false, in c.yaml'],
    ['deviceIds: 0', 'Invalid deviceIds: 0, should be a list of integers, in c.yaml'],
    ['openaiRoutes: [v1/chat]', /^Invalid openaiRoutes: \["v1\/chat"\], should be a list of v1\/chat\/completions, /],
    ['deviceIds: [a]', 'Invalid deviceIds: ["a"], should be a list of integers, in c.yaml'],
    ['deviceType: 1', 'Invalid deviceType: 1, should be one of cpu, gpu, in c.yaml'],
    ['parallelType: {a: 1}', 'Invalid parallelType: {"a":1}, should be one of pp, tp, pptp, custom, in c.yaml'],
  ])('refuses %s', (yaml, message) => {
    expect(() => parseModelConfig(yaml, 'c.yaml')).toThrow(refusedWith(message));
  });

  it.each([
    ['autoscale: true', { enabled: true, settings: {} }],
    ['autoscale: no', { enabled: false, settings: {} }],
    ['autoscale: {}', { enabled: true, settings: {} }],
    ['autoscale: {enabled: false, idleTimeout: 5}', { enabled: false, settings: { idleTimeout: 5 } }],
    [
      'autoscale:\n  targetQueueWait: 50\n  upscaleDelay: 0.5\n  idleTimeout:',
      { enabled: true, settings: { targetQueueWait: 50, upscaleDelay: 0.5 } },
    ],
  ])('reads %j', (yaml, autoscale) => {
    expect(config(yaml)).toEqual({ autoscale });
  });

  it.each([
    ['autoscale: {targetUtilization: 0}', 'autoscale.targetUtilization: 0, should be a whole number from 1 to 100'],
    ['autoscale: {targetUtilization: 101}', 'autoscale.targetUtilization: 101, should be a whole number from 1 to 100'],
    ['autoscale: {targetQueueWait: 0}', 'autoscale.targetQueueWait: 0, should be a whole number of 1 or more'],
    ['autoscale: {targetQueueDepth: .5}', 'autoscale.targetQueueDepth: 0.5, should be a whole number of 1 or more'],
    ['autoscale: {idleTimeout: -1}', 'autoscale.idleTimeout: -1, should be a number of 0 or more'],
    ['autoscale: {upscaleRate: "9"}', 'autoscale.upscaleRate: "9", should be a whole number of 1 or more'],
    ['autoscale: {enabled: maybe}', 'autoscale.enabled: "maybe", should be true or false'],
    ['autoscale: [1]', 'autoscale: [1], should be true, false, or a mapping with enabled'],
  ])('refuses %s', (yaml, message) => {
    expect(() => parseModelConfig(yaml, 'c.yaml')).toThrow(`Invalid ${message}`);
  });

  it('knows what a mistyped setting of autoscale means', () => {
    expect(() => parseModelConfig('autoscale: {targetUtilisation: 50}', 'c.yaml')).toThrow(
      'Unknown autoscale.targetUtilisation; did you mean targetUtilization?, in c.yaml',
    );
  });

  it.each([
    ['- a\n- b', 'Failed to parse model config file c.yaml: it should be a mapping, one "key: value" a line'],
    ['just text', 'Failed to parse model config file c.yaml: it should be a mapping, one "key: value" a line'],
    ['a: [', /^Failed to parse model config file c\.yaml: .*line 1/],
    ['a: 1\nb: "x\nc: 2', /^Failed to parse model config file c\.yaml: .*line \d/],
    ['a: 1\n---\nb: 2', /^Failed to parse model config file c\.yaml: /],
    ['a: *nowhere', /^Failed to parse model config file c\.yaml: /],
  ])('refuses what is no mapping: %j', (yaml, message) => {
    expect(() => parseModelConfig(yaml, 'c.yaml')).toThrow(refusedWith(message));
  });

  it('refuses a bomb of aliases', () => {
    const levels = Array.from({ length: 12 }, (_, n) => `l${n}: &l${n} [${n === 0 ? 'x' : `*l${n - 1},`.repeat(10)}]`);
    expect(() => config(levels.join('\n'))).toThrow(refusedWith(/alias/i));
  });

  describe('torchrun', () => {
    it('has defaults, and says how many GPUs a worker uses', () => {
      expect(config('torchrun:\n  nproc-per-node: 4')).toEqual({
        parallelLevel: 4,
        torchrun: { nnodes: 1, nprocPerNode: 4, ompNumberThreads: null, rendezvous: { 'rdzv-backend': 'c10d' } },
      });
    });

    it('says how machines find each other', () => {
      const meeting = { 'rdzv-backend': 'static', 'rdzv-endpoint': 'host:29400', 'node-rank': 1, 'master-addr': 'x' };
      expect(config(`torchrun: ${JSON.stringify({ nnodes: 2, OMP_NUMBER_THREADS: 3, ...meeting })}`)).toMatchObject({
        torchrun: { nnodes: 2, ompNumberThreads: 3, rendezvous: meeting },
      });
    });

    it('may hold what means nothing here, which is told', () => {
      const { warnings } = parseModelConfig('torchrun: {max-restarts: 3, monitor-interval: 5, role: x}', 'c.yaml');
      expect(warnings).toEqual([
        'Ignored max-restarts of torchrun in c.yaml: unsupported parameter.',
        'Ignored role of torchrun in c.yaml: unsupported parameter.',
      ]);
    });

    it('or parallelLevel counts, whichever comes later', () => {
      expect(config('parallelLevel: 2\ntorchrun: {nproc-per-node: 4}').parallelLevel).toBe(4);
      expect(config('torchrun: {nproc-per-node: 4}\nparallelLevel: 2').parallelLevel).toBe(2);
      expect(parseModelConfig('parallelLevel: 2\ntorchrun: {nproc-per-node: 4}', 'c.yaml').warnings).toEqual([
        'Ignored parallelLevel: 2 in c.yaml: nproc-per-node of torchrun follows it.',
      ]);
    });

    it.each(['torchrun: 3', 'torchrun: {nproc-per-node: "2"}', 'torchrun: {nnodes: 0}', 'torchrun: [a]'])(
      'refuses %s',
      (yaml) => {
        expect(() => config(yaml)).toThrow(refusedWith(/^Invalid torchrun: .*should be a mapping with nnodes/));
      },
    );
  });
});

describe('the file that a manifest names', () => {
  it('is read in a folder of the archive too', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'configs'));
    writeFileSync(join(folder, 'configs/c.yaml'), 'batchSize: 3');
    expect((await readModelConfig(folder, 'configs/c.yaml')).config).toEqual({ batchSize: 3 });
  });

  it('must be there', async () => {
    await expect(readModelConfig(temporaryFolder(), 'c.yaml')).rejects.toEqual(
      refusedWith('Failed to parse model config file c.yaml: the manifest names it, but the archive has no such file'),
    );
  });

  it.each(['../c.yaml', '/etc/passwd', 'a/../../c.yaml'])('must not be outside: %s', async (name) => {
    await expect(readModelConfig(temporaryFolder(), name)).rejects.toEqual(
      refusedWith(`Failed to parse model config file ${name}: it lies outside the archive`),
    );
  });

  it('must not be endless', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'c.yaml'), '#'.repeat(5 * 2 ** 20));
    await expect(readModelConfig(folder, 'c.yaml')).rejects.toEqual(refusedWith(/it is larger than/));
  });
});
