import { z } from 'zod';
import { notesOf } from '../request-parameters.js';
import type { Operation, Operations, ResponseNote } from './operation.js';

/** An OpenAPI 3.0 document, as plain JSON. */
export interface OpenApiDocument {
  readonly openapi: '3.0.1';
  readonly info: { readonly title: string; readonly description?: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Writes the document that tells of operations; paths stand in the order in which they first come. */
export function openApiDocument(info: OpenApiDocument['info'], operations: Operations): OpenApiDocument {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = paths[operation.path] ?? {};
    path[operation.method] = operationText(operation);
    paths[operation.path] = path;
  }
  return { openapi: '3.0.1', info, paths };
}

function operationText(operation: Operation): unknown {
  return {
    description: operation.description,
    operationId: operation.operationId,
    parameters: [...parameterTexts('path', operation.names), ...parameterTexts('query', operation.query)],
    requestBody: bodyText(operation),
    responses: Object.fromEntries(
      Object.entries(operation.responses).map(([status, note]) => [status, responseText(note)]),
    ),
    deprecated: operation.deprecated,
  };
}

function parameterTexts(place: 'path' | 'query', schema: z.ZodObject | undefined): unknown[] {
  if (schema === undefined) {
    return [];
  }
  const texts = schemaText(schema).properties ?? {};
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description: _description, ...text } = texts[name] ?? {};
    return {
      in: place,
      name,
      description: notesOf(field as z.ZodType).description,
      required: place === 'path' || !isOptional(field),
      schema: text,
    };
  });
}

function bodyText({ body }: Operation): unknown {
  if (body === undefined) {
    return undefined;
  }
  if ('json' in body) {
    return {
      description: 'The same parameters as a JSON object; the query is not looked at then.',
      required: false,
      content: { 'application/json': { schema: schemaText(body.json) } },
    };
  }
  if ('required' in body) {
    return {
      description: 'A JSON object; what is not named here reaches the handler too.',
      required: true,
      content: { 'application/json': { schema: schemaText(body.required) } },
    };
  }
  const anything = { type: 'string', format: 'binary' };
  return {
    description: 'What the handler reads.',
    content: Object.fromEntries(body.mediaTypes.map((mediaType) => [mediaType, { schema: anything }])),
  };
}

function responseText({ description, mediaType, schema }: ResponseNote): unknown {
  if (schema === undefined && mediaType === undefined) {
    return { description };
  }
  return { description, content: { [mediaType ?? 'application/json']: { schema: schemaText(schema ?? z.string()) } } };
}

interface SchemaText {
  properties?: Record<string, Record<string, unknown>>;
  [keyword: string]: unknown;
}

function isOptional(field: z.core.$ZodType | undefined): boolean {
  return (field as z.ZodType | undefined)?.safeParse(undefined).success === true;
}

/** A schema as OpenAPI 3.0 spells it, without what is for refusals only. */
function schemaText(schema: z.ZodType): SchemaText {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'output',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const text = jsonSchema as Record<string, unknown>;
      delete text['takes'];
      delete text['refusal'];
      if (text['additionalProperties'] === false) {
        delete text['additionalProperties'];
      }
      if (text['maximum'] === Number.MAX_SAFE_INTEGER) {
        delete text['maximum'];
      }
      if (text['minimum'] === Number.MIN_SAFE_INTEGER) {
        delete text['minimum'];
      }
      if (zodSchema instanceof z.ZodObject && Array.isArray(text['required'])) {
        // What has a default is always there in the output, and need not be in the input.
        const { shape } = zodSchema;
        const required = text['required'].filter((name: string) => !isOptional(shape[name]));
        delete text['required'];
        if (required.length > 0) {
          text['required'] = required;
        }
      }
    },
  }) as SchemaText;
}
