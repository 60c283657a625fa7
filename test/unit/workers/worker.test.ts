import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Batcher, type BatcherOptions } from '../../../src/batching/batcher.js';
import { PendingRequest } from '../../../src/batching/pending-request.js';
import { Code } from '../../../src/generated/torchbridge/worker/v1/Code.js';
import { CpuShare } from '../../../src/workers/cpu/cpu-share.js';
import { RestartPolicy } from '../../../src/workers/restart-policy.js';
import { LoadFailure, Worker, type WorkerOptions } from '../../../src/workers/worker.js';
import { FakeMachinery } from '../../support/fake-worker.js';
import { inferenceInput } from '../../support/inference-input.js';

let machinery: FakeMachinery;
let batcher: Batcher;
let states: string[];

beforeEach(() => {
  vi.useFakeTimers();
  machinery = new FakeMachinery();
  states = [];
});
afterEach(() => {
  vi.useRealTimers();
});

function start(
  options: Partial<WorkerOptions> & {
    batching?: Partial<BatcherOptions>;
    windowSeconds?: number;
    cpuShare?: CpuShare;
  } = {},
): Worker {
  batcher = new Batcher({ batchSize: 1, maxDelayMs: 0, capacity: 100, ...options.batching });
  return new Worker(
    {
      id: '9000',
      name: 'W-9000-m_1.0',
      gpuId: null,
      python: 'python3',
      env: {},
      freshInterpreter: false,
      preload: null,
      load: { modelName: 'm', modelDir: '/models/m', handler: 'h.py' },
      startupTimeoutMs: 10_000,
      responseTimeoutMs: 2000,
      dispatch: { kind: 'batches' },
      ...options,
    },
    {
      launcher: machinery,
      links: machinery,
      batcher,
      cpuShare: options.cpuShare ?? new CpuShare(0),
      restarts: new RestartPolicy(options.windowSeconds ?? 300),
      events: {
        entered: (_worker, state) => states.push(state),
        line: () => {},
        metrics: () => {},
        loaded: () => {},
        finished: () => {},
        died: () => {},
      },
    },
  );
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

async function ready(worker: Worker): Promise<Worker> {
  await settle();
  machinery.last.link.listener.loaded({ code: Code.OK, message: '' });
  await worker.firstLoad;
  return worker;
}

function submit(): PendingRequest {
  const request = new PendingRequest(inferenceInput());
  request.answer.catch(() => {});
  expect(batcher.admit(request)).toBe(true);
  return request;
}

describe('a worker that starts', () => {
  it('is starting, then loading, then ready', async () => {
    const worker = await ready(start());
    expect(worker.state).toBe('ready');
    expect(states).toEqual(['loading', 'ready']);
    expect(worker.snapshot()).toMatchObject({ id: '9000', pid: 1000, state: 'ready', lastError: null });
  });

  it('has its own token in the environment of its process', async () => {
    await ready(start());
    expect(machinery.orders[0]?.env).toMatchObject({
      TORCHBRIDGE_WORKER_ID: '9000',
      TORCHBRIDGE_TOKEN: 'token',
      TORCHBRIDGE_LINK: 'unix:/nowhere',
    });
  });

  it('reports why its handler did not load, and is tried again', async () => {
    const worker = start();
    await settle();
    const failed = expect(worker.firstLoad).rejects.toMatchObject({
      message: 'RuntimeError: no weights today',
      outOfMemory: false,
    });
    machinery.last.link.listener.loaded({ code: Code.LOAD_FAILED, message: 'RuntimeError: no weights today' });
    await failed;
    await vi.advanceTimersByTimeAsync(0);
    expect(machinery.processes).toHaveLength(2);
    expect(worker.snapshot().lastError).toBe('RuntimeError: no weights today');
    await ready(worker).catch(() => {});
    expect(worker.snapshot()).toMatchObject({ state: 'ready', lastError: null });
  });

  it('tells a lack of memory from other failures', async () => {
    const worker = start();
    await settle();
    const failed = expect(worker.firstLoad).rejects.toMatchObject({ outOfMemory: true });
    machinery.last.link.listener.loaded({ code: Code.LOAD_OUT_OF_MEMORY, message: 'MemoryError' });
    await failed;
  });

  it('is killed when it does not load within the startup timeout', async () => {
    const worker = start();
    const failed = expect(worker.firstLoad).rejects.toThrow('startup timeout of 10 s');
    await vi.advanceTimersByTimeAsync(10_000);
    await failed;
    expect(machinery.processes[0]?.signals).toContain('SIGKILL');
  });

  it('fails when its process exits before it dials home', async () => {
    machinery.behaviour = (process) => process.exit({ code: 1, signal: null });
    const worker = start();
    await expect(worker.firstLoad).rejects.toThrow('exited with status 1');
  });
});

describe('a worker that keeps failing', () => {
  it('waits 0, 1, 1, 2, 3, 5 s between its tries and gives up when the window has passed', async () => {
    machinery.behaviour = (process) => process.exit({ code: 1, signal: null });
    const worker = start({ windowSeconds: 10 });
    const tries: number[] = [];
    const began = performance.now();
    for (let known = 0; worker.state !== 'failed'; ) {
      await vi.advanceTimersByTimeAsync(100);
      for (; known < machinery.processes.length; known++) tries.push(Math.round((performance.now() - began) / 1000));
    }
    expect(tries).toEqual([0, 0, 1, 2, 4, 7, 12]);
    expect(worker.alive).toBe(false);
  });
});

describe('batches', () => {
  it('are answered request by request', async () => {
    await ready(start({ batching: { batchSize: 2 } }));
    const requests = [submit(), submit()];
    machinery.last.link.answer();
    machinery.last.link.answer();
    for (const { answer, input } of requests) expect((await answer).body).toEqual(input.parameters[0]?.value);
  });

  it('are sent ahead only once the handler has proved quick, and then together', async () => {
    await ready(start());
    const { link } = machinery.last;
    for (let i = 0; i < 4; i++) submit();
    expect(link.batches).toHaveLength(1);
    link.answer({ elapsedUs: 200 });
    expect(link.messages).toEqual([1, 1]);
    await vi.advanceTimersByTimeAsync(0);
    expect(link.messages).toEqual([1, 1, 2]);
  });

  it('are sent ahead as far as the handler is expected to come within 5 ms', async () => {
    await ready(start());
    const { link } = machinery.last;
    for (let i = 0; i < 100; i++) submit();
    const held = async (elapsedUs: number): Promise<number> => {
      link.answer({ elapsedUs });
      await vi.advanceTimersByTimeAsync(1);
      return link.batches.length;
    };
    expect(await held(2000)).toBe(3);
    for (let i = 0; i < 30; i++) await held(150_000);
    expect(link.batches).toHaveLength(1);
    for (let i = 0; i < 60; i++) await held(20);
    expect(link.batches.length).toBeGreaterThan(3);
    expect(link.batches.length).toBeLessThanOrEqual(32);
  });

  it('of a slow handler are sent ahead shortly before it is expected to be done, where it is the only one', async () => {
    await ready(start({ batching: { batchSize: 2 }, responseTimeoutMs: 5000 }));
    const { link } = machinery.last;
    // The first goes alone, as nothing else is there yet.
    for (let i = 0; i < 6; i++) submit();
    link.answer({ elapsedUs: 800_000 });
    await vi.advanceTimersByTimeAsync(599);
    expect(link.batches).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2);
    expect(link.batches.map(({ requests }) => requests.length)).toEqual([2, 2]);
    // The last would go alone: it waits for company, and for the worker to be done.
    link.answer({ elapsedUs: 800_000 });
    await vi.advanceTimersByTimeAsync(799);
    expect(link.batches).toHaveLength(1);
    link.answer({ elapsedUs: 800_000 });
    expect(link.batches.map(({ requests }) => requests.length)).toEqual([1]);
  });

  it('of a handler that takes less than a tenth of a second are sent one ahead at once, where its worker is the only one', async () => {
    await ready(start());
    const { link } = machinery.last;
    for (let i = 0; i < 3; i++) submit();
    link.answer({ elapsedUs: 90_000 });
    await settle();
    expect(link.batches).toHaveLength(2);
  });

  it('that fail are answered with the code of the failure, each request', async () => {
    await ready(start());
    const request = submit();
    machinery.last.link.answer({ code: Code.HANDLER_STATUS, status: 513, message: 'not acceptable', answers: [] });
    await expect(request.answer).rejects.toMatchObject({
      status: 513,
      message: 'not acceptable',
      type: 'InternalServerException',
    });
  });

  it('with too few answers fail whole', async () => {
    await ready(start());
    const request = submit();
    machinery.last.link.answer({ answers: [] });
    await expect(request.answer).rejects.toThrow('number of batch response mismatched');
  });

  it('tell the worker when a caller leaves', async () => {
    await ready(start());
    const request = submit();
    request.cancel();
    expect(machinery.last.link.cancelled).toEqual([{ batchId: machinery.last.link.batches[0]?.id, indices: [0] }]);
  });
});

