import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Answer, bytesOf, type InferenceInput } from '../../../src/batching/inference.js';
import { PendingRequest } from '../../../src/batching/pending-request.js';
import { ServingError } from '../../../src/errors/serving-error.js';
import { Dag } from '../../../src/workflow/dag.js';
import { WorkflowRun } from '../../../src/workflow/workflow-run.js';

const input: InferenceInput = {
  requestId: 'r1',
  parameters: [{ name: 'data', contentType: 'text/plain', value: Buffer.from('in') }],
  headers: ['Host', 'h'],
};

/** Nodes whose requests wait until the test answers them. */
class Nodes {
  readonly asked: { node: string; request: PendingRequest }[] = [];
  readonly abandoned: string[] = [];
  readonly warned: string[] = [];
  refusal: ServingError | null = null;

  run(edges: Record<string, string[]>, rules: { retryAttempts?: number; timeoutMs?: number; mostBytes?: number } = {}) {
    const run = new WorkflowRun(
      {
        workflow: 'w',
        dag: new Dag(new Map(Object.entries(edges))),
        rules: () => ({ retryAttempts: rules.retryAttempts ?? 0, timeoutMs: rules.timeoutMs ?? 60_000 }),
        mostBytes: rules.mostBytes ?? 100,
        ask: (node, asked) => {
          if (this.refusal) throw this.refusal;
          const request = new PendingRequest(asked);
          request.heldBy({ abandoned: () => this.abandoned.push(node) }, 'dispatched');
          this.asked.push({ node, request });
          return request;
        },
        log: {
          debug: () => {},
          info: () => {},
          warn: (message) => this.warned.push(message),
          error: () => {},
        },
      },
      input,
    );
    // Tests look at it when they are done with the nodes.
    run.answer.catch(() => {});
    return run;
  }

  /** The latest request to a node. */
  latest(node: string): PendingRequest {
    const found = this.asked.findLast((each) => each.node === node)?.request;
    if (!found) throw new Error(`${node} was not asked; ${this.names()} were`);
    return found;
  }

  names(): string[] {
    return this.asked.map(({ node }) => node);
  }

  async answer(node: string, body: string, change: Partial<Answer> = {}): Promise<void> {
    this.latest(node).settle({ status: 200, phrase: '', headers: [], body: Buffer.from(body), ...change });
    await turn();
  }

  async fail(node: string, message = 'Prediction failed'): Promise<void> {
    this.latest(node).fail(new ServingError('predictionFailed', message));
    await turn();
  }
}

const parametersOf = ({ input }: PendingRequest) =>
  input.parameters.map(({ name, contentType, value }) => [name, contentType, Buffer.from(bytesOf(value)).toString()]);

const error = (message: string) => expect.objectContaining({ kind: 'internal', status: 500, message });

afterEach(() => {
  vi.useRealTimers();
});

describe('a request through a workflow', () => {
  it('goes from node to node; the last answers for all, whatever status it set', async () => {
    const nodes = new Nodes();
    const run = nodes.run({ pre: ['m'], m: ['post'] });
    expect(parametersOf(nodes.latest('pre'))).toEqual([['data', 'text/plain', 'in']]);
    await nodes.answer('pre', 'a');
    expect(parametersOf(nodes.latest('m'))).toEqual([['body', '', 'a']]);
    expect(nodes.latest('m').input).toMatchObject({ requestId: 'r1', headers: ['Host', 'h'] });
    await nodes.answer('m', 'b');
    await nodes.answer('post', 'no JSON', { status: 418, phrase: 'Teapot', headers: ['content-type', 'text/plain'] });
    const { status, headers, body } = await run.answer;
    expect([status, headers, Buffer.from(body).toString()]).toEqual([
      200,
      ['content-type', 'application/json'],
      'no JSON',
    ]);
    expect(nodes.names()).toEqual(['pre', 'm', 'post']);
  });

  it('runs branches at the same time, and joins them by the names of the parents', async () => {
    const nodes = new Nodes();
    nodes.run({ pre: ['m1', 'm2'], m1: ['join'], m2: ['join'] });
    await nodes.answer('pre', 'x');
    expect(nodes.names()).toEqual(['pre', 'm1', 'm2']);
    await nodes.answer('m2', 'two');
    expect(nodes.names()).toEqual(['pre', 'm1', 'm2']);
    await nodes.answer('m1', 'one');
    expect(parametersOf(nodes.latest('join'))).toEqual([
      ['m1', '', 'one'],
      ['m2', '', 'two'],
    ]);
  });

  it('that ends in several nodes is answered with an object of their answers as they were written', async () => {
    const nodes = new Nodes();
    const run = nodes.run({ pre: ['b', 'a'] });
    await nodes.answer('pre', '');
    await nodes.answer('a', ' {\n  "n": null\n}\n');
    await nodes.answer('b', '{"2": 1.0, "1": 12345678901234567890, "s": "\\u00e9"}');
    expect(Buffer.from((await run.answer).body).toString()).toBe(`{
  "b": {"2": 1.0, "1": 12345678901234567890, "s": "\\u00e9"},
  "a": {
    "n": null
  }
}
`);
  });

  it.each(['"text"', '[1]', 'null', 'no JSON', ''])(
    'has each of several last answers an object: not %s',
    async (body) => {
      const nodes = new Nodes();
      const run = nodes.run({ pre: ['m1', 'm2'] });
      await nodes.answer('pre', '');
      await nodes.answer('m1', body);
      await expect(run.answer).rejects.toEqual(
        error('Error executing m1: its result has to be a JSON object, since the workflow ends in 2 nodes'),
      );
      expect(nodes.abandoned).toEqual(['m2']);
    },
  );
});

