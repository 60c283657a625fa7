import argparse from 'argparse';
import { z } from 'zod';

/** `cpu_launcher_args`: how the CPU launcher deals cores out, in the words of PyTorch's `torch.backends.xeon.run_cpu`. */
export interface LauncherArguments {
  /** Both hyperthreads of a core, and not only its first. */
  readonly useLogicalCores: boolean;
  /** Only cores of this memory node; null: of all. */
  readonly node: number | null;
  /** Just these logical CPUs; null: all. */
  readonly cores: readonly number[] | null;
  /** Into how many parts the cores are divided; null: as many as there are workers. */
  readonly instances: number | null;
  /** Cores of a part; null: as many as the division gives. */
  readonly coresPerInstance: number | null;
  /** Parts of a given size do not cross from one memory node to the next. */
  readonly skipCrossNode: boolean;
  /** Part of the first worker; the next ones follow. */
  readonly rank: number;
  /** Each worker has all cores of one memory node. */
  readonly onePerNode: boolean;
  /** Workers are pinned to their cores; false: only their number of threads is set. */
  readonly pins: boolean;
  /** Workers take their memory from the node of their cores. */
  readonly bindsMemory: boolean;
  /** What is preloaded; `any`: the first of tcmalloc and jemalloc that is there. */
  readonly allocator: 'any' | 'tcmalloc' | 'jemalloc' | 'default';
  /** Words that mean nothing here. */
  readonly ignored: readonly string[];
}

/** Cores of a part under `--latency_mode`. */
const latencyCores = 4;

/** Flags of run_cpu that say nothing to a server that starts its workers itself. */
const idle = [
  { names: ['--multi_instance'], action: 'store_true' },
  { names: ['-m', '--module'], action: 'store_true' },
  { names: ['--no_python'], action: 'store_true' },
  { names: ['--log_path'] },
  { names: ['--log_file_prefix'] },
] as const;

/** What argparse made of the words. */
interface Parsed {
  readonly use_logical_core: boolean;
  readonly node_id: number;
  readonly core_list: string;
  readonly ninstances: number;
  readonly ncores_per_instance: number;
  readonly skip_cross_node_cores: boolean;
  readonly rank: number;
  readonly latency_mode: boolean;
  readonly throughput_mode: boolean;
  readonly disable_numactl: boolean;
  readonly disable_taskset: boolean;
  readonly enable_tcmalloc: boolean;
  readonly enable_jemalloc: boolean;
  readonly use_default_allocator: boolean;
}

class Parser extends argparse.ArgumentParser {
  constructor() {
    super({ prog: 'cpu_launcher_args', add_help: false });
  }

  override error(message: string): never {
    throw new Error(message);
  }
}

/** Reads the words. @throws Error with a sentence that says what is wrong. */
export function parseLauncherArguments(words: readonly string[]): LauncherArguments {
  const parser = new Parser();
  const flag = { action: 'store_true' } as const;
  const number = { type: 'int', default: -1 } as const;
  for (const name of ['use_logical_core', 'skip_cross_node_cores', 'latency_mode', 'throughput_mode']) {
    parser.add_argument(`--${name}`, flag);
  }
  for (const name of ['disable_numactl', 'disable_taskset', 'disable_iomp']) parser.add_argument(`--${name}`, flag);
  for (const name of ['enable_tcmalloc', 'enable_jemalloc', 'use_default_allocator']) {
    parser.add_argument(`--${name}`, flag);
  }
  for (const name of ['node_id', 'ninstances', 'ncores_per_instance', 'rank']) parser.add_argument(`--${name}`, number);
  parser.add_argument('--core_list', { default: '' });
  for (const { names, ...options } of idle) parser.add_argument(...(names as unknown as [string]), options);
  // run_cpu takes each name with dashes too.
  const underscored = words.map((word) =>
    word.startsWith('--') ? word.replace(/^--[^=]*/, (name) => `--${name.slice(2).replaceAll('-', '_')}`) : word,
  );
  const [parsed, rest] = parser.parse_known_args(underscored) as [Parsed & Record<string, unknown>, string[]];
  if (parsed.enable_tcmalloc && parsed.enable_jemalloc) {
    throw new Error('--enable_tcmalloc and --enable_jemalloc exclude each other');
  }
  if (parsed.latency_mode && parsed.throughput_mode) {
    throw new Error('--latency_mode and --throughput_mode exclude each other');
  }
  const ignored = idle.flatMap(({ names }) => {
    const name = names.at(-1) as string;
    return parsed[name.slice(2)] ? [name] : [];
  });
  return {
    useLogicalCores: parsed.use_logical_core,
    node: counted('--node_id', parsed.node_id, 0),
    cores: coreList(parsed.core_list),
    instances: counted('--ninstances', parsed.ninstances, 1),
    coresPerInstance:
      counted('--ncores_per_instance', parsed.ncores_per_instance, 1) ?? (parsed.latency_mode ? latencyCores : null),
    skipCrossNode: parsed.skip_cross_node_cores,
    rank: counted('--rank', parsed.rank, 0) ?? 0,
    onePerNode: parsed.throughput_mode,
    pins: !(parsed.disable_numactl && parsed.disable_taskset),
    bindsMemory: !parsed.disable_numactl,
    allocator: parsed.enable_tcmalloc
      ? 'tcmalloc'
      : parsed.enable_jemalloc
        ? 'jemalloc'
        : parsed.use_default_allocator
          ? 'default'
          : 'any',
    ignored: [...ignored, ...rest],
  };
}

/** -1 says nothing, as with run_cpu. */
function counted(flag: string, value: number, least: number): number | null {
  if (value === -1) return null;
  if (value < least) throw new Error(`${flag} takes ${least} or more`);
  return value;
}

function coreList(text: string): readonly number[] | null {
  if (text.trim() === '') return null;
  const items = text.split(',').map((item) => item.trim());
  if (!items.every((item) => /^\d+$/.test(item))) throw new Error('--core_list takes numbers separated by commas');
  return items.map(Number);
}

/** The kind of value that the key `cpu_launcher_args` takes. */
export const launcherArguments = z
  .string()
  .transform((text, context): LauncherArguments => {
    try {
      return parseLauncherArguments(text.split(/\s+/).filter((word) => word !== ''));
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  })
  .describe('arguments of the CPU launcher, separated by blanks (docs/cpu-launcher.md)');
