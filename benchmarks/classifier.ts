import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packArchive } from '../test/support/archive.js';
import type { Release } from '../test/support/release.js';
import { PlainLoop } from './plain-loop.js';

const run = promisify(execFile);

/** A network of torchvision, and what it is sent. */
export interface Network {
  readonly name: 'resnet18' | 'resnet50';
  /** `cpu` or `cuda`. */
  readonly device: string;
  /** fp16, where the device can. */
  readonly half: boolean;
  /** Of the JPEG that is sent, square: 2,200 pixels of noise make about 1 MB and more. */
  readonly pixels: number;
}

/**
 * A folder with what serves and what times a network: weights that are drawn at random, since no speed depends on them,
 * an image, the archive's files.
 */
export class Classifier {
  readonly network: Network;
  readonly #python: string;
  readonly #folder: string;
  /** By batch size. */
  readonly #loops = new Map<number, PlainLoop>();

  private constructor(network: Network, python: string, folder: string) {
    this.network = network;
    this.#python = python;
    this.#folder = folder;
  }

  /** @param python the interpreter of the environment `vision`. */
  static async make(network: Network, python: string): Promise<Classifier> {
    const folder = mkdtempSync(join(tmpdir(), 'tb-net-'));
    const made = new Classifier(network, python, folder);
    await run(python, made.#words('make', []));
    return made;
  }

  /** The JPEG. */
  get image(): Buffer {
    return readFileSync(join(this.#folder, 'image.jpg'));
  }

  get archive(): string {
    return this.network.name;
  }

  /** Packs the archive: the stock image_classifier, in half precision a handler that is one but for that. */
  async pack(store: string, release: Release): Promise<void> {
    const half = join(import.meta.dirname, 'handlers/half_classifier.py');
    await packArchive(
      store,
      {
        name: this.archive,
        handler: this.network.half ? half : 'image_classifier',
        modelFile: join(this.#folder, 'model.py'),
        serializedFile: join(this.#folder, 'weights.pth'),
      },
      release,
    );
  }

  /** Images a second of a plain Python loop with the same image, the same steps, and all cores in one process. */
  async plainLoop(batchSize: number, seconds: number): Promise<number> {
    const loop = this.#loops.get(batchSize) ?? new PlainLoop(this.#python, this.#words('loop', [String(batchSize)]));
    this.#loops.set(batchSize, loop);
    return await loop.run(seconds);
  }

  /** The release's command with the environment's torchvision; TorchServe's own has none. */
  release(release: Release): Release {
    if (release.name === 'torchbridge') return { ...release, env: { ...release.env, TS_PYTHON: this.#python } };
    const version = /python3\.\d+/.exec(readFileSync(join(dirname(this.#python), '../pyvenv.cfg'), 'utf8'))?.[0];
    const packages = join(dirname(this.#python), '../lib', version ?? 'python3', 'site-packages');
    return { ...release, env: { ...release.env, PYTHONPATH: packages } };
  }

  close(): void {
    for (const loop of this.#loops.values()) loop.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What Python is called with. */
  #words(verb: string, words: readonly string[]): string[] {
    const { name, device, half, pixels } = this.network;
    const script = join(import.meta.dirname, 'plain_classifier.py');
    return [script, verb, this.#folder, name, device, half ? 'half' : 'single', String(pixels), ...words];
  }
}
