import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type OpenDoors, openDoors } from '../../../support/open-doors.js';

let open: OpenDoors;
beforeEach(async () => {
  open = await openDoors();
  open.workflows.add('w');
});
afterEach(() => open.doors.close({ graceMs: 0 }));

async function call(method: string, path: string, json?: unknown) {
  const response = await fetch(`${open.url('management')}${path}`, {
    method,
    ...(json === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const error = (code: number, type: string, message: string) => ({ status: code, body: { code, type, message } });
const notFound = (name: string) => error(404, 'WorkflowNotFoundException', `Workflow not found: ${name}`);

describe('the workflow management API', () => {
  test('registers from the query; only what was said is passed on', async () => {
    expect(await call('POST', '/workflows?url=a.war')).toEqual({
      status: 200,
      body: { status: 'Workflow a has been registered and scaled successfully.' },
    });
    expect(open.workflows.calls).toEqual([['register', { url: 'a.war', s3SseKms: false }]]);
  });

  test('registers from the query or a JSON body', async () => {
    const options = {
      url: 'a.war',
      workflowName: 'b',
      responseTimeoutSeconds: 3,
      startupTimeoutSeconds: 4,
      s3SseKms: true,
    };
    await call('POST', '/workflows?url=a.war&workflow_name=b&response_timeout=3&startup_timeout=4&s3_sse_kms=true');
    const json = { url: 'a.war', workflow_name: 'b', response_timeout: 3, startup_timeout: '4', s3_sse_kms: true };
    await call('POST', '/workflows?url=ignored', json);
    expect(open.workflows.calls).toEqual([
      ['register', options],
      ['register', options],
    ]);
  });

  test.each([
    ['', 'Parameter url is required.'],
    ['?url=a&response_timeout=0', 'Parameter response_timeout takes a whole number from 1 to 2147483647, not "0".'],
    ['?url=a&startup_timeout=x', 'Parameter startup_timeout takes a whole number from 1 to 2147483647, not "x".'],
  ])('POST /workflows%s is refused', async (query, message) => {
    expect(await call('POST', `/workflows${query}`)).toEqual(error(400, 'BadRequestException', message));
    expect(open.workflows.calls).toEqual([]);
  });

  test('lists in pages, by name', async () => {
    open.workflows.add('c').add('a', { url: 'file:///x/a.war' });
    const { body } = await call('GET', '/workflows?limit=2');
    expect(body).toEqual({
      nextPageToken: '2',
      workflows: [
        { workflowName: 'a', workflowUrl: 'file:///x/a.war' },
        { workflowName: 'c', workflowUrl: 'c.war' },
      ],
    });
    expect((await call('GET', '/workflows?next_page_token=2')).body).toEqual({
      workflows: [{ workflowName: 'w', workflowUrl: 'w.war' }],
    });
    expect((await call('GET', '/workflows?limit=0')).status).toBe(400);
  });

  test.each(['/workflows/w', '/workflows/w/ignored'])('GET %s describes it', async (path) => {
    expect(await call('GET', path)).toEqual({
      status: 200,
      body: [
        {
          workflowName: 'w',
          workflowUrl: 'w.war',
          minWorkers: 1,
          maxWorkers: 1,
          batchSize: 1,
          maxBatchDelay: 50,
          workflowDag: '{pre=[m1, m2], m1=[]}',
        },
      ],
    });
  });

  test('unregisters', async () => {
    expect(await call('DELETE', '/workflows/w')).toEqual({
      status: 200,
      body: { status: 'Workflow "w" unregistered' },
    });
    expect(await call('DELETE', '/workflows/w')).toEqual(notFound('w'));
    expect(await call('GET', '/workflows/w')).toEqual(notFound('w'));
  });

  test.each([
    ['PUT', '/workflows', 405],
    ['DELETE', '/workflows', 405],
    ['POST', '/workflows/w', 405],
    ['PUT', '/workflows/w', 405],
    ['GET', '/workflows/w/x/y', 404],
  ])('%s %s: %i', async (method, path, status) => {
    expect((await call(method, path)).status).toBe(status);
  });

  test('is closed where the model API is: a workflow brings models', async () => {
    await open.doors.close({ graceMs: 0 });
    open = await openDoors({ modelApi: false });
    open.workflows.add('w');
    for (const [method, path] of [
      ['POST', '/workflows?url=a.war'],
      ['DELETE', '/workflows/w'],
    ] as const) {
      expect(await call(method, path)).toMatchObject({ status: 405, body: { type: 'MethodNotAllowedException' } });
    }
    expect((await call('GET', '/workflows')).status).toBe(200);
    expect(open.workflows.calls).toEqual([]);
  });
});

describe('a request to a workflow', () => {
  test.each(['/wfpredict/w', '/WFPredict/w', '/wfpredict/w/more/parts?x=1', '/%77fpredict/w'])(
    'POST %s: the parts of its body, and no header of ours',
    async (path) => {
      const body = new FormData();
      body.append('data', new Blob(['abc'], { type: 'text/plain' }), 'a.txt');
      const response = await fetch(`${open.url()}${path}`, { method: 'POST', body });
      const told = (await response.json()) as { parameters: unknown; headers: string[] };
      expect(response.status).toBe(200);
      expect(told.parameters).toEqual([{ name: 'data', contentType: 'text/plain', value: 'abc' }]);
      expect(told.headers).not.toContain('explain');
    },
  );

  test.each(['GET', 'PUT', 'OPTIONS', 'DELETE'])('%s predicts as well', async (method) => {
    expect((await fetch(`${open.url()}/wfpredict/w`, { method })).status).toBe(200);
    expect(open.serving.inputs).toHaveLength(1);
  });

  test('to one that is not there, or to none', async () => {
    const of = async (path: string) => {
      const response = await fetch(`${open.url()}${path}`);
      return { status: response.status, body: await response.json() };
    };
    expect(await of('/wfpredict/nosuch')).toEqual(notFound('nosuch'));
    expect(await of('/wfpredict')).toMatchObject({ status: 404, body: { type: 'ResourceNotFoundException' } });
    expect((await fetch(`${open.url('management')}/wfpredict/w`)).status).toBe(404);
  });

  test('whose client hangs up is cancelled', async () => {
    let aborted: () => void = () => {};
    const gone = new Promise<void>((resolve) => {
      aborted = resolve;
    });
    open.serving.add('echo', '1.0', (_input, signal) => {
      signal.addEventListener('abort', aborted);
      connection.close();
      return new Promise(() => {});
    });
    const connection = open.connect().write('GET /wfpredict/w HTTP/1.1\r\nHost: h\r\n\r\n');
    await gone;
    expect(open.serving.cancelled).toBe(1);
  });
});
