import { z } from 'zod';
import { readJsonObject } from '../codec/json-document.js';
import { checkParameters, text } from '../http/request-parameters.js';

const model = text('A registered name, `name/version`, or a name that the handler adds.');
const stream = z
  .boolean()
  .meta({ description: 'Whether the answer comes as server-sent events.', takes: 'true or false' })
  .optional();

/** A value of any shape, which the handler checks. */
function anything(description: string, takes: string) {
  return z
    .unknown()
    .refine((value) => value !== undefined)
    .meta({ description, takes });
}

/** What is looked at of a request before a model is asked; all of it reaches the handler. */
export const openAiRequests = {
  'v1/chat/completions': z.object({
    model,
    messages: z
      .array(z.looseObject({ role: z.string() }))
      .min(1)
      .meta({ description: 'The conversation so far.', takes: 'a list of messages, each an object with a role' }),
    stream,
  }),
  'v1/completions': z.object({
    model,
    prompt: anything('What to go on with: a text, a list of tokens, or a list of either.', 'text'),
    stream,
  }),
  'v1/embeddings': z.object({
    model,
    input: anything('What to embed: a text, a list of tokens, or a list of either.', 'text'),
  }),
} as const;

/** A route of OpenAI's API, as handlers find it in `url_path`. */
export type OpenAiRoute = keyof typeof openAiRequests;

/** What the frontend has to know of a request. */
export interface OpenAiRequest {
  readonly model: string;
  readonly stream: boolean;
}

/** @throws ServingError badRequest for a body that is no JSON object; ParameterError. */
export function readOpenAiRequest(route: OpenAiRoute, body: Uint8Array): OpenAiRequest {
  const checked: { model: string; stream?: boolean | undefined } = checkParameters(
    openAiRequests[route],
    readJsonObject(body),
  );
  return { model: checked.model, stream: checked.stream ?? false };
}
