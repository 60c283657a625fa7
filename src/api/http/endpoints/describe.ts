import { wholeBody } from '../../../batching/whole-body.js';
import type { Target } from '../../../serving/serving.js';
import { handlerHeaders } from '../../codec/handler-headers.js';
import type { DoorContext } from '../door-context.js';
import type { Exchange } from '../exchange.js';
import { checkParameters } from '../request-parameters.js';
import { modelDescriptions } from './model-description.js';
import { describeParameters } from './model-parameters.js';

const ALL_VERSIONS = 'all';

/** Describes a version, or all; with `customized=true` its handler is asked too. */
export async function describe(context: DoorContext, target: Target, exchange: Exchange): Promise<void> {
  const { customized } = checkParameters(describeParameters, exchange.query.toObject());
  const versions = context.serving.describe(target);
  if (!customized || target.version === ALL_VERSIONS) {
    exchange.sendJson(200, await modelDescriptions(versions));
    return;
  }
  const answer = await exchange.wait(
    context.serving.describeCustomized(target, {
      requestId: exchange.id,
      parameters: [],
      headers: handlerHeaders(exchange.request, 0, context.tokens !== null, []),
    }),
  );
  const said = customizedMetadata(await wholeBody(answer));
  const document = await modelDescriptions(versions, said);
  const named = answer.headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-type');
  exchange.sendJson(answer.status, document, [
    ...(named ? [] : ['content-type', 'application/json']),
    ...answer.headers,
  ]);
}

/** Absent where the handler said nothing, empty where it said something else than a JSON object. */
export function customizedMetadata(body: Uint8Array): Record<string, unknown> | undefined {
  if (body.length === 0) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'), withoutNull);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

/** Fields that are null are left out of every document; items of lists stay. */
function withoutNull(this: unknown, _key: string, value: unknown): unknown {
  return value === null && !Array.isArray(this) ? undefined : value;
}
