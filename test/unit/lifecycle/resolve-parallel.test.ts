import { describe, expect, it } from 'vitest';
import { parseModelConfig } from '../../../src/archive/model-config.js';
import { resolveParallel, withinGpus } from '../../../src/lifecycle/resolve-parallel.js';
import { versionSettings } from '../../support/version-settings.js';

const resolve = (yaml: string) => resolveParallel(parseModelConfig(yaml, 'c.yaml').config);

describe('what a model says of its processes', () => {
  it('may be the number of them alone', () => {
    expect(resolve('parallelType: tp\nparallelLevel: 2')).toEqual({
      parallelType: 'tp',
      parallelLevel: 2,
      torchrun: null,
    });
    expect(resolve('parallelType: tp\ntorchrun: {nproc-per-node: 2}')).toMatchObject({ parallelLevel: 2 });
  });

  it.each([
    [
      'parallelType: tp\ntorchrun: {nproc-per-node: 2}\nparallelLevel: 4',
      'parallelLevel 4 and nproc-per-node 2 of torchrun differ: both are the number of processes of a worker.',
    ],
    [
      'parallelType: pp\ntorchrun: {nnodes: 2}',
      'torchrun with nnodes 2 needs rdzv-endpoint, at which the machines find each other.',
    ],
    [
      'parallelType: pp\ntorchrun: {nnodes: 2, rdzv-backend: static}',
      'torchrun with nnodes 2 needs master-addr, at which the machines find each other.',
    ],
  ])('is refused where it cannot be: %j', (yaml, message) => {
    expect(() => resolve(yaml)).toThrow(expect.objectContaining({ kind: 'invalidModel', message }));
  });

  it.each([
    'parallelType: custom\ntorchrun: {nproc-per-node: 2}\nparallelLevel: 4',
    'torchrun: {nproc-per-node: 2}\nparallelLevel: 4',
    'parallelType: tp\ntorchrun: {nnodes: 2, rdzv-endpoint: "head:29400"}',
  ])('is taken where torchrun is not used, or knows enough: %j', (yaml) => {
    expect(() => resolve(yaml)).not.toThrow();
  });
});

describe('the number of workers that need several GPUs each', () => {
  const bounds = { min: 2, max: 9 };
  const settings = versionSettings({ deviceType: 'gpu', parallelType: 'tp', parallelLevel: 2 });

  it.each([
    [8, null, { min: 2, max: 4 }],
    [3, null, { min: 1, max: 1 }],
    [8, [0, 1, 2, 3, 4], { min: 2, max: 2 }],
    [0, null, bounds],
  ])('on %i GPUs, deviceIds %j, is %j', (gpus, deviceIds, expected) => {
    expect(withinGpus(bounds, 'm', { ...settings, deviceIds }, gpus)).toEqual(expected);
  });

  it('is not looked at on the CPU, nor where each needs one', () => {
    expect(withinGpus(bounds, 'm', { ...settings, deviceType: 'cpu' }, 2)).toEqual(bounds);
    expect(withinGpus(bounds, 'm', { ...settings, parallelType: '' }, 2)).toEqual(bounds);
  });

  it('is refused where there are too few for one', () => {
    expect(() => withinGpus(bounds, 'm', { ...settings, parallelLevel: 4 }, 3)).toThrow(
      expect.objectContaining({
        kind: 'workerInitialization',
        status: 500,
        type: 'WorkerInitializationException',
        message: 'No enough gpu devices for model:m parallelLevel:4',
      }),
    );
  });
});
