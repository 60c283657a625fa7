import { z } from 'zod';
import type { ModelVersion } from '../registry/model-version.js';
import type { Registry } from '../registry/registry.js';
import type { WorkflowSnapshot } from '../workflow/workflow.js';
import { archiveName } from './archive-name.js';
import { type SavedWorkflow, savedWorkflow, savedWorkflowSchema } from './workflow-snapshot.js';

/** What a snapshot says of one version; TorchServe's keys, and three of ours. */
const versionSchema = z.object({
  defaultVersion: z.boolean().default(false),
  /** The archive's file or folder name in the model store. */
  marName: z.string().min(1),
  minWorkers: z.number().int().min(0),
  maxWorkers: z.number().int().min(0),
  batchSize: z.number().int().min(1),
  maxBatchDelay: z.number().int(),
  /** Ours. */
  batchPolicy: z.enum(['window', 'eager']).optional(),
  responseTimeout: z.number().int().min(1).optional(),
  startupTimeout: z.number().int().min(1).optional(),
  runtimeType: z.enum(['python', 'python3', 'LSP']).optional(),
  parallelLevel: z.number().int().optional(),
  /** Ours: what was registered, where it is not the archive's name. */
  url: z.string().optional(),
  /** Ours: the handler that the register call named. */
  handler: z.string().optional(),
  /** Ours: whether the workers follow the load, where the configuration does not say the same. */
  autoscale: z.boolean().optional(),
});

const snapshotSchema = z.object({
  models: z.record(z.string(), z.record(z.string(), z.unknown())),
  /** Ours. */
  workflows: z.record(z.string(), z.unknown()).default({}),
});

/** One version of a snapshot. */
export type SavedVersion = z.output<typeof versionSchema> & { readonly model: string; readonly version: string };

/** What can be restored, and one sentence for each thing that cannot. */
export interface ReadSnapshot {
  readonly versions: readonly SavedVersion[];
  readonly workflows: readonly SavedWorkflow[];
  readonly faults: readonly string[];
}

/** Reads the key `model_snapshot`, TorchServe's or ours. What is damaged is told; the rest is still good. */
export function readModelSnapshot(text: string): ReadSnapshot {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { versions: [], workflows: [], faults: [`model_snapshot is not JSON: ${(error as Error).message}`] };
  }
  const snapshot = snapshotSchema.safeParse(parsed);
  if (!snapshot.success)
    return {
      versions: [],
      workflows: [],
      faults: ['model_snapshot has no object "models" of name → version → settings'],
    };
  const versions: SavedVersion[] = [];
  const faults: string[] = [];
  for (const [model, saved] of Object.entries(snapshot.data.models)) {
    for (const [version, settings] of Object.entries(saved)) {
      const read = versionSchema.safeParse(settings);
      if (read.success) versions.push({ ...read.data, model, version });
      else faults.push(`model_snapshot: ${model} ${version}: ${inOneLine(read.error)}`);
    }
  }
  const workflows: SavedWorkflow[] = [];
  for (const [name, saved] of Object.entries(snapshot.data.workflows)) {
    const read = savedWorkflowSchema.safeParse(saved);
    if (read.success) workflows.push({ ...read.data, name });
    else faults.push(`model_snapshot: workflow ${name}: ${inOneLine(read.error)}`);
  }
  return { versions, workflows, faults };
}

function inOneLine(error: z.ZodError): string {
  return z.prettifyError(error).replaceAll('\n', ' ');
}

/**
 * The text of the key `model_snapshot` for the versions and workflows that are registered now.
 * @param autoscale whether the configuration switches autoscaling on.
 */
export function writeModelSnapshot(
  registry: Registry,
  registered: readonly WorkflowSnapshot[],
  name: string,
  created: Date,
  autoscale = false,
): string {
  const models: Record<string, Record<string, unknown>> = {};
  let modelCount = 0;
  for (const version of registry.all()) {
    // A node of a workflow is saved with that.
    if (version.url === null || version.workflow !== null) continue;
    models[version.modelName] ??= {};
    (models[version.modelName] as Record<string, unknown>)[version.version] = savedVersion(
      version,
      registry.isDefault(version),
      autoscale,
    );
    modelCount += 1;
  }
  const workflows = Object.fromEntries(registered.map((each) => [each.name, savedWorkflow(each, registry.all())]));
  return JSON.stringify(
    { name, modelCount, created: created.getTime(), models, ...(registered.length > 0 && { workflows }) },
    null,
    2,
  );
}

function savedVersion(version: ModelVersion, defaultVersion: boolean, autoscaleByDefault: boolean) {
  const { settings, url, minWorkers, maxWorkers } = version;
  const autoscale = version.autoscale !== null;
  const marName = archiveName(url as string);
  return {
    defaultVersion,
    marName,
    minWorkers,
    maxWorkers,
    batchSize: settings.batchSize,
    maxBatchDelay: settings.maxBatchDelayMs,
    ...(settings.batchPolicy === 'window' ? {} : { batchPolicy: settings.batchPolicy }),
    responseTimeout: settings.responseTimeoutSeconds,
    startupTimeout: settings.startupTimeoutSeconds,
    runtimeType: settings.runtime,
    ...(settings.parallelLevel > 0 ? { parallelLevel: settings.parallelLevel } : {}),
    ...(url === marName ? {} : { url }),
    ...(settings.handler === '' ? {} : { handler: settings.handler }),
    ...(autoscale || autoscaleByDefault ? { autoscale } : {}),
  };
}
