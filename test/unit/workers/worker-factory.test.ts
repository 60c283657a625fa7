import { expect, it } from 'vitest';
import { Batcher } from '../../../src/batching/batcher.js';
import { CpuShare } from '../../../src/workers/cpu/cpu-share.js';
import { DeviceAssigner } from '../../../src/workers/device-assigner.js';
import { TorchrunLauncher } from '../../../src/workers/ranks/torchrun-launcher.js';
import { WorkerFactory, type WorkerRecipe } from '../../../src/workers/worker-factory.js';
import { FakeMachinery } from '../../support/fake-worker.js';

const batcher = new Batcher({ batchSize: 1, maxDelayMs: 0, capacity: 1 });
const recipe: WorkerRecipe = {
  modelName: 'm',
  version: '1.0',
  modelDir: '/models/m',
  python: 'python3',
  pythonPath: [],
  handler: 'h.py',
  forksAfterLoad: false,
  envelope: '',
  batchSize: 1,
  deviceType: 'cpu',
  deviceIds: null,
  startupTimeoutSeconds: 1,
  responseTimeoutSeconds: 1,
  maxRetryTimeoutSeconds: 0,
  parallelType: '',
  parallelLevel: 0,
  torchrun: null,
  asyncCommunication: false,
  continuousBatching: false,
  stateful: false,
  batcher,
};

it('names workers by counting up, those of several processes by the first of their ports', async () => {
  const machinery = new FakeMachinery();
  machinery.behaviour = () => {};
  const factory = new WorkerFactory(
    {
      python: 'python3',
      env: {},
      firstId: 9000,
      firstParallelId: 29500,
      limitMaxImagePixels: true,
      metricsConfig: '',
      debug: true,
    },
    { launcher: machinery, torchrun: new TorchrunLauncher('/nowhere'), links: machinery, cpuShare: new CpuShare(0) },
    new DeviceAssigner(0),
  );
  const nothing = () => {};
  const events = {
    entered: nothing,
    line: nothing,
    metrics: nothing,
    loaded: nothing,
    finished: nothing,
    died: nothing,
  };
  const workers = (
    [
      ['', 0],
      ['tp', 2],
      ['', 2],
      ['pp', 4],
      ['tp', 1],
    ] as const
  ).map(([parallelType, parallelLevel]) => factory.create({ ...recipe, parallelType, parallelLevel }, events));
  expect(workers.map(({ name }) => name)).toEqual([
    'W-9000-m_1.0',
    'W-29500-m_1.0',
    'W-9001-m_1.0',
    'W-29502-m_1.0',
    'W-29506-m_1.0',
  ]);
  await Promise.all(workers.map((worker) => worker.stop(0)));
});
