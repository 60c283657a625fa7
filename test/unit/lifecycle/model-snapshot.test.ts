import { describe, expect, it } from 'vitest';
import { readModelSnapshot, writeModelSnapshot } from '../../../src/lifecycle/model-snapshot.js';
import { ModelVersion } from '../../../src/registry/model-version.js';
import { Registry } from '../../../src/registry/registry.js';
import { autoscaleSettings } from '../../support/autoscale-settings.js';
import { workflowSnapshot } from '../../support/echo-workflows.js';
import { sequenceHeaders, versionSettings } from '../../support/version-settings.js';

function registryOf(
  ...versions: { model: string; version: string; url: string | null; workflow?: string }[]
): Registry {
  const registry = new Registry();
  for (const { model, version, url, workflow } of versions) {
    registry.add(
      new ModelVersion({
        modelName: model,
        version,
        url,
        workflow,
        settings: versionSettings({ batchSize: 4, maxBatchDelayMs: 50 }),
        loadedAtStartup: false,
        sequenceHeaders,
        createWorker: () => {
          throw new Error('this test starts no workers');
        },
        discard: async () => {},
      }),
    );
  }
  return registry;
}

describe('a snapshot of the models', () => {
  it('reads back as it was written', () => {
    const registry = registryOf(
      { model: 'm', version: '1.0', url: 'm.mar' },
      { model: 'm', version: '2.0', url: 'm2.mar' },
    );
    registry.setDefault('m', '2.0');
    const { versions, faults } = readModelSnapshot(writeModelSnapshot(registry, [], 'x.cfg', new Date(5)));
    expect(faults).toEqual([]);
    expect(versions).toEqual([
      expect.objectContaining({
        model: 'm',
        version: '1.0',
        marName: 'm.mar',
        batchSize: 4,
        maxBatchDelay: 50,
        defaultVersion: false,
      }),
      expect.objectContaining({
        model: 'm',
        version: '2.0',
        marName: 'm2.mar',
        defaultVersion: true,
        handler: 'handler.py',
      }),
    ]);
  });

  it('names the file of a download, and its url beside it', () => {
    const registry = registryOf({ model: 'm', version: '1.0', url: 'https://h/a/m.mar?x=1' });
    const [saved] = readModelSnapshot(writeModelSnapshot(registry, [], 'x.cfg', new Date())).versions;
    expect(saved).toMatchObject({ marName: 'm.mar', url: 'https://h/a/m.mar?x=1' });
  });

  it('tells whether the workers follow the load, where the configuration does not say the same', () => {
    const registry = registryOf({ model: 'm', version: '1.0', url: 'm.mar' });
    const saved = (byDefault: boolean) =>
      readModelSnapshot(writeModelSnapshot(registry, [], 'x.cfg', new Date(), byDefault)).versions[0]?.autoscale;
    expect([saved(false), saved(true)]).toEqual([undefined, false]);
    registry.get({ model: 'm', version: null }).autoscale = autoscaleSettings();
    expect([saved(false), saved(true)]).toEqual([true, true]);
  });

  it('leaves out what came from no archive', () => {
    const registry = registryOf({ model: 'node', version: '1.0', url: null });
    expect(JSON.parse(writeModelSnapshot(registry, [], 'x.cfg', new Date()))).toMatchObject({
      modelCount: 0,
      models: {},
    });
  });

  it('holds workflows, whose nodes it leaves out of the models', () => {
    const registry = registryOf(
      { model: 'w__pre', version: '1.0', url: null, workflow: 'w' },
      { model: 'w__m1', version: '2.0', url: 'm.mar', workflow: 'w' },
      // A model of its own that merely looks like a node.
      { model: 'w__m2', version: '2.0', url: 'm.mar' },
    );
    registry.get({ model: 'w__m1', version: null }).scale(0, 3, 0);
    const workflow = workflowSnapshot('w', { url: 'file:///a/b.war', startupTimeoutSeconds: 7 });
    const text = writeModelSnapshot(registry, [workflow], 'x.cfg', new Date());
    expect(JSON.parse(text)).toMatchObject({ modelCount: 1 });
    const { versions, workflows, faults } = readModelSnapshot(text);
    expect(faults).toEqual([]);
    expect(versions.map(({ model }) => model)).toEqual(['w__m2']);
    expect(workflows).toEqual([
      {
        name: 'w',
        warName: 'b.war',
        url: 'file:///a/b.war',
        startupTimeout: 7,
        nodes: { pre: { min: 0, max: 0 }, m1: { min: 0, max: 3 } },
      },
    ]);
  });

  it('of TorchServe is read', () => {
    const upstream = {
      name: '20260101000000000-snapshot.cfg',
      modelCount: 1,
      created: 1_767_225_600_000,
      models: {
        noop: {
          '1.0': {
            defaultVersion: true,
            marName: 'noop.mar',
            minWorkers: 1,
            maxWorkers: 1,
            batchSize: 1,
            maxBatchDelay: 100,
            responseTimeout: 120,
            startupTimeout: 120,
            runtimeType: 'python',
          },
        },
      },
    };
    expect(readModelSnapshot(JSON.stringify(upstream, null, 2))).toMatchObject({
      faults: [],
      workflows: [],
      versions: [{ model: 'noop', version: '1.0', marName: 'noop.mar', minWorkers: 1 }],
    });
  });
});

describe('a damaged snapshot', () => {
  it.each([
    ['{', 'model_snapshot is not JSON'],
    ['[]', 'has no object "models"'],
    ['{"models": {"m": 3}}', 'has no object "models"'],
  ])('%s is told, and restores nothing', (text, fault) => {
    const { versions, faults } = readModelSnapshot(text);
    expect(versions).toEqual([]);
    expect(faults).toEqual([expect.stringContaining(fault)]);
  });

  it('restores what is still good', () => {
    const good = { marName: 'b.mar', minWorkers: 0, maxWorkers: 0, batchSize: 1, maxBatchDelay: 100 };
    const read = readModelSnapshot(JSON.stringify({ models: {}, workflows: { v: 1, w: { warName: 'w.war' } } }));
    expect(read.workflows).toEqual([{ name: 'w', warName: 'w.war', nodes: {} }]);
    expect(read.faults).toEqual([expect.stringMatching(/^model_snapshot: workflow v: /)]);
    const { versions, faults } = readModelSnapshot(
      JSON.stringify({ models: { a: { '1.0': { ...good, minWorkers: 'x' } }, b: { '1.0': good } } }),
    );
    expect(versions.map(({ model }) => model)).toEqual(['b']);
    expect(faults).toEqual([expect.stringMatching(/a 1\.0: .*minWorkers/)]);
  });
});
