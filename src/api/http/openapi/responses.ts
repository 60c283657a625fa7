import { z } from 'zod';
import type { ResponseNote } from './operation.js';

/** The shape of every error. */
export const errorSchema = z.object({
  code: z.int().meta({ description: 'The HTTP status.' }),
  type: z.string().meta({ description: 'The kind of error.' }),
  message: z.string().optional().meta({ description: 'What went wrong.' }),
});

/** The shape of a notice. */
export const statusSchema = z.object({ status: z.string().meta({ description: 'What was done.' }) });

/** An error answer. */
export function refusal(description: string): ResponseNote {
  return { description, schema: errorSchema };
}

/** A notice. */
export function notice(description: string): ResponseNote {
  return { description, schema: statusSchema };
}

/** What every operation of a listener may answer, whatever it does. */
export const common = {
  400: refusal('The request is malformed, a parameter is not what it should be, or the token is missing or wrong'),
  403: refusal('A path or query holds a malformed escape, or a web page of another site sent the request'),
  500: refusal('Internal server error'),
} as const;

/** What a handler may be sent. */
export const handlerBody = {
  mediaTypes: ['*/*', 'application/json', 'multipart/form-data', 'application/x-www-form-urlencoded'],
} as const;

/** What an inference may answer, besides any status of the handler's own. */
export const inferenceResponses = {
  // No media type: the answer has the one that the handler set, and none if it set none.
  200: { description: 'What the handler answered' },
  ...common,
  404: refusal('Model not found or Model version not found'),
  408: refusal('The deadline of the request passed'),
  413: refusal('The request body is larger than max_request_size'),
  503: refusal('No worker is free to serve the request, or the handler failed'),
  507: refusal('Out of memory'),
} as const;
