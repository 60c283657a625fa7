import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/config.js';
import {
  resolveAutoscale,
  resolveSettings,
  resolveWorkers,
  type SettingSources,
  warningsOf,
} from '../../../src/lifecycle/resolve-settings.js';
import { versionSettings } from '../../support/version-settings.js';

const config = {
  autoscale: false,
  autoscaleTargetQueueWait: 200,
  autoscaleIdleTimeout: 300,
  jobQueueSize: 100,
  defaultResponseTimeout: 44,
  defaultStartupTimeout: 45,
  serviceEnvelope: null,
  batchPolicy: 'window',
} as Config;

const on = { ...config, autoscale: true } as Config;

function sources(given: Partial<SettingSources> = {}): SettingSources {
  const identity = { name: 'm', version: '1.0', handler: 'h.py', runtime: 'python', envelope: null } as const;
  return { asked: {}, yaml: {}, configured: {}, config, identity, ...given };
}

describe('the settings of a version', () => {
  it('are TorchServe’s defaults where nobody says anything', () => {
    expect(resolveSettings(sources(), 0)).toMatchObject({
      batchSize: 1,
      maxBatchDelayMs: 100,
      batchPolicy: 'window',
      queueCapacity: 100,
      responseTimeoutSeconds: 44,
      startupTimeoutSeconds: 45,
      maxRetryTimeoutSeconds: 300,
      deviceType: 'cpu',
      maxNumSequence: 0,
    });
  });

  it('come from the call, then the yaml, then the configuration', () => {
    const layers = {
      asked: { responseTimeoutSeconds: 7 },
      yaml: { responseTimeout: 8, batchSize: 4, batchPolicy: 'eager' as const },
      configured: { responseTimeout: 9, batchSize: 5, maxBatchDelay: 60 },
    };
    expect(resolveSettings(sources(layers), 0)).toMatchObject({
      responseTimeoutSeconds: 7,
      batchSize: 4,
      batchPolicy: 'eager',
      maxBatchDelayMs: 60,
    });
  });

  it('keep a delay of 0 that was asked for', () => {
    expect(resolveSettings(sources({ asked: { maxBatchDelayMs: 0 } }), 0).maxBatchDelayMs).toBe(0);
  });

  it('fall back to the CPU on a machine without GPUs', () => {
    expect(resolveSettings(sources({ yaml: { deviceType: 'gpu' } }), 0).deviceType).toBe('cpu');
    expect(resolveSettings(sources(), 2).deviceType).toBe('gpu');
    expect(resolveSettings(sources({ yaml: { deviceType: 'cpu' } }), 2).deviceType).toBe('cpu');
  });

  it('name GPUs that exist, or none', () => {
    const told: string[] = [];
    const devices = (deviceIds: number[]) =>
      resolveSettings(sources({ yaml: { deviceIds } }), 2, (sentence) => told.push(sentence)).deviceIds;
    expect(devices([1, 0])).toEqual([1, 0]);
    expect(devices([])).toBeNull();
    expect(told).toEqual([]);
    expect(devices([0, 2])).toBeNull();
    expect(told).toEqual(['Invalid deviceId:2, ignore deviceIds list']);
  });

  it('of sequences show only where the version is stateful', () => {
    expect(resolveSettings(sources({ yaml: { sequenceBatching: true } }), 0)).toMatchObject({
      stateful: true,
      maxNumSequence: 1,
    });
  });
});

describe('the workers that a version starts with', () => {
  it.each([
    ['nothing said', {}, 2, { min: 2, max: 2 }],
    ['a count in the call', { asked: { initialWorkers: 3 } }, 0, { min: 3, max: 3 }],
    ['a pair in the yaml', { yaml: { minWorkers: 1, maxWorkers: 4 } }, 0, { min: 1, max: 4 }],
    [
      'a count in the call and a pair in the yaml',
      { asked: { initialWorkers: 2 }, yaml: { minWorkers: 1, maxWorkers: 4 } },
      0,
      { min: 2, max: 4 },
    ],
    [
      'a count above the maximum of the yaml',
      { asked: { initialWorkers: 5 }, yaml: { minWorkers: 1, maxWorkers: 4 } },
      0,
      { min: 5, max: 5 },
    ],
    ['a pair in the configuration', { configured: { minWorkers: 1, maxWorkers: 2 } }, 7, { min: 1, max: 2 }],
    [
      'a pair in the yaml and one in the configuration',
      { yaml: { minWorkers: 3 }, configured: { minWorkers: 1, maxWorkers: 9 } },
      0,
      { min: 3, max: 3 },
    ],
  ])('with %s', (_name, given, fallback, bounds) => {
    const defaults = { workers: fallback, elastic: { min: 0, max: 8 } };
    expect(resolveWorkers(sources(given as Partial<SettingSources>), defaults, false)).toEqual(bounds);
  });
});

