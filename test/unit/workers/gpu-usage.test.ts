import { afterEach, describe, expect, it, vi } from 'vitest';
import { gpuUsage } from '../../../src/workers/gpu-usage.js';
import { fakeGpus } from '../../support/fake-gpus.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the use of GPUs', () => {
  it('is what nvidia-smi says, in the words of TorchServe; what it does not know has no unit', async () => {
    vi.stubEnv('PATH', fakeGpus(temporaryFolder(), ['0, 9, 16000, 3', '1, [N/A], 16000, [N/A]'])['PATH']);
    expect([...(await gpuUsage())]).toEqual([
      [0, 'gpuId::0 utilization.gpu [%]::3 % utilization.memory [%]::3 % memory.used [MiB]::9 MiB'],
      [1, 'gpuId::1 utilization.gpu [%]::[N/A] utilization.memory [%]::[N/A] memory.used [MiB]::[N/A]'],
    ]);
  });

  it('is not known where there is no nvidia-smi', async () => {
    vi.stubEnv('PATH', temporaryFolder());
    expect((await gpuUsage()).size).toBe(0);
  });
});
