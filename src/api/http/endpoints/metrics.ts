import { z } from 'zod';
import type { DoorContext } from '../door-context.js';
import type { Endpoint } from '../endpoint.js';
import type { Exchange } from '../exchange.js';
import { common } from '../openapi/responses.js';
import { text } from '../request-parameters.js';

const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';

/** `/metrics`: the metrics in Prometheus text. What follows in the path is passed over. */
export function metrics({ metrics: exposition }: DoorContext): Endpoint[] {
  const handle = async (exchange: Exchange) => {
    const shown = exposition === null ? '' : await exposition.render(exchange.query.getAll('name[]'));
    exchange.sendText(200, shown, ['content-type', exposition?.contentType ?? PROMETHEUS_TEXT]);
  };
  return [
    {
      path: '/metrics',
      role: 'metrics',
      handle,
      operations: [
        {
          path: '/metrics',
          method: 'get',
          operationId: 'metrics',
          description: 'The metrics of the server and its models, in Prometheus text.',
          query: z.object({ 'name[]': text('A sample name to keep; may be repeated. Absent: all.').optional() }),
          responses: {
            200: { description: 'The metrics', mediaType: PROMETHEUS_TEXT },
            403: common[403],
            500: common[500],
          },
        },
      ],
    },
    { path: '/metrics/*', role: 'metrics', handle },
  ];
}
