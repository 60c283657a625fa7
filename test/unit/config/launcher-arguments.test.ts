import { expect, test } from 'vitest';
import { parseLauncherArguments } from '../../../src/config/launcher-arguments.js';

const parse = (text: string) => parseLauncherArguments(text.split(' ').filter(Boolean));

test('without a word everything is as run_cpu has it', () => {
  expect(parse('')).toEqual({
    useLogicalCores: false,
    node: null,
    cores: null,
    instances: null,
    coresPerInstance: null,
    skipCrossNode: false,
    rank: 0,
    onePerNode: false,
    pins: true,
    bindsMemory: true,
    allocator: 'any',
    ignored: [],
  });
});

test.each([
  ['--use_logical_core', { useLogicalCores: true }],
  ['--use-logical-core', { useLogicalCores: true }],
  ['--node_id 1', { node: 1 }],
  ['--node-id=1', { node: 1 }],
  ['--core_list 0,2,4', { cores: [0, 2, 4] }],
  ['--ninstances 4', { instances: 4 }],
  ['--ninst 4', { instances: 4 }],
  ['--ncores_per_instance 2', { coresPerInstance: 2 }],
  ['--ncores_per_instance -1', { coresPerInstance: null }],
  ['--skip_cross_node_cores', { skipCrossNode: true }],
  ['--rank 1', { rank: 1 }],
  ['--latency_mode', { coresPerInstance: 4 }],
  ['--throughput_mode', { onePerNode: true }],
  ['--disable_numactl', { bindsMemory: false, pins: true }],
  ['--disable_taskset', { bindsMemory: true, pins: true }],
  ['--disable_numactl --disable_taskset', { bindsMemory: false, pins: false }],
  ['--enable_tcmalloc', { allocator: 'tcmalloc' }],
  ['--enable_jemalloc', { allocator: 'jemalloc' }],
  ['--use_default_allocator', { allocator: 'default' }],
  ['--disable_iomp', { ignored: [] }],
  ['--multi_instance --log_path /tmp', { ignored: ['--multi_instance', '--log_path'] }],
  ['-m --no_python --log_file_prefix x', { ignored: ['--module', '--no_python', '--log_file_prefix'] }],
  ['--auto_ipex --dtype bfloat16 --rank 2', { rank: 2, ignored: ['--auto_ipex', '--dtype', 'bfloat16'] }],
])('%s', (text, said) => {
  expect(parse(text)).toMatchObject(said);
});

test.each([
  ['--node_id one', /node_id.*invalid 'int' value/],
  ['--node_id -2', /--node_id takes 0 or more/],
  ['--ninstances 0', /--ninstances takes 1 or more/],
  ['--core_list 0-3', /--core_list takes numbers separated by commas/],
  ['--enable_tcmalloc --enable_jemalloc', /exclude each other/],
  ['--latency_mode --throughput_mode', /exclude each other/],
  ['--rank', /expected one argument/],
])('%s is refused', (text, message) => {
  expect(() => parse(text)).toThrow(message);
});
