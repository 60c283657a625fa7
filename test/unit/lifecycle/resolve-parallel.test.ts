import { describe, expect, it } from 'vitest';
import { parseModelConfig } from '../../../src/archive/model-config.js';
import { resolveParallel } from '../../../src/lifecycle/resolve-parallel.js';

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
