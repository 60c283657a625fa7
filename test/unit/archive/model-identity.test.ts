import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../../src/archive/manifest.js';
import { identify, nameOfFile } from '../../../src/archive/model-identity.js';
import { manifest } from '../../support/model-archive.js';

const full = parseManifest(
  manifest({ modelName: 'm', modelVersion: '2.1', handler: 'h.py', envelope: 'json' }, { runtime: 'python3' }),
);
const empty = parseManifest('{"model":{}}');

describe('who a model is', () => {
  it('its manifest says', () => {
    expect(identify(full, {})).toEqual({
      name: 'm',
      version: '2.1',
      handler: 'h.py',
      runtime: 'python3',
      envelope: 'json',
    });
  });

  it('the caller may say instead', () => {
    expect(identify(full, { modelName: 'n', handler: 'i.py', runtime: 'LSP', defaultHandler: 'd' })).toMatchObject({
      name: 'n',
      handler: 'i.py',
      runtime: 'LSP',
    });
  });

  it('is settled by defaults without a manifest', () => {
    expect(identify(null, { modelName: 'n', defaultHandler: 'd.py' })).toEqual({
      name: 'n',
      version: '1.0',
      handler: 'd.py',
      runtime: 'python',
      envelope: null,
    });
  });

  it('may lack a handler', () => {
    expect(identify(empty, { modelName: 'n' }).handler).toBeNull();
  });

  it('takes the name of the file only where told', () => {
    expect(identify(empty, { nameFromFile: '/store/my-net.mar' }).name).toBe('my_net');
    expect(identify(full, { nameFromFile: 'other.mar' }).name).toBe('m');
  });

  it.each([
    ['python', 'python'],
    ['PYTHON', 'python'],
    ['Python3', 'python3'],
    ['lsp', 'LSP'],
  ])('a manifest writes the runtime %s', (written, runtime) => {
    expect(identify(parseManifest(manifest({ modelName: 'm' }, { runtime: written })), {}).runtime).toBe(runtime);
  });

  it.each([
    ['Model name is not defined.', empty, {}],
    ['Model name is not defined.', null, {}],
    ['Model version is not defined.', parseManifest(manifest({ modelName: 'm', modelVersion: '' })), {}],
    ['Runtime is not defined or invalid.', parseManifest(manifest({ modelName: 'm' }, { runtime: 'java' })), {}],
  ])('%s', (message, from, given) => {
    expect(() => identify(from, given)).toThrow(
      expect.objectContaining({ message, status: 400, kind: 'invalidModel' }),
    );
  });

  it('a runtime that the caller names hides a bad one', () => {
    expect(identify(parseManifest(manifest({ modelName: 'm' }, { runtime: 'java' })), { runtime: 'python' }).name).toBe(
      'm',
    );
  });
});

describe('the name of a file', () => {
  it.each([
    ['resnet-18.mar', 'resnet_18'],
    ['my.model.v2.mar', 'my_model_v2'],
    ['a.model', 'a'],
    ['a.tar.gz', 'a_tar_gz'],
    ['_hidden.mar', '_hidden'],
    ['folder name', 'folder_name'],
    ['/store/net.mar', 'net'],
  ])('%s gives %s', (file, name) => {
    expect(nameOfFile(file)).toBe(name);
  });
});
