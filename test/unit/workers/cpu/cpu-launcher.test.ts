import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseLauncherArguments } from '../../../../src/config/launcher-arguments.js';
import { findAllocator } from '../../../../src/workers/cpu/allocator.js';
import { cpuLauncher } from '../../../../src/workers/cpu/cpu-launcher.js';
import { fakeCpus } from '../../../support/fake-cpus.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

/** A folder with libraries of these names. */
function libraries(...names: string[]): string {
  const folder = temporaryFolder('lib');
  for (const name of names) writeFileSync(join(folder, name), '');
  return folder;
}

function launcher(words: string, env: NodeJS.ProcessEnv = {}, machine = fakeCpus(2, 4)) {
  const rules = parseLauncherArguments(words.split(' ').filter(Boolean));
  return cpuLauncher(rules, { python: '/nowhere/bin/python', env, machine });
}

describe('the allocator', () => {
  it('is looked for under each of its names', () => {
    const folder = libraries('libtcmalloc_minimal.so.4');
    expect(findAllocator('tcmalloc', ['/nowhere', folder])).toBe(join(folder, 'libtcmalloc_minimal.so.4'));
    expect(findAllocator('jemalloc', [folder])).toBeNull();
  });

  it.runIf(process.platform === 'linux')('is preloaded, before what is preloaded already', () => {
    const folder = libraries('libjemalloc.so.2');
    const { env, summary } = launcher('--enable_jemalloc', { LD_LIBRARY_PATH: folder, LD_PRELOAD: '/lib/other.so' });
    const path = join(folder, 'libjemalloc.so.2');
    expect(env).toEqual({
      LD_PRELOAD: `${path}:/lib/other.so`,
      MALLOC_CONF: 'oversize_threshold:1,metadata_thp:auto',
    });
    expect(summary).toBe(
      `CPU launcher: 8 cores of 2 memory nodes for the workers on the CPU; memory allocator: ${path}`,
    );
  });

  it.runIf(process.platform === 'linux')('keeps the settings that the operator made', () => {
    const folder = libraries('libjemalloc.so');
    const { env } = launcher('--enable_jemalloc', { LD_LIBRARY_PATH: folder, MALLOC_CONF: 'narenas:1' });
    expect(Object.keys(env)).toEqual(['LD_PRELOAD']);
  });

  it.runIf(process.platform === 'linux')('beside a virtual environment is found there; tcmalloc comes first', () => {
    const root = temporaryFolder('venv');
    mkdirSync(join(root, 'lib'));
    for (const name of ['libjemalloc.so.2', 'libtcmalloc.so.4']) writeFileSync(join(root, 'lib', name), '');
    const { env } = launcher('', { VIRTUAL_ENV: root });
    expect(env['LD_PRELOAD']).toBe(join(root, 'lib/libtcmalloc.so.4'));
  });

  it('is the default one where that was asked for', () => {
    const folder = libraries('libjemalloc.so.2');
    expect(launcher('--use_default_allocator', { LD_LIBRARY_PATH: folder })).toMatchObject({ env: {}, warnings: [] });
  });
});

describe('what cannot be', () => {
  it('is a warning: nothing is known of the cores', () => {
    const { plan, warnings, summary } = launcher('--use_default_allocator', {}, []);
    expect(plan).toBeNull();
    expect(warnings).toEqual(['Workers are not pinned to cores: that takes Linux, with /proc and /sys.']);
    expect(summary).toBe('CPU launcher: workers are not pinned; memory allocator: the default');
  });

  it('is a warning: a core that is not there', () => {
    expect(launcher('--core_list 1,77 --use_default_allocator').warnings).toEqual([
      'cpu_launcher_args: --core_list: this server has no core 77.',
    ]);
  });

  it('is told in the summary: no pinning', () => {
    expect(launcher('--disable_numactl --disable_taskset --use_default_allocator').summary).toBe(
      'CPU launcher: 8 cores of 2 memory nodes for the workers on the CPU, to which they are not pinned; memory allocator: the default',
    );
  });
});
