import type { OpenedWorkflow } from '../archive/open-workflow.js';
import type { Config } from '../config/config.js';
import { ServingError } from '../errors/serving-error.js';
import type { Logger } from '../observability/logging/logging.js';
import type { ModelVersion } from '../registry/model-version.js';
import type { Registry } from '../registry/registry.js';
import { Dag } from '../workflow/dag.js';
import { Workflow } from '../workflow/workflow.js';
import type { Workflows } from '../workflow/workflows.js';
import { allLoaded } from './all-loaded.js';
import type { WorkflowChanges, WorkflowOptions } from './lifecycle.js';
import type { OpenModel } from './open-model.js';
import type { SnapshotWriter } from './snapshot-writer.js';
import type { VersionMaker } from './version-maker.js';
import { type NodeContext, nodeModel, nodeOrder, nodeRules, nodeWorkers, withDefaults } from './workflow-nodes.js';
import type { SavedWorkflow } from './workflow-snapshot.js';

/** What the lifecycle of workflows works with. */
export interface WorkflowLifecycleParts {
  readonly config: Config;
  readonly registry: Registry;
  readonly workflows: Workflows;
  readonly versions: VersionMaker;
  /** Finds and unpacks the archive of a node. */
  readonly open: OpenModel;
  /** Finds and unpacks the archive of a workflow. */
  readonly openWorkflow: (
    url: string,
    options: { s3SseKms: boolean; reuseDownload: boolean; signal: AbortSignal },
  ) => Promise<OpenedWorkflow>;
  readonly snapshots: SnapshotWriter;
  readonly log: Logger;
}

/** A workflow that is being registered: by a call, or from a snapshot while the server starts. */
interface Registration {
  readonly asked: WorkflowOptions;
  /** Node → how many workers it had; null: as the specification says, and they are waited for. */
  readonly saved: SavedWorkflow['nodes'] | null;
}

/** The only code that changes which workflows there are, and the models that their nodes are. */
export class WorkflowLifecycle implements WorkflowChanges {
  readonly #parts: WorkflowLifecycleParts;
  /** Names of workflows that are on their way in or out. */
  readonly #busy = new Set<string>();
  /** Workflows that were unregistered and have not ended yet. */
  readonly #leaving = new Set<Promise<void>>();
  /** What was unpacked for each workflow. */
  readonly #opened = new Map<string, OpenedWorkflow>();

  constructor(parts: WorkflowLifecycleParts) {
    this.#parts = parts;
  }

  async register(options: WorkflowOptions): Promise<string> {
    const name = await this.#open({ asked: options, saved: null });
    await this.#parts.snapshots.write('snapshot');
    return name;
  }

  /** Registers a workflow of a snapshot as it was; the workers of its nodes start in the background. */
  async restore({ name, url, warName, responseTimeout, startupTimeout, nodes }: SavedWorkflow): Promise<void> {
    const asked = {
      url: url ?? warName,
      workflowName: name,
      responseTimeoutSeconds: responseTimeout,
      startupTimeoutSeconds: startupTimeout,
      s3SseKms: false,
    };
    await this.#open({ asked, saved: nodes });
  }

  async unregister(name: string): Promise<void> {
    const { registry, workflows, snapshots } = this.#parts;
    const workflow = workflows.remove(name);
    const gone = this.#alone(name, async () => {
      await snapshots.write('snapshot');
      await workflow.close(this.#graceMs);
      await this.#end(registry.all().filter((version) => version.workflow === name));
      await this.#opened.get(name)?.remove();
      this.#opened.delete(name);
    }).finally(() => this.#leaving.delete(gone));
    this.#leaving.add(gone);
    await gone;
  }

