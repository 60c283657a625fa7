import { z } from 'zod';
import { parseAddress } from './address.js';

/** The kinds of values that keys take: each reads the text of a file, and its description says what it takes. */

/** What zod is told where the description of a kind says all. */
export const NO_REASON = 'unreadable';

function unreadable(context: z.RefinementCtx, message = NO_REASON): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

/** `true` or `false`, any case; empty is false, as in Java. */
export const flag = z
  .string()
  .transform((text, context) => {
    const word = text.trim().toLowerCase();
    return word === 'true' || word === 'false' || word === '' ? word === 'true' : unreadable(context);
  })
  .describe('true or false');

/** A whole number within bounds, both included. */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER) {
  const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
  return z
    .string()
    .transform((text, context) => {
      const value = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? value : unreadable(context);
    })
    .describe(`a whole number ${range}`);
}

/** A number above 0; decimals are welcome. */
export const positive = z
  .string()
  .transform((text, context) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    return Number.isFinite(value) && value > 0 ? value : unreadable(context);
  })
  .describe('a number above 0');

/** A number of 0 or more; decimals are welcome. */
export const notNegative = z
  .string()
  .transform((text, context) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    return Number.isFinite(value) && value >= 0 ? value : unreadable(context);
  })
  .describe('a number of 0 or more');

/** A number from 0 to 1, as it was written. */
export const share = z
  .string()
  .transform((text, context) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    return value >= 0 && value <= 1 ? text.trim() : unreadable(context);
  })
  .describe('a number from 0 to 1');

/** Text, blanks around it cut off. */
export const text = z
  .string()
  .transform((value) => value.trim())
  .describe('text');

/** A path; relative ones count from the folder in which the server was started. */
export const path = z
  .string()
  .transform((value) => value.trim())
  .describe('a path');

/** One of several words, any case. */
export function choice<const W extends string>(...words: readonly W[]) {
  return z
    .string()
    .transform((value, context) => {
      const wanted = value.replace(/\s/g, '').toLowerCase();
      return words.find((word) => word.toLowerCase() === wanted) ?? unreadable(context);
    })
    .describe(words.length === 2 ? words.join(' or ') : `one of ${words.join(', ')}`);
}

/** Words separated by blanks. */
export const words = z
  .string()
  .transform((value): readonly string[] => value.split(/\s+/).filter((word) => word !== ''))
  .describe('words separated by blanks');

/** Items separated by commas, blanks around each cut off. */
export const list = z
  .string()
  .transform((value): readonly string[] => items(value))
  .describe('a list separated by commas');

/** The items of a comma list, trimmed, empty ones left out. */
export function items(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Where an HTTP listener is bound; without a port it gets the one of its scheme. */
export function listener(http: number, https: number) {
  return z
    .string()
    .transform((value, context) => parseAddress(value.trim(), { http, https }) ?? unreadable(context))
    .describe('http://host:port, https://host:port or unix:/path');
}

/** A name or IP address to bind to, without scheme or port. */
export const host = z
  .string()
  .transform((value, context) => {
    const bare = value.trim().replace(/^\[|\]$/g, '');
    return /^[^\s/:]+$|^[0-9a-f:.]+$/i.test(bare) ? bare : unreadable(context);
  })
  .describe('a host name or IP address, without scheme or port');

/** A regular expression that has to match a whole text. */
export function wholeMatch(source: string, flags = ''): RegExp {
  const ignoresCase = source.startsWith('(?i)');
  const bare = ignoresCase ? source.slice(4) : source;
  return new RegExp(`^(?:${bare})$`, ignoresCase && !flags.includes('i') ? `${flags}i` : flags);
}

/** One regular expression over a whole name. */
export const pattern = z
  .string()
  .transform((value, context) => compiled(value, '', context))
  .describe('a regular expression');

/** Regular expressions separated by commas, each over a whole url, case ignored. */
export const patterns = z
  .string()
  .transform((value, context): readonly RegExp[] => items(value).map((item) => compiled(item, 'i', context)))
  .describe('regular expressions separated by commas');

function compiled(source: string, flags: string, context: z.RefinementCtx): RegExp {
  try {
    return wholeMatch(source, flags);
  } catch (error) {
    return unreadable(context, (error as Error).message);
  }
}
