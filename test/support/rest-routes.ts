import type { TokenKeys } from '../../src/api/auth/token-keys.js';
import type { DoorContext } from '../../src/api/http/door-context.js';
import type { Endpoint, Role } from '../../src/api/http/endpoint.js';
import { endpointsOf } from '../../src/api/http/endpoints.js';
import { WebSocketDoor } from '../../src/api/websocket/websocket-door.js';
import { EchoServing } from './echo-serving.js';
import { EchoWorkflows } from './echo-workflows.js';
import { doorConfig } from './open-doors.js';

/** What endpoints work with, for tests that only look at them. */
export function doorContext(tokens: TokenKeys | null = null): DoorContext {
  const serving = new EchoServing();
  const workflows = new EchoWorkflows(serving);
  return {
    serving,
    lifecycle: serving,
    workflows,
    workflowChanges: workflows,
    sockets: new WebSocketDoor(doorConfig(), serving),
    metrics: null,
    tokens,
    modelApi: true,
    openInferenceProtocol: true,
    version: '0.12.0',
  };
}

/** Every endpoint that a listener with some roles may have. */
export function allEndpoints(roles: readonly Role[], tokens: TokenKeys | null = null): Endpoint[] {
  return endpointsOf(new Set(roles), doorContext(tokens));
}

/** The endpoint that a router would choose for a path: the one with the most words of its own. */
export function endpointFor(endpoints: readonly Endpoint[], path: string): Endpoint | undefined {
  const parts = path.split('/').slice(1);
  const fitting = endpoints.filter((endpoint) => {
    const wanted = endpoint.path.split('/').slice(1);
    const open = wanted.at(-1) === '*';
    return (
      (open ? parts.length >= wanted.length : parts.length === wanted.length) &&
      wanted.every((word, index) => word === '*' || word.startsWith(':') || word === parts[index])
    );
  });
  return fitting.sort((a, b) => ownWords(b) - ownWords(a))[0];
}

function ownWords({ path }: Endpoint): number {
  return path.split('/').filter((word) => word !== '' && word !== '*' && !word.startsWith(':')).length;
}
