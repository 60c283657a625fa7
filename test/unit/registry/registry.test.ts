import { describe, expect, it } from 'vitest';
import { ModelVersion } from '../../../src/registry/model-version.js';
import { Registry } from '../../../src/registry/registry.js';
import { sequenceHeaders, versionSettings } from '../../support/version-settings.js';

function version(modelName: string, number: string): ModelVersion {
  return new ModelVersion({
    modelName,
    version: number,
    url: `${modelName}.mar`,
    settings: versionSettings(),
    loadedAtStartup: false,
    sequenceHeaders,
    createWorker: () => {
      throw new Error('this test starts no workers');
    },
    discard: async () => {},
  });
}

function registryOf(...versions: [string, string][]): Registry {
  const registry = new Registry();
  for (const [model, number] of versions) registry.add(version(model, number));
  return registry;
}

describe('the default version', () => {
  it('is the first that was registered, until another is set', () => {
    const registry = registryOf(['m', '1.0'], ['m', '2.0']);
    expect(registry.get({ model: 'm', version: null }).version).toBe('1.0');
    registry.setDefault('m', '2.0');
    expect(registry.get({ model: 'm', version: null }).version).toBe('2.0');
  });

  it('cannot be removed while there are others', () => {
    const registry = registryOf(['m', '1.0'], ['m', '2.0']);
    expect(() => registry.remove({ model: 'm', version: null })).toThrow('Cannot remove default version for model m');
    registry.remove({ model: 'm', version: '2.0' });
    registry.remove({ model: 'm', version: null });
    expect(registry.all()).toEqual([]);
  });
});

describe('what is not there', () => {
  it.each([
    [{ model: 'n', version: null }, 404, 'ModelNotFoundException', 'Model not found: n'],
    [
      { model: 'm', version: '9' },
      404,
      'ModelVersionNotFoundException',
      'Model version: 9 does not exist for model: m',
    ],
  ])('%j is answered with %i %s', (target, status, type, message) => {
    const registry = registryOf(['m', '1.0']);
    expect(() => registry.get(target)).toThrow(expect.objectContaining({ status, type, message }));
  });

  it('cannot become the default', () => {
    expect(() => registryOf(['m', '1.0']).setDefault('m', '9')).toThrow('Model version 9 does not exist for model m');
  });
});

describe('a registry', () => {
  it('refuses a version twice', () => {
    const registry = registryOf(['m', '1.0']);
    expect(() => registry.add(version('m', '1.0'))).toThrow(
      expect.objectContaining({ status: 409, message: 'Model version 1.0 is already registered for model m' }),
    );
  });

  it('lists default versions by name in code-unit order', () => {
    const registry = registryOf(['b', '1.0'], ['a', '1.0'], ['B', '1.0'], ['a', '2.0']);
    expect(registry.defaults().map(({ modelName, version: number }) => [modelName, number])).toEqual([
      ['B', '1.0'],
      ['a', '1.0'],
      ['b', '1.0'],
    ]);
  });
});
