import type { LauncherArguments } from '../../config/launcher-arguments.js';
import { type Allocator, findAllocator, libraryFolders } from './allocator.js';
import { CorePlan } from './core-plan.js';
import { type LogicalCpu, readTopology } from './topology.js';

/** What the CPU launcher adds to workers. */
export interface CpuLauncher {
  /** Which cores each worker is bound to; null where nothing can be bound. */
  readonly plan: CorePlan | null;
  /** Variables of every worker's environment: the preloaded allocator. */
  readonly env: Readonly<Record<string, string>>;
  /** One line on what it does, for the log. */
  readonly summary: string;
  /** One sentence for each thing that was asked for and cannot be. */
  readonly warnings: readonly string[];
}

/** Where it looks. */
export interface CpuLauncherPlace {
  /** Interpreter of the workers. */
  readonly python: string;
  /** Environment of the workers. */
  readonly env: NodeJS.ProcessEnv;
  readonly machine?: readonly LogicalCpu[];
}

/** jemalloc's advice for inference, but no threads of its own: a nursery must not have any when it forks. */
const jemallocSettings = 'oversize_threshold:1,metadata_thp:auto';

/** Reads the machine and finds the allocator. Never fails: what cannot be is a warning, and workers run without it. */
export function cpuLauncher(rules: LauncherArguments, place: CpuLauncherPlace): CpuLauncher {
  const warnings: string[] = [];
  const machine = place.machine ?? readTopology();
  if (machine.length === 0) warnings.push('Workers are not pinned to cores: that takes Linux, with /proc and /sys.');
  const plan = machine.length > 0 ? new CorePlan(machine, rules) : null;
  warnings.push(...(plan?.warnings ?? []).map((sentence) => `cpu_launcher_args: ${sentence}.`));
  const preload = preloaded(rules.allocator, place, (sentence) => warnings.push(sentence));
  return {
    plan,
    env: preload === null ? {} : preloadVariables(preload, place.env),
    summary: `CPU launcher: ${dealt(plan, rules)}; memory allocator: ${preload?.path ?? 'the default'}`,
    warnings,
  };
}

interface Preload {
  readonly allocator: Allocator;
  readonly path: string;
}

function preloaded(
  wanted: LauncherArguments['allocator'],
  { python, env }: CpuLauncherPlace,
  warn: (sentence: string) => void,
): Preload | null {
  if (wanted === 'default' || process.platform !== 'linux') return null;
  const folders = libraryFolders(python, env);
  for (const allocator of wanted === 'any' ? (['tcmalloc', 'jemalloc'] as const) : [wanted]) {
    const path = findAllocator(allocator, folders);
    if (path !== null) return { allocator, path };
  }
  if (wanted !== 'any') {
    const packages = { tcmalloc: 'libgoogle-perftools4', jemalloc: 'libjemalloc2' };
    warn(
      `cpu_launcher_args: --enable_${wanted}: there is no lib${wanted} (Debian: apt install ${packages[wanted]}); workers keep the default allocator.`,
    );
  }
  return null;
}

function preloadVariables({ allocator, path }: Preload, env: NodeJS.ProcessEnv): Record<string, string> {
  const others = (env['LD_PRELOAD'] ?? '').split(/[\s:]+/).filter((other) => other !== '' && other !== path);
  return {
    LD_PRELOAD: [path, ...others].join(':'),
    ...(allocator === 'jemalloc' && env['MALLOC_CONF'] === undefined ? { MALLOC_CONF: jemallocSettings } : {}),
  };
}

function dealt(plan: CorePlan | null, { pins, useLogicalCores }: LauncherArguments): string {
  if (plan === null) return 'workers are not pinned';
  const nodes = new Set(plan.cpus.map(({ node }) => node)).size;
  const cores = `${plan.cpus.length} ${useLogicalCores ? 'logical ' : ''}core${plan.cpus.length === 1 ? '' : 's'}`;
  const where = nodes === 1 ? '' : ` of ${nodes} memory nodes`;
  return `${cores}${where} for the workers on the CPU${pins ? '' : ', to which they are not pinned'}`;
}
