import type { DoorContext } from './door-context.js';
import type { Endpoint, Role } from './endpoint.js';
import { apiDescription } from './endpoints/api-description.js';
import { kserveV1, kserveV2, openInferenceProtocol } from './endpoints/kserve.js';
import { metrics } from './endpoints/metrics.js';
import { model } from './endpoints/model.js';
import { models } from './endpoints/models.js';
import { openai } from './endpoints/openai.js';
import { ping } from './endpoints/ping.js';
import { predictions } from './endpoints/predictions.js';
import { sagemaker } from './endpoints/sagemaker.js';
import { token } from './endpoints/token.js';
import { wfpredict } from './endpoints/wfpredict.js';
import { workflows } from './endpoints/workflows.js';

/** Everything that is served where some APIs are. */
export function endpointsOf(roles: ReadonlySet<Role>, context: DoorContext): Endpoint[] {
  const endpoints: Endpoint[] = [];
  if (roles.has('inference')) {
    endpoints.push(...ping(context), ...predictions(context), ...kserveV2(context));
    if (context.openInferenceProtocol) {
      endpoints.push(...openInferenceProtocol(context));
    }
    endpoints.push(...openai(context), ...sagemaker(context), ...wfpredict(context));
  }
  if (roles.has('inference') || roles.has('management')) {
    endpoints.push(kserveV1(context, roles));
  }
  if (roles.has('management')) {
    endpoints.push(models(context), ...model(context), ...workflows(context));
    if (context.tokens !== null) {
      endpoints.push(token(context.tokens));
    }
  }
  if (roles.has('metrics')) {
    endpoints.push(...metrics(context));
  }
  const main: Role = roles.has('inference') ? 'inference' : roles.has('management') ? 'management' : 'metrics';
  return [...endpoints, ...apiDescription(main, context.version, endpoints)];
}
