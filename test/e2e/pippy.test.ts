import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { packArchive } from '../support/archive.js';
import { missingModules } from '../support/example.js';
import { projectRoot } from '../support/release.js';
import { ServerPlace } from '../support/server.js';

const python = process.env['TS_PYTHON'] ?? 'python3';

test.skipIf(missingModules(python, ['pippy']).length > 0)('a handler for PiPPy serves a pipeline', async () => {
  const place = await ServerPlace.make();
  try {
    const configFile = join(place.folder, 'model-config.yaml');
    writeFileSync(
      configFile,
      'parallelType: pp\ntorchrun: {nproc-per-node: 2}\nhandler: {model_path: .}\n' +
        'pippy: {rpc_timeout: 60, num_worker_threads: 16, input_names: [input], model_type: other}\n',
    );
    const handler = join(projectRoot, 'test/fixtures/handlers/pippy_layers.py');
    await packArchive(place.store, { name: 'layers', handler, configFile });
    await place.start();
    const api = apiOf(place);
    const registered = await api.register('url=layers.mar&initial_workers=1&synchronous=true');
    expect(registered.status, place.log()).toBe(200);
    const { pipeline, whole } = (await api.predict('layers', '[[1, 2, 3, 4], [0.5, 0, -1, 2]]')).json;
    expect(whole).toHaveLength(2);
    expect(pipeline).toEqual(whole.map((row: number[]) => row.map((value) => expect.closeTo(value, 5))));
  } finally {
    await place.close();
  }
});
