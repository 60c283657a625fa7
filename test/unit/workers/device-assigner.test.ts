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

  it('that are full are passed over while there are others', () => {
    const devices = new DeviceAssigner(3);
    const twice = () => [devices.assign(gpu), devices.assign(gpu)];
    expect(devices.avoiding(new Set([0]), twice)).toEqual([1, 2]);
    expect(devices.avoiding(new Set([0, 1, 2]), twice)).toHaveLength(2);
    expect(new Set([...twice(), devices.assign(gpu)])).toEqual(new Set([0, 1, 2]));
  });
});
