import { z } from 'zod';
import type { TokenKeys } from '../../auth/token-keys.js';
import type { Endpoint } from '../endpoint.js';
import { refusal } from '../openapi/responses.js';
import { badTokenRequest } from '../refusals.js';

/** `/token?type=…`: replaces the inference or the management key; asks for the API key in place of that of its listener. */
export function token(keys: TokenKeys): Endpoint {
  return {
    path: '/token',
    role: 'management',
    open: true,
    handle: async (exchange) => {
      const type = exchange.query.get('type');
      if (!(await keys.rotate(type, exchange.request.headers.authorization))) {
        throw badTokenRequest();
      }
      exchange.sendText(200, '\n', ['content-type', 'application/json']);
    },
    operations: [
      {
        path: '/token',
        method: 'get',
        operationId: 'token',
        description: 'Replaces a key and its expiry, and rewrites the key file.',
        query: z.object({
          type: z.enum(['inference', 'management']).meta({ description: 'The key to replace.' }),
        }),
        responses: {
          200: { description: 'The key was replaced; the file holds the new one', mediaType: 'application/json' },
          400: refusal('The API key is missing or wrong, or the type is neither of the two'),
          403: refusal('The query holds a malformed escape, or a web page of another site sent the request'),
          500: refusal('Internal server error'),
        },
      },
    ],
  };
}
