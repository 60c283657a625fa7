import type { Network } from './classifier.js';
import type { Contest, Row } from './contest.js';
import { sweep } from './resnet.js';

/**
 * ResNet-50 in half precision at batches of 1, 8 and 32, and a pipeline of 1 MB images, with how busy the GPU was. With
 * `BENCH_DEVICE=cpu` the same runs on a CPU, small and in single precision: a test of the harness and no figure.
 */
export async function gpu(contest: Contest): Promise<Row[]> {
  const device = process.env['BENCH_DEVICE'] ?? 'cuda';
  const real = device !== 'cpu';
  const network = (pixels: number): Network => ({ name: real ? 'resnet50' : 'resnet18', device, half: real, pixels });
  const label = real ? 'ResNet-50 fp16' : 'harness on a CPU';
  const batches = await sweep(contest, {
    label,
    network: network(256),
    workers: [1],
    batches: real ? [1, 8, 32] : [1, 2],
  });
  const pipeline = await sweep(contest, {
    label: `${label}, 1 MB images`,
    network: network(real ? 2200 : 512),
    workers: real ? [1, 4] : [1],
    batches: [real ? 8 : 2],
  });
  return [...batches, ...pipeline];
}
