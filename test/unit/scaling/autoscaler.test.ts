import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MachineParts } from '../../../src/scaling/machine.js';
import { AutoscalingStage, mebibyte } from '../../support/autoscaling-stage.js';

let stage: AutoscalingStage;

const on = (machine: Partial<MachineParts> = {}): AutoscalingStage => {
  stage = new AutoscalingStage(machine);
  return stage;
};
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(async () => {
  await stage.close();
  vi.useRealTimers();
});

/** Asks without waiting: the answers, or the texts of refusals, in the order of the requests. */
function askAll(version: Parameters<AutoscalingStage['ask']>[0], count: number): Promise<(number | string)[]> {
  return Promise.all(Array.from({ length: count }, () => stage.ask(version).catch((error) => error.message as string)));
}
const boundOf = (version: ReturnType<AutoscalingStage['add']>) => version.snapshot(true).autoscale?.bound ?? null;

describe('load on demand', () => {
  it('starts one worker for the first requests, and they wait for it', async () => {
    const model = on().add('m');
    const answers = askAll(model, 3);
    await stage.pass(40);
    expect(stage.machinery.processes).toHaveLength(1);
    for (let turn = 0; turn < 3; turn += 1) {
      await stage.pass(20);
      stage.answer(model);
    }
    expect(await answers).toEqual([200, 200, 200]);
  });

  it('lets the last worker go after the idle time', async () => {
    const model = on().add('m');
    const answers = askAll(model, 1);
    await stage.pass(60);
    stage.answer(model);
    await answers;
    await stage.pass(299_000);
    expect(model.workers).toBe(1);
    await stage.pass(2000);
    expect(model.workers).toBe(0);
    expect(stage.lines.at(-1)).toMatch(/^m 1\.0: 1 to 0 workers: nothing was asked for 300 s$/);
  });

  it('does not start what no bound would ever allow', async () => {
    const model = on().add('m', { max: 0 });
    expect(await askAll(model, 1)).toEqual([expect.stringContaining('Please use scale workers API')]);
  });

  it('starts only so many of fifty sleepers at a time, and all in their turn', async () => {
    on({ cores: 2 });
    const models = Array.from({ length: 50 }, (_, index) => stage.add(`m${index}`));
    const answers = models.map((model) => askAll(model, 1));
    await stage.pass(10);
    expect(stage.machinery.processes).toHaveLength(4);
    for (let turn = 0; turn < 50; turn += 1) {
      await stage.pass(60);
      for (const model of models) stage.answer(model);
    }
    expect((await Promise.all(answers)).flat()).toEqual(models.map(() => 200));
  });
});

describe('a version whose workers cannot start', () => {
  it('answers what waits, and is tried less and less often', async () => {
    const model = on().add('m', { broken: true });
    const first = askAll(model, 2);
    await stage.pass(60);
    const refusal =
      'Model "m" has no worker to serve inference request. Its worker could not be started: the weights are gone. The next try is in 1 s at the earliest.';
    expect(await first).toEqual([refusal, refusal]);
    expect(await askAll(model, 1)).toEqual([refusal]);
    expect(boundOf(model)).toContain('the weights are gone');
    const before = stage.machinery.processes.length;
    for (let second = 0; second < 120; second += 1) {
      void askAll(model, 3);
      await stage.pass(1000);
    }
    // After 1, 2, 4, 8, 16, 32 and 60 seconds; a worker's own immediate restart may have begun each time.
    expect(stage.machinery.processes.length - before).toBeLessThanOrEqual(14);
  });

  it('is given a second try when a process was lost, and nothing waits in vain', async () => {
    const model = on().add('m');
    stage.loadMs = 1e6;
    const answers = askAll(model, 1);
    await stage.pass(10);
    stage.loadMs = 50;
    stage.machinery.last.exit({ code: 1, signal: null });
    await stage.pass(300);
    stage.answer(model);
    expect(await answers).toEqual([200]);
  });

  it('keeps the workers that it has', async () => {
    const model = on().add('m', { min: 1 });
    await stage.pass(60);
    expect(model.readyWorkers).toBe(1);
    stage.loadMs = 1e6;
    void askAll(model, 50);
    await stage.pass(11_000);
    expect(model.readyWorkers).toBe(1);
    expect(stage.lines.join('\n')).toContain('not ready within the startup timeout of 10 s');
  });
});

