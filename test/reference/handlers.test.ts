import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiOf } from '../support/api.js';
import {
  askAll,
  copyExample,
  exampleNames,
  modelOf,
  nearly,
  readExample,
  sendRequest,
  typeLine,
} from '../support/example.js';
import { ours, projectRoot, reference } from '../support/release.js';
import { ServerPlace } from '../support/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type HandlerCase, handlerCases } from './handler-cases.js';

/** Two environments with the same torch and torchvision: TorchServe's, and the one that our workers run in. */
const theirPython = process.env['TORCHBRIDGE_REFERENCE_VISION_PYTHON'] ?? '';
const ourPython = process.env['TORCHBRIDGE_VISION_PYTHON'] ?? '';

const folder = mkdtempSync(join(tmpdir(), 'tb-cases-'));

beforeAll(async () => {
  cpSync(join(projectRoot, 'test/fixtures/handler-cases'), folder, { recursive: true });
  if (ourPython) await typeLine(folder, 'python build.py', ourPython, process.env);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What clients see of an answer: its JSON, or else its bytes. */
async function seen(answer: Promise<Response>) {
  const response = await answer;
  const bytes = Buffer.from(await response.arrayBuffer());
  const head = { status: response.status, type: response.headers.get('content-type') };
  try {
    return { ...head, json: JSON.parse(bytes.toString()) as unknown };
  } catch {
    return { ...head, bytes: bytes.toString('base64') };
  }
}

/** TorchServe starts ranks with the torchrun on PATH, and its environment here, which borrows our torch, has none. */
const leftOut = new Set(['tensor_parallel']);

/** Fifteen steps through a ResNet on each server take minutes on a busy machine. */
const patienceMs = 400_000;

describe.runIf(theirPython && ourPython).each(['', ...new Set(handlerCases.flatMap(({ envelope }) => envelope ?? []))])(
  'behind the envelope "%s"',
  (envelope) => {
    let places: readonly ServerPlace[] = [];

    beforeAll(async () => {
      places = [await ServerPlace.make(reference(theirPython)), await ServerPlace.make(ours())];
      const config = ['default_workers_per_model=1', 'disable_token_authorization=true', 'enable_model_api=true'];
      if (envelope) config.push(`service_envelope=${envelope}`);
      const [theirs, mine] = places as [ServerPlace, ServerPlace];
      await Promise.all([theirs.start({ config }), mine.start({ config, env: { TS_PYTHON: ourPython } })]);
    });

    afterAll(async () => {
      await Promise.all(places.map((place) => place.close()));
    });

    /** Serves the archive on both and compares the answer to each request, floats to 1e-5. */
    async function compare(
      where: string,
      example: Pick<HandlerCase, 'archive' | 'requests' | 'refused'>,
    ): Promise<void> {
      const model = modelOf(example);
      await typeLine(where, `mkdir -p model_store && ${example.archive} --force`, ourPython, process.env);
      const [theirs = [], mine = []] = await Promise.all(
        places.map(async (place) => {
          cpSync(join(where, 'model_store', `${model}.mar`), join(place.store, `${model}.mar`));
          const registered = await apiOf(place).register(`url=${model}.mar&initial_workers=1&synchronous=true`);
          expect(registered.status, `${place.release.name}: ${registered.text}\n${place.log()}`).toBe(200);
          const answers = await askAll(example, (request) => seen(sendRequest(place.inference, where, request)));
          await apiOf(place).unregister(model);
          return answers;
        }),
      );
      expect(theirs.some(({ status }) => status === 200)).toBe(!example.refused);
      for (const [index, request] of example.requests.entries()) {
        const answer = nearly(mine[index], theirs[index]);
        // Answers of a hundred thousand numbers are common; what tells differences apart takes minutes for these.
        if (!isDeepStrictEqual(answer, theirs[index])) expect(answer, JSON.stringify(request)).toEqual(theirs[index]);
      }
    }

    test.each(handlerCases.filter((each) => (each.envelope ?? '') === envelope))(
      '$title is answered as by TorchServe',
      (each) => compare(folder, each),
      patienceMs,
    );

    test.each(
      envelope === '' ? exampleNames().filter((name) => !readExample(name).workflow && !leftOut.has(name)) : [],
    )('the example %s is answered as by TorchServe', async (name) => {
      const example = readExample(name);
      const where = join(temporaryFolder('example'), name);
      copyExample(name, where);
      if (example.build) await typeLine(where, example.build, ourPython, process.env);
      await compare(where, example);
    });
  },
);