  /** Waits for what is being unregistered; the nodes of the others are models, and end with them. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#leaving);
  }

  get #graceMs(): number {
    return this.#parts.config.drainTimeout * 1000;
  }

  async #open(registration: Registration): Promise<string> {
    const { openWorkflow, versions } = this.#parts;
    const { url, workflowName, s3SseKms } = registration.asked;
    const reuseDownload = registration.saved !== null;
    const opened = await openWorkflow(url, { s3SseKms, reuseDownload, signal: versions.closing });
    try {
      const name = workflowName || opened.manifest.workflowName;
      if (!name) throw new ServingError('invalidWorkflow', 'Workflow name is not defined.');
      await this.#alone(name, () => this.#add(name, opened, registration));
      return name;
    } catch (error) {
      await opened.remove();
      throw error;
    }
  }

  async #add(name: string, opened: OpenedWorkflow, { asked, saved }: Registration): Promise<void> {
    const { workflows, open, log } = this.#parts;
    workflows.mustBeFree(name);
    const dag = new Dag(opened.spec.dag);
    for (const warning of opened.spec.warnings) log.warn(`Workflow ${name}: ${warning}`);
    const context = { workflow: name, opened, asked, atStart: saved !== null, open };
    const added: ModelVersion[] = [];
    const ready = await Promise.allSettled(dag.nodes.map((node) => this.#addNode(node, context, saved, added)));
    const failures = ready.flatMap((each) => (each.status === 'rejected' ? [(each.reason as Error).message] : []));
    if (failures.length > 0) {
      await this.#end(added, 0);
      throw new ServingError(
        'workflowFailed',
        `Workflow ${name} has failed to register. Failures: [${failures.join(', ')}]`,
      );
    }
    this.#opened.set(name, opened);
    workflows.add(this.#made(name, opened, dag, asked));
  }

  /** @param added takes the version as soon as it is in the registry. */
  async #addNode(
    node: string,
    context: NodeContext,
    saved: Registration['saved'],
    added: ModelVersion[],
  ): Promise<void> {
    const order = nodeOrder(node, context);
    const { version, bounds } = await this.#parts.versions.add(order).catch((error) => {
      throw new Error(`Workflow Node ${order.asked.modelName} failed to register. Details: ${error.message}`);
    });
    added.push(version);
    const specified = nodeWorkers(context.opened.spec, node, version.autoscale !== null);
    const { min, max } = saved?.[node] ?? specified ?? bounds;
    const { started } = version.scale(min, max, this.#graceMs);
    if (saved === null) await allLoaded(started, { model: version.modelName, version: version.version });
  }

  #made(name: string, { spec }: OpenedWorkflow, dag: Dag, asked: WorkflowOptions): Workflow {
    const { registry, config, log } = this.#parts;
    const limits = withDefaults(spec.limits);
    return new Workflow(
      {
        name,
        url: asked.url,
        minWorkers: limits['min-workers'],
        maxWorkers: limits['max-workers'],
        batchSize: limits['batch-size'],
        maxBatchDelayMs: limits['max-batch-delay'],
        responseTimeoutSeconds: asked.responseTimeoutSeconds ?? null,
        startupTimeoutSeconds: asked.startupTimeoutSeconds ?? null,
        dag: spec.dag,
      },
      {
        workflow: name,
        dag,
        rules: (node) => nodeRules(spec, node),
        ask: (node, input) =>
          registry.get({ model: nodeModel(name, node), version: null }).submit(input, null, 'workflow'),
        mostBytes: config.maxResponseSize,
        log,
      },
    );
  }

  async #end(versions: readonly ModelVersion[], graceMs = this.#graceMs): Promise<void> {
    for (const version of versions) this.#parts.registry.evict(version);
    await Promise.all(versions.map((version) => version.close(graceMs)));
  }

  /** Lets one change of a workflow go on at a time. @throws ServingError conflict while another does. */
  async #alone(name: string, change: () => Promise<void>): Promise<void> {
    if (this.#busy.has(name)) throw new ServingError('conflict', `Workflow ${name} is already registered.`);
    this.#busy.add(name);
    try {
      await change();
    } finally {
      this.#busy.delete(name);
    }
  }
}
