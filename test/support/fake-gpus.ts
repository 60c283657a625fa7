import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The environment of a machine with GPUs, as far as nvidia-smi tells: a command of that name that answers the
 * questions of the server.
 * @param lines `index, MiB used, MiB in all, percent busy` of each.
 * @param processes `process id, MiB used` of each process that uses them.
 */
export function fakeGpus(
  folder: string,
  lines: readonly string[],
  processes: readonly string[] = [],
): NodeJS.ProcessEnv {
  const bin = join(folder, 'gpu-bin');
  mkdirSync(bin);
  const echo = (texts: readonly string[]) => [':', ...texts.map((text) => `echo "${text}"`)].join('; ');
  const indices = lines.map((line) => line.split(',')[0] as string);
  const usage = lines.map((line) => {
    const [index, used, , busy] = line.split(',').map((field) => field.trim());
    return `${index}, ${busy}, ${busy}, ${used}`;
  });
  const script = `#!/bin/sh\ncase "$*" in\n*utilization.memory*) ${echo(usage)};;\n*memory.used*) ${echo(lines)};;\n*compute-apps*) ${echo(processes)};;\n*) ${echo(indices)};;\nesac\n`;
  writeFileSync(join(bin, 'nvidia-smi'), script);
  chmodSync(join(bin, 'nvidia-smi'), 0o755);
  return { PATH: `${bin}:${process.env['PATH']}`, CUDA_VISIBLE_DEVICES: undefined };
}
