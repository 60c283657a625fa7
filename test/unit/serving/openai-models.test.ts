import { describe, expect, it } from 'vitest';
import { ModelVersion } from '../../../src/registry/model-version.js';
import type { OpenAiDeclaration } from '../../../src/registry/openai-declaration.js';
import { Registry } from '../../../src/registry/registry.js';
import { openAiModel, openAiModels } from '../../../src/serving/openai-models.js';
import { sequenceHeaders, versionSettings } from '../../support/version-settings.js';

const chat = 'v1/chat/completions';

/** A registry of these versions, `name/version`; each has what its handler declares, null: no worker has loaded it. */
function registryOf(
  versions: Record<string, OpenAiDeclaration | null>,
  yaml: readonly string[] | null = null,
): Registry {
  const registry = new Registry();
  for (const [id, declared] of Object.entries(versions)) {
    const [modelName = '', version = ''] = id.split('/');
    const made = new ModelVersion({
      modelName,
      version,
      url: `${modelName}.mar`,
      settings: { ...versionSettings(), openaiRoutes: yaml },
      loadedAtStartup: false,
      sequenceHeaders,
      createWorker: () => {
        throw new Error('this test starts no workers');
      },
      discard: async () => {},
    });
    if (declared) made.workerLoaded(declared);
    registry.add(made);
  }
  return registry;
}

const declares = (...models: string[]) => ({ routes: [chat], models });
const target = (registry: Registry, id: string) => openAiModel(registry, id).target;

describe('a name', () => {
  const registry = registryOf({
    'a/1.0': declares('tuned', 'org/base', 'a', 'b'),
    'a/2.0': declares('second'),
    'b/1.0': declares('tuned'),
  });

  it('is that of a model, of a version, or of what a default version adds, in this order', () => {
    expect(target(registry, 'a')).toEqual({ model: 'a', version: null });
    expect(target(registry, 'a/2.0')).toEqual({ model: 'a', version: '2.0' });
    expect(target(registry, 'tuned')).toEqual({ model: 'a', version: null });
    expect(target(registry, 'org/base')).toEqual({ model: 'a', version: null });
    expect(target(registry, 'b')).toEqual({ model: 'b', version: null });
  });

  it.each([
    ['c', 'Model not found: c'],
    ['a/3.0', 'Model version: 3.0 does not exist for model: a'],
    ['c/1.0', 'Model not found: c/1.0'],
    ['second', 'Model not found: second'],
    ['', 'Model not found: '],
    ['/1.0', 'Model not found: /1.0'],
  ])('%s: %s', (id, message) => {
    expect(() => openAiModel(registry, id)).toThrow(expect.objectContaining({ status: 404, message }));
  });

  it('is listed once for each that it may be called', () => {
    expect(openAiModels(registry).map(({ id, parent }) => [id, parent])).toEqual([
      ['a', null],
      ['b', null],
      ['a/2.0', null],
      ['tuned', 'a'],
      ['org/base', 'a'],
    ]);
  });
});

describe('what a model answers', () => {
  it('is not known before a worker has loaded it, unless its yaml tells', () => {
    const versions = { 'a/1.0': null };
    expect(openAiModel(registryOf(versions), 'a').routes).toBeNull();
    expect(openAiModels(registryOf(versions))).toEqual([]);
    expect(openAiModel(registryOf(versions, [chat]), 'a').routes).toEqual([chat]);
  });

  it('is what the yaml says, whatever the handler does', () => {
    const versions = { 'a/1.0': declares('tuned') };
    expect(openAiModel(registryOf(versions, ['v1/embeddings']), 'tuned').routes).toEqual(['v1/embeddings']);
    expect(openAiModels(registryOf(versions, []))).toEqual([]);
  });

  it('may be nothing', () => {
    const registry = registryOf({ 'a/1.0': { routes: [], models: ['b'] } });
    expect(openAiModel(registry, 'a').routes).toEqual([]);
    expect(openAiModels(registry)).toEqual([]);
  });
});
