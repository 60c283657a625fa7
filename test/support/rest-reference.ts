import type { OpenApiDocument } from '../../src/api/http/openapi/document.js';

interface Shown {
  readonly description: string;
  readonly parameters: readonly {
    in: string;
    name: string;
    required: boolean;
    description: string;
    schema: { type?: string; enum?: string[]; minimum?: number; default?: unknown };
  }[];
  readonly requestBody?: { readonly content: Record<string, unknown> };
  readonly responses: Record<string, { readonly description: string }>;
  readonly deprecated?: boolean;
}

/** The operations of an OpenAPI document as Markdown. */
export function operationsReference(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      section(`${method.toUpperCase()} ${path}`, operation as Shown),
    ),
  );
  return operations.join('\n');
}

function section(line: string, operation: Shown): string {
  const parameters = operation.parameters.filter((parameter) => parameter.in === 'query');
  const body = Object.keys(operation.requestBody?.content ?? {});
  const note =
    body.includes('application/json') && body.length === 1 ? 'The query, or a JSON body with the same names:\n\n' : '';
  const table = parameters.map(
    ({ name, required, description, schema }) =>
      `| \`${name}\` | ${takes(schema)} | ${required ? 'required' : schema.default === undefined ? '' : `\`${schema.default}\``} | ${description} |`,
  );
  const statuses = Object.entries(operation.responses);
  const good = statuses
    .filter(([status]) => status < '400')
    .map(([status, { description }]) => `${status} (${description})`);
  const errors = statuses.filter(([status]) => status >= '400').map(([status]) => status);
  return [
    `### \`${line}\`${operation.deprecated ? ' (deprecated)' : ''}`,
    '',
    operation.description,
    '',
    ...(table.length > 0 ? [`${note}| Parameter | Takes | Default | |`, '|---|---|---|---|', ...table, ''] : []),
    `Answers ${good.join(', ')}; errors ${errors.join(', ')}.`,
    '',
  ].join('\n');
}

function takes({ type, enum: words, minimum }: { type?: string; enum?: string[]; minimum?: number }): string {
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(', ');
  return type === 'integer'
    ? `whole number${minimum !== undefined && minimum > -2 ? ` ≥ ${minimum}` : ''}`
    : (type ?? 'text');
}
