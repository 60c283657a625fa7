import { z } from 'zod';
import { whole } from '../request-parameters.js';

/** The most items of one page. */
const PAGE = 100;

/** What a list call takes. @param items what is listed, in the plural */
export function listParametersOf(items: string) {
  return z.object({
    limit: whole(1, `The most ${items} to list; more than ${PAGE} is taken as ${PAGE}.`).default(PAGE),
    next_page_token: whole(-2_147_483_648, 'Where to go on: nextPageToken of the page before.').default(0),
  });
}

/** What a list answers beside the items. */
export const nextPageToken = z
  .string()
  .optional()
  .meta({ description: 'What next_page_token takes to go on; absent at the end.' });

/** The part of a list that a call asks for; `next` is undefined at its end. */
export function pageOf<T>(
  all: readonly T[],
  { limit, next_page_token }: z.output<ReturnType<typeof listParametersOf>>,
): { items: readonly T[]; next: string | undefined } {
  const from = Math.max(0, next_page_token);
  const to = from + Math.min(limit, PAGE);
  // TorchServe names a next page after a last one that is full, too.
  return { items: all.slice(from, to), next: to <= all.length ? String(to) : undefined };
}
