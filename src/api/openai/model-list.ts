import { z } from 'zod';
import type { OpenAiModel } from '../../serving/serving.js';

/** A model, as clients of OpenAI's API list them. */
export const openAiModelSchema = z.object({
  id: z.string().meta({ description: 'What the `model` of a request says.' }),
  object: z.literal('model'),
  created: z.int().meta({ description: 'When it was registered, in seconds since 1970.' }),
  owned_by: z.string(),
  root: z.string().meta({ description: 'The registered name.' }),
  parent: z.string().nullable().meta({ description: 'The registered name, where its handler adds the id.' }),
  routes: z.array(z.string()).meta({ description: 'What it answers.' }),
});

/** All of them. */
export const openAiListSchema = z.object({ object: z.literal('list'), data: z.array(openAiModelSchema) });

/** A model as its clients are told of it. */
export function openAiModelDocument(model: OpenAiModel): z.output<typeof openAiModelSchema> {
  return {
    id: model.id,
    object: 'model',
    created: Math.floor(model.registeredAt.getTime() / 1000),
    owned_by: 'torchbridge',
    root: model.target.model,
    parent: model.parent,
    routes: (model.routes ?? []).map((route) => `/${route}`),
  };
}
