import type { DoorContext } from '../door-context.js';
import type { Endpoint } from '../endpoint.js';
import type { Exchange } from '../exchange.js';
import { common, notice } from '../openapi/responses.js';

/** `/ping`: whether every model has the healthy workers that it should have. What follows in the path is passed over. */
export function ping({ serving }: DoorContext): Endpoint[] {
  const handle = (exchange: Exchange) => {
    const healthy = serving.healthy();
    exchange.sendJson(healthy ? 200 : 500, { status: healthy ? 'Healthy' : 'Unhealthy' });
  };
  return [
    {
      path: '/ping',
      role: 'inference',
      handle,
      operations: [
        {
          path: '/ping',
          method: 'get',
          operationId: 'ping',
          description: 'Tells whether the server and its models are healthy.',
          responses: { 200: notice('Healthy'), 400: common[400], 500: notice('Unhealthy') },
        },
      ],
    },
    { path: '/ping/*', role: 'inference', handle },
  ];
}
