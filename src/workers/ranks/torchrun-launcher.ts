import { join } from 'node:path';
import { GroupKeeper } from '../group-keeper.js';
import { OutputSocket } from '../output-socket.js';
import { SpawnLauncher } from '../spawn-launcher.js';
import type { LaunchOrder } from '../worker-process.js';
import { RankGroupProcess } from './rank-group-process.js';
import type { RankPlan } from './rank-plan.js';
import { torchrunWords } from './torchrun-words.js';

/** With this torchrun begins the line that says why it ended. */
const lastWordsMark = 'torchrun: ';

/** Starts workers of several processes through torchrun, one for each worker. */
export class TorchrunLauncher {
  readonly #keeper = new GroupKeeper();
  readonly #spawner = new SpawnLauncher(this.#keeper);
  readonly #output: OutputSocket;
  readonly #logFolder: string;
  #listening: Promise<void> | null = null;

  /** @param runFolder private folder, deleted when the server ends. */
  constructor(runFolder: string) {
    this.#output = new OutputSocket(join(runFolder, 'ranks.sock'));
    this.#logFolder = join(runFolder, 'torchrun');
  }

  /** Each line of a rank begins with its number in the log, as PyTorch writes it. */
  async launch(order: LaunchOrder, plan: RankPlan): Promise<RankGroupProcess> {
    this.#listening ??= this.#output.listen();
    await this.#listening;
    const outputs = Array.from({ length: plan.ranks }, (_, rank) =>
      this.#output.expect(`${order.workerId}.${rank}`, (stream, line) => order.onLine(stream, `[rank${rank}] ${line}`)),
    );
    let lastWords: string | null = null;
    const torchrun = await this.#spawner.launch(
      {
        ...order,
        env: {
          ...order.env,
          TORCHBRIDGE_OUTPUT: this.#output.path,
          ...(plan.threads !== null && { OMP_NUM_THREADS: String(plan.threads) }),
        },
        onLine: (stream, line) => {
          if (stream === 'stderr' && line.startsWith(lastWordsMark)) lastWords = line.slice(lastWordsMark.length);
          order.onLine(stream, line);
        },
      },
      ['ts_worker.torchrun', ...torchrunWords(plan, order.workerId, this.#logFolder)],
    );
    void torchrun.exited.then(() => {
      for (const forget of outputs) forget();
    });
    return new RankGroupProcess(torchrun, () => lastWords);
  }

  /** The ranks of a group are known: they end with the server, and so does what their handlers start. */
  joined(group: RankGroupProcess, pids: readonly number[]): void {
    for (const rank of group.joined(pids)) this.#keeper.keep(rank);
  }

  async close(): Promise<void> {
    await this.#spawner.close();
    if (this.#listening) await this.#output.close();
  }
}
