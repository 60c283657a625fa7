import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/config.js';
import { resolveSettings, resolveWorkers, type SettingSources } from '../../../src/lifecycle/resolve-settings.js';

const config = {
  jobQueueSize: 100,
  defaultResponseTimeout: 44,
  defaultStartupTimeout: 45,
  serviceEnvelope: null,
} as Config;

function sources(given: Partial<SettingSources> = {}): SettingSources {
  const identity = { name: 'm', version: '1.0', handler: 'h.py', runtime: 'python', envelope: null } as const;
  return { asked: {}, yaml: {}, configured: {}, config, identity, ...given };
}

describe('the settings of a version', () => {
  it('are TorchServe’s defaults where nobody says anything', () => {
    expect(resolveSettings(sources(), 0)).toMatchObject({
      batchSize: 1,
      maxBatchDelayMs: 100,
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
      yaml: { responseTimeout: 8, batchSize: 4 },
      configured: { responseTimeout: 9, batchSize: 5, maxBatchDelay: 60 },
    };
    expect(resolveSettings(sources(layers), 0)).toMatchObject({
      responseTimeoutSeconds: 7,
      batchSize: 4,
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
    expect(resolveWorkers(sources(given as Partial<SettingSources>), fallback)).toEqual(bounds);
  });
});
