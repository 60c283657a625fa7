import { describe, expect, it } from 'vitest';
import { withinGpus } from '../../../src/lifecycle/within-gpus.js';
import { versionSettings } from '../../support/version-settings.js';

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
