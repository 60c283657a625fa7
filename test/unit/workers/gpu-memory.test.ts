import { afterEach, describe, expect, it, vi } from 'vitest';
import { gpuBytesByProcess, gpuMemory } from '../../../src/workers/gpu-memory.js';
import { fakeGpus } from '../../support/fake-gpus.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const mebibyte = 2 ** 20;

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the memory of GPUs', () => {
  it('is what nvidia-smi says; one that does not tell is left out', async () => {
    const lines = ['0, 1000, 16000, 5', '1, [N/A], [N/A], 0'];
    vi.stubEnv('PATH', fakeGpus(temporaryFolder(), lines, ['4711, 800', '4712, [N/A]'])['PATH']);
    expect([...(await gpuMemory())]).toEqual([[0, { freeBytes: 15_000 * mebibyte, totalBytes: 16_000 * mebibyte }]]);
    expect([...(await gpuBytesByProcess())]).toEqual([[4711, 800 * mebibyte]]);
  });

  it('is not known where there is no nvidia-smi', async () => {
    vi.stubEnv('PATH', temporaryFolder());
    expect((await gpuMemory()).size).toBe(0);
    expect((await gpuBytesByProcess()).size).toBe(0);
  });
});
