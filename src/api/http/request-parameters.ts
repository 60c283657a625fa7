import { z } from 'zod';
import { ServingError } from '../../errors/serving-error.js';

/** The largest number that any parameter takes: TorchServe's were 32-bit. */
const MOST = 2_147_483_647;

/** A parameter of a request is missing, or not what it should be. */
export class ParameterError extends ServingError {
  readonly parameter: string;

  constructor(parameter: string, message: string) {
    super('badRequest', message);
    this.parameter = parameter;
  }
}

/** What a parameter's schema says besides its type. */
export interface ParameterNotes {
  /** For the OpenAPI document. */
  readonly description: string;
  /** What it takes, for refusals: `a whole number of 1 or more`. */
  readonly takes?: string;
  /** The refusal in TorchServe's words; `{}` stands for the value. */
  readonly refusal?: string;
}

declare module 'zod' {
  interface GlobalMeta {
    takes?: string;
    refusal?: string;
  }
}

/** A whole number of `least` or more, as a number or as digits. */
export function whole(least: number, description: string) {
  const read = (value: unknown) =>
    typeof value === 'string' ? (/^\s*[+-]?\d{1,15}\s*$/.test(value) ? Number(value) : value) : value;
  return z
    .preprocess(read, z.int().min(least).max(MOST))
    .meta({ description, takes: `a whole number from ${least} to ${MOST}` });
}

/** True for `true` in any case, false for anything else, as TorchServe reads it. */
export function yes(description: string) {
  const read = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() === 'true' : value);
  return z.preprocess(read, z.boolean()).meta({ description, takes: 'true or false' });
}

/** Text. */
export function text(description: string) {
  return z.string().meta({ description, takes: 'text' });
}

/**
 * Checks the parameters of a request, from its query or its JSON body; names that are not asked for are passed over, as
 * are those that are null.
 * @throws ParameterError naming the parameter and what it takes.
 */
export function checkParameters<S extends z.ZodObject>(
  schema: S,
  values: Readonly<Record<string, unknown>>,
): z.output<S> {
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  const checked = schema.safeParse(given);
  if (checked.success) {
    return checked.data;
  }
  const name = String(checked.error.issues[0]?.path[0] ?? '');
  const value = given[name];
  const field = schema.shape[name] as z.ZodType | undefined;
  const notes = field === undefined ? undefined : notesOf(field);
  if (value === undefined) {
    throw new ParameterError(name, `Parameter ${name} is required.`);
  }
  if (notes?.refusal !== undefined) {
    throw new ParameterError(
      name,
      notes.refusal.replace('{}', () => String(value)),
    );
  }
  throw new ParameterError(
    name,
    `Parameter ${name} takes ${notes?.takes ?? 'another value'}, not ${JSON.stringify(value)?.slice(0, 200)}.`,
  );
}

/** The notes of a schema, or of the one that it makes optional or gives a default. */
export function notesOf(schema: z.ZodType): Partial<ParameterNotes> {
  const own = schema.meta();
  if (own?.description !== undefined) {
    return own as Partial<ParameterNotes>;
  }
  const inner = (schema.def as { innerType?: z.ZodType }).innerType;
  return inner === undefined ? {} : notesOf(inner);
}