describe('the bounds of workers that follow the load', () => {
  const defaults = { workers: 2, elastic: { min: 1, max: 8 } };
  it.each([
    ['nothing said', {}, { min: 1, max: 8 }],
    ['a pair in the yaml', { yaml: { minWorkers: 0, maxWorkers: 4 } }, { min: 0, max: 4 }],
    ['no workers at first', { asked: { initialWorkers: 0 } }, { min: 0, max: 8 }],
    ['more in the call than there are devices', { asked: { initialWorkers: 9 } }, { min: 9, max: 9 }],
    ['none at all', { yaml: { maxWorkers: 0 } }, { min: 0, max: 0 }],
    ['a pair in the configuration', { configured: { minWorkers: 0, maxWorkers: 2 } }, { min: 0, max: 2 }],
  ])('with %s', (_name, given, bounds) => {
    expect(resolveWorkers(sources(given), defaults, true)).toEqual(bounds);
  });

  it('are refused where the maximum is below the minimum', () => {
    const given = { yaml: { minWorkers: 5, maxWorkers: 2 } };
    expect(() => resolveWorkers(sources(given), defaults, true)).toThrow(
      'maxWorkers 2 is less than the 5 workers that there are to be at least.',
    );
    expect(resolveWorkers(sources(given), defaults, false)).toEqual({ min: 5, max: 5 });
  });

  it('count 0 as 1 where they do not follow it, as TorchServe does', () => {
    expect(resolveWorkers(sources({ yaml: { minWorkers: 0 } }), defaults, false)).toEqual({ min: 1, max: 1 });
    expect(resolveWorkers(sources({ configured: { minWorkers: 0 } }), defaults, false)).toEqual({ min: 2, max: 2 });
  });
});

describe('whether workers follow the load', () => {
  const block = (enabled: boolean, settings = {}) => ({ yaml: { autoscale: { enabled, settings } } });
  it.each([
    ['nothing said', {}, false],
    ['the configuration', { config: on }, true],
    ['the yaml', block(true), true],
    ['the yaml against the configuration', { config: on, ...block(false) }, false],
    ['the call against the yaml', { asked: { autoscale: true }, ...block(false) }, true],
    ['the call against the configuration', { config: on, asked: { autoscale: false } }, false],
  ])('is said by %s', (_name, given, expected) => {
    expect(resolveAutoscale(sources(given), versionSettings()) !== null).toBe(expected);
  });

  it('goes by the settings of the yaml, then by those of the configuration', () => {
    expect(resolveAutoscale(sources(block(true, { idleTimeout: 5 })), versionSettings())).toMatchObject({
      idleTimeout: 5,
      targetQueueWait: 200,
    });
  });

  it.each([
    [{ stateful: true }, /stateful/],
    [{ useJobTicket: true }, /useJobTicket/],
  ])('is refused to a version that cannot, and not imposed on it: %j', (settings, why) => {
    expect(() => resolveAutoscale(sources(block(true)), versionSettings(settings))).toThrow(why);
    expect(resolveAutoscale(sources({ config: on }), versionSettings(settings))).toBeNull();
  });
});

it.each([
  [{ parallelType: 'tp' }, 'parallelType tp is not looked at without parallelLevel or nproc-per-node of torchrun.'],
  [
    { torchrun: { nnodes: 1, nprocPerNode: 2, ompNumberThreads: null, rendezvous: { 'rdzv-backend': 'c10d' } } },
    'torchrun is not looked at without parallelType (pp, tp or pptp): each worker is one process.',
  ],
  [
    { parallelType: 'tp', parallelLevel: 2, asyncCommunication: true },
    'asyncCommunication with parallelType tp: ranks may come to their requests in different orders. Engines start their processes by themselves with parallelType custom.',
  ],
])('settings %j are warned of', (settings, warning) => {
  expect(warningsOf(versionSettings(settings))).toEqual([warning]);
});

it('settings of a parallel model that make sense are not warned of', () => {
  expect(warningsOf(versionSettings({ parallelType: 'tp', parallelLevel: 2 }))).toEqual([]);
  expect(warningsOf(versionSettings({ parallelType: 'custom', parallelLevel: 2, asyncCommunication: true }))).toEqual(
    [],
  );
});
