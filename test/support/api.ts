import type { ServerPlace } from './server.js';

/** An answer, read. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  /** The text as JSON; undefined where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly json: any;
}

async function reply(answer: Promise<Response>): Promise<Reply> {
  const response = await answer;
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Not every answer is JSON.
  }
  return { status: response.status, text, json };
}

/** The calls of both APIs that tests make most. */
export function apiOf(place: ServerPlace) {
  const managed = (method: string, path: string) => reply(fetch(place.management + path, { method }));
  return {
    register: (query: string) => managed('POST', `/models?${query}`),
    scale: (model: string, query: string) => managed('PUT', `/models/${model}?${query}`),
    unregister: (model: string) => managed('DELETE', `/models/${model}`),
    list: () => managed('GET', '/models'),
    describe: async (model: string) => (await managed('GET', `/models/${model}`)).json?.[0],
    predict: (model: string, body: string, init: RequestInit = {}) =>
      reply(fetch(`${place.inference}/predictions/${model}`, { method: 'POST', body, ...init })),
    registerWorkflow: (query: string) => managed('POST', `/workflows?${query}`),
    unregisterWorkflow: (workflow: string) => managed('DELETE', `/workflows/${workflow}`),
    workflow: (workflow: string) => managed('GET', `/workflows/${workflow}`),
    run: (workflow: string, body: string, init: RequestInit = {}) =>
      reply(fetch(`${place.inference}/wfpredict/${workflow}`, { method: 'POST', body, ...init })),
    ping: () => reply(fetch(`${place.inference}/ping`)),
  };
}
