import { cpSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiOf } from '../support/api.js';
import {
  askAll,
  copyExample,
  exampleNames,
  missingModules,
  modelOf,
  nearly,
  readExample,
  sendRequest,
  typeLine,
} from '../support/example.js';
import { ServerPlace } from '../support/server.js';

const python = process.env['TS_PYTHON'] ?? 'python3';

describe('the examples', () => {
  let place: ServerPlace;

  beforeAll(async () => {
    place = await ServerPlace.make();
    await place.start();
  });

  afterAll(() => place?.close());

  for (const name of exampleNames()) {
    const example = readExample(name);
    const lacking = missingModules(python, example.requires ?? []);
    if (lacking.length > 0) {
      test.skip(`${name}: needs ${lacking.join(', ')}, which ${python} has not`);
      continue;
    }
    test(`${name} is answered as plain PyTorch answers it`, async () => {
      const folder = join(place.folder, name);
      const api = apiOf(place);
      copyExample(name, folder);
      if (example.build) await typeLine(folder, example.build, python, place.env);
      await typeLine(folder, `mkdir -p model_store && ${example.archive}`, python, place.env);
      if (example.workflow) await typeLine(folder, example.workflow, python, place.env);
      cpSync(join(folder, 'model_store'), place.store, { recursive: true });
      const model = modelOf(example);
      const [workflow = null] = /(?<=--workflow-name )\S+/.exec(example.workflow ?? '') ?? [];
      const registered = workflow
        ? await api.registerWorkflow(`url=${workflow}.war`)
        : await api.register(`url=${model}.mar&initial_workers=1&synchronous=true`);
      expect(registered.status, `${registered.text}\n${registered.status === 200 ? '' : place.log()}`).toBe(200);
      const answers = await askAll(example, (request) => sendRequest(place.inference, folder, request));
      for (const [index, { expected = '', path }] of example.requests.entries()) {
        const answer = answers[index] as Response;
        const text = await answer.text();
        expect(answer.status, `${path}: ${text}\n${answer.ok ? '' : place.log()}`).toBe(200);
        const wanted = readFileSync(join(folder, expected), 'utf8');
        if (extname(expected) !== '.json') expect(text).toBe(wanted);
        else expect(nearly(JSON.parse(text), JSON.parse(wanted))).toEqual(JSON.parse(wanted));
      }
      expect((await (workflow ? api.unregisterWorkflow(workflow) : api.unregister(model))).status).toBe(200);
    });
  }
});
