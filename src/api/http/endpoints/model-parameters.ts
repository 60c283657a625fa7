import { z } from 'zod';
import { text, whole, yes } from '../request-parameters.js';
import { listParametersOf } from './page.js';

/** What the management API takes in a query, and `POST /models` in a JSON body. */

export const modelName = z.object({ model_name: text('Name of the model.') });

export const modelVersion = modelName.extend({ model_version: text('Version of the model.') });

const runtimes = ['python', 'python3', 'LSP'] as const;

export const registerParameters = z.object({
  url: text('Where the archive is: a name in the model store, or a file, http or https url.'),
  model_name: text('Name of the model; absent: the one in the archive.').optional(),
  handler: text('Entry point of the handler; absent: the one in the archive.').optional(),
  runtime: z
    .enum(runtimes)
    .meta({
      description: 'Runtime of the handler; absent: the one in the archive.',
      refusal: 'Invalid RuntimeType value: {}',
    })
    .optional(),
  batch_size: whole(1, 'Requests that are handed to the handler at once; absent: as configured, else 1.').optional(),
  max_batch_delay: whole(0, 'Milliseconds to wait for a batch to fill; absent: as configured, else 100.').optional(),
  batch_policy: z
    .enum(['window', 'eager'])
    .meta({
      description:
        'When a batch that is not full goes: after max_batch_delay (window), or as soon as a worker is idle (eager); absent: as configured, else window.',
      takes: 'window or eager',
    })
    .optional(),
  response_timeout: whole(1, 'Seconds that a worker has to answer; absent: as configured, else 120.').optional(),
  startup_timeout: whole(1, 'Seconds that a worker has to load the model; absent: as configured, else 120.').optional(),
  initial_workers: whole(0, 'Workers to start; absent: as configured, else 0.').optional(),
  synchronous: yes('Whether to wait until the workers are ready.').default(true),
  autoscale: yes('Whether the workers follow the load; absent: as configured, else false.').optional(),
  s3_sse_kms: yes('Whether to sign the download of an encrypted S3 object.').default(false),
});

export const scaleParameters = z.object({
  min_worker: whole(0, 'The least workers.').default(1),
  max_worker: whole(0, 'The most workers; absent: min_worker.').optional(),
  synchronous: yes('Whether to wait until the workers are ready.').default(false),
  autoscale: yes('Whether the workers follow the load from now on; absent: as before.').optional(),
  number_gpu: whole(0, 'Accepted, and not looked at.').optional(),
  timeout: whole(-1, 'Accepted, and not looked at.').optional(),
});

/** A path without a version may name one in its query. */
export const scaleDefaultParameters = scaleParameters.extend({
  model_version: text('The version to scale; absent: the default one.').optional(),
});

export const describeParameters = z.object({
  customized: yes('Whether to ask the handler of a live worker for its own description.').default(false),
});

export const unregisterParameters = z.object({
  synchronous: yes('Accepted, and not looked at: the call waits.').default(true),
  timeout: whole(-1, 'Accepted, and not looked at.').optional(),
});

export const listParameters = listParametersOf('models');