describe('a node that fails', () => {
  it('is called again, as often as it may be', async () => {
    const nodes = new Nodes();
    const run = nodes.run({ m: [] }, { retryAttempts: 2 });
    await nodes.fail('m');
    await nodes.fail('m', 'again');
    await nodes.answer('m', 'ok');
    expect(Buffer.from((await run.answer).body).toString()).toBe('ok');
    expect(nodes.names()).toEqual(['m', 'm', 'm']);
    expect(nodes.warned).toEqual([
      'Node m of workflow w failed and is called again: Prediction failed',
      'Node m of workflow w failed and is called again: again',
    ]);
  });

  it('for good fails the request by its name, and ends the other branches', async () => {
    const nodes = new Nodes();
    const run = nodes.run({ pre: ['m1', 'm2'], m1: ['join'], m2: ['join'] }, { retryAttempts: 1 });
    await nodes.answer('pre', '');
    await nodes.fail('m1');
    await nodes.fail('m1');
    await expect(run.answer).rejects.toEqual(error('Error executing m1'));
    expect(nodes.abandoned).toEqual(['m2']);
    expect(nodes.names()).toEqual(['pre', 'm1', 'm2', 'm1']);
  });

  it('does not answer in time: its request is given up, and made again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const nodes = new Nodes();
    const run = nodes.run({ m: [] }, { retryAttempts: 1, timeoutMs: 50 });
    await vi.advanceTimersByTimeAsync(50);
    expect(nodes.abandoned).toEqual(['m']);
    expect(nodes.names()).toEqual(['m', 'm']);
    await vi.advanceTimersByTimeAsync(50);
    await expect(run.answer).rejects.toEqual(error('Error executing m'));
    expect(nodes.warned[0]).toMatch(/it did not answer within 50 ms \(timeout-ms\)$/);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is refused: that is the answer, and it is not called again', async () => {
    const nodes = new Nodes();
    nodes.refusal = new ServingError('unavailable', 'Model "w__m" has no worker');
    const run = nodes.run({ m: [] }, { retryAttempts: 5 });
    await expect(run.answer).rejects.toEqual(error('Model "w__m" has no worker'));
    expect(nodes.warned).toHaveLength(1);
  });

  it('answers more than is held', async () => {
    const nodes = new Nodes();
    const run = nodes.run({ m: ['post'] }, { mostBytes: 10 });
    await nodes.answer('m', 'x'.repeat(11));
    await expect(run.answer).rejects.toEqual(error('Error executing m'));
    expect(nodes.warned[0]).toMatch(/larger than 10 bytes/);
  });

  it('streams more than is held: the stream is given up', async () => {
    const nodes = new Nodes();
    const run = nodes.run({ m: ['post'] }, { mostBytes: 10 });
    for (let piece = 0; piece < 3; piece++) {
      nodes.latest('m').piece({ status: 200, phrase: '', headers: [], body: Buffer.from('12345') });
      await turn();
    }
    await expect(run.answer).rejects.toEqual(error('Error executing m'));
    expect(nodes.abandoned).toEqual(['m']);
  });
});

it('a streamed result goes on as a whole', async () => {
  const nodes = new Nodes();
  nodes.run({ m: ['post'] });
  nodes.latest('m').piece({ status: 200, phrase: '', headers: [], body: Buffer.from('a') });
  nodes.latest('m').piece({ status: 200, phrase: '', headers: [], body: Buffer.from('b') });
  await nodes.answer('m', 'c');
  expect(parametersOf(nodes.latest('post'))).toEqual([['body', '', 'abc']]);
});

it('a caller that leaves ends every node that runs, and none begins', async () => {
  const nodes = new Nodes();
  const run = nodes.run({ pre: ['m1', 'm2'], m1: ['join'], m2: ['join'] }, { retryAttempts: 3 });
  await nodes.answer('pre', '');
  run.cancel();
  run.cancel();
  await expect(run.answer).rejects.toEqual(expect.objectContaining({ kind: 'timedOut' }));
  await turn();
  expect(nodes.abandoned).toEqual(['m1', 'm2']);
  expect(nodes.names()).toEqual(['pre', 'm1', 'm2']);
});
