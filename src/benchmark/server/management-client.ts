import { basename } from 'node:path';
import { StartupError } from '../../errors/startup-error.js';
import type { TargetServer } from './target-server.js';

/** What a model is registered with. */
export interface Registration {
  readonly archive: string;
  readonly model: string;
  readonly batchSize: number;
  readonly batchDelayMs: number;
  readonly workers: number;
}

/**
 * Registers a model, or a workflow where the archive is a `.war`, and waits for its workers.
 * @throws StartupError with what the server said, where it refuses.
 */
export async function register(server: TargetServer, wanted: Registration): Promise<void> {
  const words = new URLSearchParams({ url: server.archiveAddress(wanted.archive) });
  if (isWorkflow(wanted.archive)) words.set('workflow_name', wanted.model);
  else {
    words.set('model_name', wanted.model);
    words.set('batch_size', String(wanted.batchSize));
    // Upstream's suite says batch_delay here, which no server knows.
    words.set('max_batch_delay', String(wanted.batchDelayMs));
    words.set('initial_workers', String(wanted.workers));
    words.set('synchronous', 'true');
  }
  const path = () => `/${collection(wanted.archive)}?${words}`;
  try {
    await ask(server, 'POST', path(), `register ${wanted.archive}`);
  } catch (error) {
    // It fetches a URL into its model store, and has done so before.
    if (!(error instanceof StartupError) || !/Model file already exists/.test(error.message)) throw error;
    words.set('url', basename(wanted.archive));
    await ask(server, 'POST', path(), `register ${wanted.archive}`);
  }
}

/** @throws StartupError with what the server said, where it refuses. */
export async function unregister(server: TargetServer, { archive, model }: Registration): Promise<void> {
  await ask(server, 'DELETE', `/${collection(archive)}/${model}`, `unregister ${model}`);
}

/** The version that the server's description of its API tells; null where it tells none. */
export async function versionOf(inference: string): Promise<string | null> {
  try {
    const answer = await fetch(`${inference}/`, { method: 'OPTIONS', signal: AbortSignal.timeout(10_000) });
    const { info } = (await answer.json()) as { info?: { version?: unknown } };
    return typeof info?.version === 'string' ? info.version : null;
  } catch {
    return null;
  }
}

async function ask(server: TargetServer, method: string, path: string, doing: string): Promise<void> {
  const token = server.tokens.management;
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  let answer: Response;
  try {
    answer = await fetch(`${server.management}${path}`, { method, headers });
  } catch {
    throw new StartupError(
      `${server.label} could not ${doing}: its management API does not answer at ${server.management}.`,
    );
  }
  const text = await answer.text();
  if (!answer.ok)
    throw new StartupError(`${server.label} could not ${doing}: ${answer.status} ${text.trim().slice(0, 600)}`);
}

function isWorkflow(archive: string): boolean {
  return archive.endsWith('.war');
}

function collection(archive: string): string {
  return isWorkflow(archive) ? 'workflows' : 'models';
}
