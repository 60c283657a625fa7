import type { z } from 'zod';

/** One answer that an operation may give. */
export interface ResponseNote {
  readonly description: string;
  /** Media type; absent: JSON. */
  readonly mediaType?: string;
  /** Absent: a body that the handler decides, if any. */
  readonly schema?: z.ZodType;
}

/** One method of one path, as OpenAPI documents show it. */
export interface Operation {
  /** OpenAPI's spelling of the path: `/models/{model_name}`. */
  readonly path: string;
  readonly method: 'get' | 'put' | 'post' | 'delete' | 'options';
  readonly operationId: string;
  readonly description: string;
  /** Names in the path, in order, with what they mean. */
  readonly names?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** The JSON body that may stand in place of the query, or has to be there, or the media types of one that the handler reads. */
  readonly body?:
    | { readonly json: z.ZodObject }
    | { readonly required: z.ZodObject }
    | { readonly mediaTypes: readonly string[] };
  readonly responses: Readonly<Record<number, ResponseNote>>;
  readonly deprecated?: true;
}

export type Operations = readonly Operation[];
