import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWorkflowManifest, workflowManifestPath } from '../../../src/archive/workflow-manifest.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const head = { createdOn: '01/01/2026 00:00:00', archiverVersion: '0.2.15' };
const workflow = { workflowName: 'w', specFile: 'spec.yaml', handler: 'functions.py' };

/** Reads a manifest of this text; null: there is none. */
async function read(text: string | object | null) {
  const folder = temporaryFolder('workflow-manifest');
  if (text !== null) {
    const file = join(folder, workflowManifestPath);
    mkdirSync(dirname(file));
    writeFileSync(file, typeof text === 'string' ? text : JSON.stringify(text));
  }
  return await readWorkflowManifest(folder);
}

describe("a workflow's manifest", () => {
  it('is read, keys that mean nothing here left aside', async () => {
    expect(await read({ ...head, more: 1, workflow: { ...workflow, extensions: {} } })).toEqual(workflow);
    expect(await read(`\ufeff${JSON.stringify({ ...head, workflow }, null, 2).replaceAll('\n', '\r\n')}`)).toEqual(
      workflow,
    );
  });

  it('may lack a name, which the caller gives then, and a handler', async () => {
    const nothing = { workflowName: null, specFile: 'spec.yaml', handler: null };
    expect(await read({ ...head, workflow: { specFile: 'spec.yaml' } })).toEqual(nothing);
    expect(await read({ ...head, workflow: { ...nothing, workflowName: '', handler: '' } })).toEqual(nothing);
  });

  it('names files at the root of its archive only', async () => {
    const climbing = { ...workflow, specFile: '../../etc/passwd', handler: '/usr/lib/functions.py' };
    expect(await read({ ...head, workflow: climbing })).toEqual({
      workflowName: 'w',
      specFile: 'passwd',
      handler: 'functions.py',
    });
  });

  it.each([
    [null, /^The workflow archive has no WAR-INF\/MANIFEST\.json\.$/],
    [{ ...head }, /^Missing Workflow entry in manifest file\.$/],
    [{ ...head, workflow: null }, /^Missing Workflow entry in manifest file\.$/],
    [{ ...head, archiverVersion: null, workflow }, /^Workflow archive version is not defined\.$/],
    [{ archiverVersion: '0.2.15', workflow }, /^Workflow archive createdOn is not defined\.$/],
    [{ ...head, workflow: { ...workflow, specFile: '' } }, /^Workflow specFile is not defined\.$/],
    [{ ...head, workflow: 'w' }, /^Failed to parse WAR-INF\/MANIFEST\.json\.$/],
    [{ ...head, workflow: { ...workflow, handler: [] } }, /^Failed to parse WAR-INF\/MANIFEST\.json\.$/],
    ['{"workflow": ', /^Failed to parse WAR-INF\/MANIFEST\.json\.$/],
    ['[]', /^Failed to parse WAR-INF\/MANIFEST\.json\.$/],
    ['', /^Failed to parse WAR-INF\/MANIFEST\.json\.$/],
    [' '.repeat(20 * 2 ** 20), /^Failed to parse WAR-INF\/MANIFEST\.json\.$/],
  ])('is refused where it makes no sense', async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      kind: 'invalidWorkflow',
      message: expect.stringMatching(message),
    });
  });
});
