import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifestWarnings, parseManifest, readManifest } from '../../../src/archive/manifest.js';
import type { ServingError } from '../../../src/errors/serving-error.js';
import { manifest } from '../../support/model-archive.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const refusal = (source: string): ServingError => {
  try {
    parseManifest(source);
  } catch (error) {
    return error as ServingError;
  }
  throw new Error('it was taken');
};

describe('a manifest', () => {
  it('is read with every key the server knows, others left aside', () => {
    const model = {
      modelName: 'm',
      modelVersion: '1.0',
      handler: 'h.py:fn',
      modelFile: 'model.py',
      serializedFile: 'weights.pth',
      requirementsFile: 'requirements.txt',
      configFile: 'model-config.yaml',
      envelope: 'json',
    };
    expect(parseManifest(manifest({ ...model, extensions: {}, description: 'x' }, { more: [] }))).toEqual({
      createdOn: '01/01/2026 00:00:00',
      runtime: 'python',
      archiverVersion: '0.12.0',
      model,
    });
  });

  it('may have CRLF and a byte order mark', () => {
    const text = `\uFEFF${manifest({ modelName: 'm' }).replaceAll('\n', '\r\n')}`;
    expect(parseManifest(text).model.modelName).toBe('m');
  });

  it.each([
    ['1.0', '1.0'],
    ['2', '2'],
    ['"1.10"', '1.10'],
    ['1.10', '1.10'],
  ])('keeps the version %s as %j', (written, version) => {
    expect(parseManifest(`{"model":{"modelName":"m","modelVersion":${written}}}`).model.modelVersion).toBe(version);
  });

  it('without a model has an empty one', () => {
    expect(parseManifest('{"runtime":"python"}').model).toEqual({});
  });

  it('takes null as absent', () => {
    expect(parseManifest('{"runtime":null,"model":{"handler":null}}')).toEqual({ model: {} });
  });

  it.each(['', 'not json {', '[]', '"x"', '{"model":{"modelName":["m"]}}', '{"model":3}', '{"a":1,}', 'null'])(
    'that reads %j is refused',
    (source) => {
      expect(refusal(source)).toMatchObject({
        status: 400,
        type: 'InvalidModelException',
        message: 'Failed to parse signature.json.',
      });
    },
  );

  it('whose model is null is refused', () => {
    expect(refusal('{"model":null}')).toMatchObject({
      status: 400,
      type: 'InvalidModelException',
      message: 'Missing Model entry in manifest file.',
    });
  });
});

describe('the manifest of an archive', () => {
  it('is null where there is none', async () => {
    expect(await readManifest(temporaryFolder())).toBeNull();
  });

  it('is found in MAR-INF', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'MAR-INF'));
    writeFileSync(join(folder, 'MAR-INF/MANIFEST.json'), manifest({ modelName: 'm' }));
    expect((await readManifest(folder))?.model.modelName).toBe('m');
  });

  it('larger than any manifest is refused', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'MAR-INF'));
    writeFileSync(join(folder, 'MAR-INF/MANIFEST.json'), `${manifest({})}${' '.repeat(5 * 2 ** 20)}`);
    await expect(readManifest(folder)).rejects.toThrow('Failed to parse signature.json.');
  });

  it('warns of what upstream warns of', () => {
    expect(manifestWarnings(parseManifest('{"archiverVersion":"0.12.0","model":{}}'))).toEqual([
      "The archive's manifest has no createdOn.",
    ]);
    expect(manifestWarnings(null)).toEqual([]);
  });
});
