import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processesLeft } from '../support/processes.js';
import { projectRoot } from '../support/release.js';
import { Shell } from '../support/shell.js';

/** The commands as TorchServe's users know them; only the ports are the test's own. */
describe('the seven commands', () => {
  let shell: Shell;

  beforeAll(async () => {
    shell = await Shell.open();
  });

  afterAll(() => shell.close());

  async function answerOf(line: string): Promise<unknown> {
    const { status, stdout, stderr } = await shell.type(line);
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  test('pack, start, register, predict, scale, unregister, stop', async () => {
    const packed = await shell.type(
      'torch-model-archiver --model-name my_model --version 1.0 --model-file model.py --serialized-file model.pth ' +
        '--handler handler.py --extra-files index_to_name.json',
    );
    expect(packed.status, packed.stderr).toBe(0);
    await shell.type('mkdir model_store && mv my_model.mar model_store/');

    const started = await shell.type('torchserve --start --model-store model_store');
    expect(started.status, started.stdout + started.stderr).toBe(0);
    // the command returns once the ports are bound: the very next request is answered
    expect(await answerOf('curl http://localhost:8080/ping')).toEqual({ status: 'Healthy' });

    expect(
      await answerOf(
        'curl -X POST "http://localhost:8081/models?model_name=my_model&url=my_model.mar&initial_workers=1&synchronous=true"',
      ),
    ).toEqual({ status: 'Model "my_model" Version: 1.0 registered with 1 initial workers' });

    const answer = (await answerOf('curl -X POST http://localhost:8080/predictions/my_model -T kitten.jpg')) as Record<
      string,
      number
    >;
    expect(Object.keys(answer)).toEqual(['seven', 'nine', 'two']);

    expect(
      await answerOf('curl -X PUT "http://localhost:8081/models/my_model?min_worker=1&max_worker=5&synchronous=true"'),
    ).toEqual({ status: 'Workers scaled to 1 for model: my_model' });

    const [described] = (await answerOf('curl http://localhost:8081/models/my_model')) as Record<string, unknown>[];
    expect(described).toMatchObject({ modelName: 'my_model', modelVersion: '1.0', minWorkers: 1, maxWorkers: 5 });
    expect(described?.['workers']).toMatchObject([{ status: 'READY' }]);

    expect(await answerOf('curl -X DELETE "http://localhost:8081/models/my_model"')).toEqual({
      status: 'Model "my_model" unregistered',
    });

    const stopped = await shell.type('torchserve --stop');
    expect(stopped.status).toBe(0);
    expect(stopped.stdout).toContain('TorchServe has stopped.');
    expect(await processesLeft(shell.folder)).toEqual([]);
  });

  test('every sample of the example is answered as plain PyTorch answers it', async () => {
    const started = await shell.type(
      'torchserve --start --ncs --model-store model_store --models my_model=my_model.mar',
    );
    expect(started.status, started.stdout + started.stderr).toBe(0);
    const expected: Record<string, Record<string, number>> = JSON.parse(
      readFileSync(join(projectRoot, 'examples/digits/expected.json'), 'utf8'),
    );
    for (const [picture, wanted] of Object.entries(expected)) {
      const answer = (await answerOf(
        `curl -X POST http://localhost:8080/predictions/my_model -T samples/${picture}`,
      )) as Record<string, number>;
      expect(Object.keys(answer), picture).toEqual(Object.keys(wanted));
      for (const [name, probability] of Object.entries(wanted)) expect(answer[name]).toBeCloseTo(probability, 3);
    }
    expect((await shell.type('torchserve --stop')).status).toBe(0);
    expect(await processesLeft(shell.folder)).toEqual([]);
  });
});
