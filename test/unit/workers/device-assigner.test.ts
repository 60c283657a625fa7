import { describe, expect, it } from 'vitest';
import { DeviceAssigner } from '../../../src/workers/device-assigner.js';

const gpu = { deviceType: 'gpu', deviceIds: null } as const;

describe('GPUs', () => {
  it('are dealt out in turn to all models', () => {
    const devices = new DeviceAssigner(3);
    expect(Array.from({ length: 4 }, () => devices.assign(gpu))).toEqual([0, 1, 2, 0]);
  });

  it('of a list are dealt out in turn to the model that asked for it', () => {
    const devices = new DeviceAssigner(4);
    const deviceIds = [2, 3];
    expect(Array.from({ length: 3 }, () => devices.assign({ deviceType: 'gpu', deviceIds }))).toEqual([2, 3, 2]);
    expect(devices.assign(gpu)).toBe(0);
  });

  it('are not given to models for the CPU, nor where there are none', () => {
    expect(new DeviceAssigner(2).assign({ deviceType: 'cpu', deviceIds: null })).toBeNull();
    expect(new DeviceAssigner(0).assign(gpu)).toBeNull();
  });

  it('of a worker that needs several are neighbours, the least used ones, until it is over', () => {
    const devices = new DeviceAssigner(5);
    const [one, two, three] = [0, 1, 2].map(() => devices.assignSlice(gpu, 2));
    expect([one, two, three].map((slice) => slice?.gpus)).toEqual([
      [0, 1],
      [2, 3],
      [0, 1],
    ]);
    one?.release();
    two?.release();
    two?.release();
    expect(devices.assignSlice(gpu, 2)?.gpus).toEqual([2, 3]);
    const deviceIds = [4, 2, 0];
    expect(devices.assignSlice({ deviceType: 'gpu', deviceIds }, 2)?.gpus).toEqual([4, 2]);
    expect(devices.avoiding(new Set([0]), () => devices.assignSlice(gpu, 2)?.gpus)).toEqual([2, 3]);
    expect(devices.assignSlice({ deviceType: 'cpu', deviceIds: null }, 2)).toBeNull();
    expect(() => devices.assignSlice(gpu, 6)).toThrow('There are 5 GPUs, and not 6.');
  });

  it('that are full are passed over while there are others', () => {
    const devices = new DeviceAssigner(3);
    const twice = () => [devices.assign(gpu), devices.assign(gpu)];
    expect(devices.avoiding(new Set([0]), twice)).toEqual([1, 2]);
    expect(devices.avoiding(new Set([0, 1, 2]), twice)).toHaveLength(2);
    expect(new Set([...twice(), devices.assign(gpu)])).toEqual(new Set([0, 1, 2]));
  });
});