describe('a worker that dies', () => {
  it('answers the batch in hand with 500, or 507 where it was killed from outside', async () => {
    const worker = await ready(start());
    const first = submit();
    machinery.last.exit({ code: 3, signal: null });
    await expect(first.answer).rejects.toMatchObject({ status: 500, message: 'Worker died.' });
    await settle();
    machinery.last.link.listener.loaded({ code: Code.OK, message: '' });
    await settle();
    expect(worker.state).toBe('ready');
    const second = submit();
    machinery.last.exit({ code: null, signal: 'SIGKILL' });
    await expect(second.answer).rejects.toMatchObject({ status: 507, message: 'Worker died.' });
  });

  it('gives the batch that it had not begun to its successor', async () => {
    const worker = await ready(start());
    submit();
    machinery.last.link.answer();
    const [running, ahead] = [submit(), submit()];
    machinery.last.exit({ code: 3, signal: null });
    await expect(running.answer).rejects.toThrow('Worker died.');
    await settle();
    machinery.last.link.listener.loaded({ code: Code.OK, message: '' });
    await settle();
    machinery.last.link.answer();
    expect((await ahead.answer).status).toBe(200);
    expect(worker.state).toBe('ready');
  });

  it('that answers too late is killed, and its callers get 500', async () => {
    await ready(start());
    const request = submit();
    const answered = expect(request.answer).rejects.toMatchObject({ status: 500, message: 'Worker died.' });
    await vi.advanceTimersByTimeAsync(2000);
    await answered;
    expect(machinery.processes[0]?.signals).toContain('SIGKILL');
  });

  it('starts the response deadline of a batch when it begins, not when it is sent', async () => {
    await ready(start());
    submit();
    machinery.last.link.answer();
    const [first, second] = [submit(), submit()];
    await vi.advanceTimersByTimeAsync(1500);
    machinery.last.link.answer();
    await first.answer;
    await vi.advanceTimersByTimeAsync(1500);
    machinery.last.link.answer();
    expect((await second.answer).status).toBe(200);
  });
});