describe('bounds', () => {
  it('max_total_workers counts the workers of all versions', async () => {
    on({ maxTotalWorkers: 5 });
    stage.add('fixed', { min: 3, max: 3, elastic: false });
    const model = stage.add('m', { min: 1 });
    await stage.pass(60);
    void askAll(model, 90);
    await stage.pass(1000);
    expect(model.workers).toBe(2);
    expect(boundOf(model)).toBe('total_workers: there are 5 workers, and max_total_workers is 5');
    expect(stage.lines.join('\n')).toContain('there is no room: there are 4 workers');
  });

  it('cores hold back workers that compute, and not those that wait', async () => {
    on({ cores: 2 });
    const computes = stage.add('computes', { min: 1 });
    await stage.pass(60);
    const began = performance.now();
    stage.processorSeconds = () => (performance.now() - began) / 1000;
    void askAll(computes, 90);
    await stage.pass(3000);
    expect(computes.workers).toBe(2);
    expect(boundOf(computes)).toBe('cores: workers that compute take 2.0 of 2 cores');
    await stage.close();

    on({ cores: 2 });
    const waits = stage.add('waits', { min: 1 });
    await stage.pass(60);
    stage.processorSeconds = () => 0;
    void askAll(waits, 90);
    await stage.pass(3000);
    expect(waits.workers).toBe(8);
  });

  it('memory of the machine holds workers back, once it is known what one owns', async () => {
    on();
    const model = stage.add('m', { min: 1, megabytes: 100 });
    stage.availableBytes = () => (460 - 100 * model.readyWorkers) * mebibyte;
    await stage.pass(6000);
    void askAll(model, 90);
    await stage.pass(3000);
    expect(model.workers).toBe(4);
    expect(boundOf(model)).toBe('memory: a worker owns about 100 MiB, and the machine has 54 MiB to spare');
  });

  it('GPU memory holds workers back that would not fit', async () => {
    on({ gpuCount: 2 });
    const model = stage.add('m', { min: 1, settings: { deviceType: 'gpu' } });
    const totalBytes = 16_000 * mebibyte;
    stage.gpus = () =>
      new Map([
        [0, { freeBytes: 100 * mebibyte, totalBytes }],
        [1, { freeBytes: (1400 - 400 * model.readyWorkers) * mebibyte, totalBytes }],
      ]);
    stage.gpuBytes = () => 400 * mebibyte;
    await stage.pass(2500);
    void askAll(model, 90);
    await stage.pass(5000);
    expect(model.workers).toBe(3);
    expect(boundOf(model)).toBe(
      'gpu_memory: a worker takes 400 MiB, and GPU 0 has 100 MiB left, GPU 1 has 200 MiB left',
    );
  });

  it('maxWorkers is said to be what holds back', async () => {
    const model = on().add('m', { min: 1, max: 2 });
    await stage.pass(60);
    void askAll(model, 90);
    await stage.pass(1000);
    expect(model.workers).toBe(2);
    expect(boundOf(model)).toMatch(/^\d+ are called for, and maxWorkers is 2$/);
  });
});

describe('a memory budget', () => {
  const budget = 250 * mebibyte;
  const use = async (model: ReturnType<AutoscalingStage['add']>): Promise<void> => {
    const answers = askAll(model, 1);
    await stage.pass(200);
    stage.answer(model);
    expect(await answers).toEqual([200]);
    await stage.pass(5100);
  };

  it('makes the version that was idle for longest give way', async () => {
    on({ memoryBudget: budget });
    const [a, b, c] = ['a', 'b', 'c'].map((name) => stage.add(name, { megabytes: 100 })) as [never, never, never];
    for (const model of [a, b, a, c]) await use(model);
    expect(stage.versions.map(({ workers }) => workers)).toEqual([1, 0, 1]);
    expect(stage.lines.join('\n')).toMatch(
      /b 1\.0: 1 to 0 workers: idle for longest, makes room for (c 1\.0|the others)/,
    );
  });

  it('has the version with the most workers give up one where none is idle, and leaves it its minimum', async () => {
    on({ memoryBudget: budget });
    const busy = stage.add('busy', { min: 1, megabytes: 60 });
    const late = stage.add('late', { megabytes: 60 });
    await stage.pass(6000);
    void askAll(busy, 90);
    await stage.pass(1000);
    expect(busy.workers).toBe(4);
    const answers = askAll(late, 1);
    await stage.pass(1000);
    stage.answer(busy);
    await stage.pass(200);
    stage.answer(late);
    expect(await answers).toEqual([200]);
    expect(stage.lines.join('\n')).toContain('busy 1.0: 4 to 3 workers: has the most workers, makes room for late 1.0');
  });

  it('refuses a version that is larger, once that is known', async () => {
    const model = on({ memoryBudget: budget }).add('m', { megabytes: 300 });
    const first = askAll(model, 1);
    await stage.pass(60);
    stage.answer(model);
    expect(await first).toEqual([200]);
    await stage.pass(100);
    expect(model.workers).toBe(0);
    expect(await askAll(model, 1)).toEqual([
      'Model "m" has no worker to serve inference request. One worker of it owns 300 MiB of memory, and autoscale_memory_budget is 250 MiB.',
    ]);
  });

  it('answers those for whom there was no room within their startup timeout', async () => {
    on({ memoryBudget: budget });
    stage.add('fixed', { min: 2, max: 2, elastic: false, megabytes: 120 });
    await stage.pass(60);
    const model = stage.add('m', { settings: { startupTimeoutSeconds: 5 } });
    await stage.pass(6000);
    const answers = askAll(model, 1);
    await stage.pass(6000);
    expect(await answers).toEqual([
      expect.stringMatching(
        /There was no room for a worker within 5 s \(startupTimeout\): memory: a worker owns about 16 MiB, and 10 MiB of the budget of 250 MiB are left\.$/,
      ),
    ]);
  });
});
