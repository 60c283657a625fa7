import { key } from '../key.js';
import { flag, integer, notNegative } from '../kinds.js';

const group = 'Scaling';
const percent = integer(1, 100);
const ours = true;

/** How workers follow the load, for every version that autoscaling is on for. model-config.yaml may say otherwise. */
export const scalingKeys = {
  autoscale: key({
    group,
    type: flag,
    default: 'false',
    ours,
    help: 'True: the workers of every version follow its load, from minWorkers to maxWorkers (docs/autoscaling.md).',
  }),
  autoscale_target_queue_wait: key({
    group,
    type: integer(1),
    default: '200',
    ours,
    help: 'Milliseconds within which a request that waits should be with a worker, beyond the batch window.',
  }),
  autoscale_target_queue_depth: key({
    group,
    type: integer(1),
    default: '8',
    ours,
    help: 'Batches that may wait for each worker.',
  }),
  autoscale_target_utilization: key({
    group,
    type: percent,
    default: '70',
    ours,
    help: 'Percent of the time that workers should be busy.',
  }),
  autoscale_upscale_delay: key({
    group,
    type: notNegative,
    default: '0.1',
    ours,
    help: 'Seconds for which the load has to call for more workers before a step up; counted anew after each.',
  }),
  autoscale_upscale_rate: key({
    group,
    type: integer(1),
    default: '400',
    ours,
    help: 'Percent of the present workers that one step up adds at most; one worker always may be added.',
  }),
  autoscale_downscale_delay: key({
    group,
    type: notNegative,
    default: '1',
    ours,
    help: 'Seconds for which the load has to call for fewer workers before a step down; counted anew after each.',
  }),
  autoscale_downscale_rate: key({
    group,
    type: percent,
    default: '50',
    ours,
    help: 'Percent of the present workers that one step down ends at most; one worker always may go.',
  }),
  autoscale_stabilization_window: key({
    group,
    type: notNegative,
    default: '6',
    ours,
    help: 'Seconds: workers go down only to the highest number that the load called for in this time.',
  }),
  autoscale_idle_timeout: key({
    group,
    type: notNegative,
    default: '300',
    ours,
    help: 'Seconds without a request after which the last workers of a version with minWorkers 0 go.',
  }),
  autoscale_memory_budget: key({
    group,
    type: integer(1),
    default: null,
    ours,
    help: 'Bytes of memory that workers may own together when autoscaling starts one; unset: what the machine has.',
  }),
  max_total_workers: key({
    group,
    type: integer(1),
    default: null,
    ours,
    help: 'Workers of all versions together beyond which autoscaling starts none; unset: no such bound.',
  }),
} as const;