describe('a worker that is stopped', () => {
  it('answers what it holds first', async () => {
    const worker = await ready(start());
    const request = submit();
    const stopped = worker.stop(5000);
    expect(worker.state).toBe('draining');
    await vi.advanceTimersByTimeAsync(100);
    machinery.last.link.answer();
    expect((await request.answer).status).toBe(200);
    await vi.advanceTimersByTimeAsync(0);
    await stopped;
    expect(worker.state).toBe('stopped');
    expect(machinery.last.link.shutdowns).toBe(1);
  });

  it('answers 503 what is not done after the grace', async () => {
    const worker = await ready(start());
    const request = submit();
    const answered = expect(request.answer).rejects.toMatchObject({ status: 503 });
    const stopped = worker.stop(1000);
    await vi.advanceTimersByTimeAsync(1000);
    await answered;
    await stopped;
  });

  it('takes no more requests', async () => {
    const worker = await ready(start());
    const stopped = worker.stop(0);
    submit();
    expect(batcher.pending).toBe(1);
    await vi.advanceTimersByTimeAsync(10);
    await stopped;
  });

  it('is killed while it starts, and its first load fails', async () => {
    machinery.behaviour = () => {};
    const worker = start();
    await settle();
    const failed = expect(worker.firstLoad).rejects.toThrow(LoadFailure);
    await worker.stop(1000);
    await failed;
    expect(worker.state).toBe('stopped');
    expect(machinery.last.signals).toContain('SIGKILL');
  });

  it('stops its waits between tries', async () => {
    machinery.behaviour = (process) => process.exit({ code: 1, signal: null });
    const worker = start();
    await vi.advanceTimersByTimeAsync(200);
    expect(worker.state).toBe('restarting');
    await worker.stop(0);
    expect(worker.state).toBe('stopped');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('can be stopped twice', async () => {
    const worker = await ready(start());
    await Promise.all([worker.stop(0), worker.stop(0)]);
    expect(worker.state).toBe('stopped');
  });
});

describe('the share of the cores', () => {
  it('is given at load and revised when other workers come and go', async () => {
    const cpuShare = new CpuShare(4);
    const first = await ready(start({ cpuShare }));
    expect(machinery.processes[0]?.link.loads[0]?.cpuThreads).toBe(4);
    const second = start({ cpuShare });
    expect(machinery.processes[0]?.link.tuned).toEqual([2]);
    await second.stop(0);
    expect(machinery.processes[0]?.link.tuned).toEqual([2, 4]);
    await first.stop(0);
  });
});
