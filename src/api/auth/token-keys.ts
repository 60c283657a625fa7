import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartupError } from '../../errors/startup-error.js';

/** What a token opens. */
export type TokenScope = 'inference' | 'management';

interface Key {
  readonly text: string;
  /** null: never. */
  readonly expires: Date | null;
}

const BEARER = /^Bearer\s+(\S+)$/;

/** The keys that callers show, and the file in which they are told to the operator. */
export class TokenKeys {
  /** Absolute path of `key_file.json`. */
  readonly file: string;
  readonly #lifeMs: number;
  readonly #now: () => number;
  readonly #api: Key;
  readonly #scopes: Record<TokenScope, Key>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, lifeMs: number, now: () => number) {
    this.file = file;
    this.#lifeMs = lifeMs;
    this.#now = now;
    this.#api = { text: newKey(), expires: null };
    this.#scopes = { inference: this.#fresh(), management: this.#fresh() };
  }

  /**
   * Makes three keys and writes them to `key_file.json` of a folder, mode 0600, over whatever is there.
   * @param expirationMinutes life of the inference and the management key
   * @throws StartupError where the file cannot be written.
   */
  static async create(folder: string, expirationMinutes: number, now: () => number = Date.now): Promise<TokenKeys> {
    const keys = new TokenKeys(join(folder, 'key_file.json'), expirationMinutes * 60_000, now);
    try {
      await keys.#write();
    } catch (error) {
      throw new StartupError(
        `Cannot write the token file ${keys.file} (${(error as Error).message}); start the server in a folder that it may write to, or set disable_token_authorization=true.`,
      );
    }
    return keys;
  }

  /**
   * Whether a caller may use a scope.
   * @param authorization the Authorization header, or undefined
   */
  accepts(scope: TokenScope, authorization: string | undefined): boolean {
    return this.#matches(this.#scopes[scope], authorization);
  }

  /**
   * Replaces the key of a scope and rewrites the file; the old key is dead at once.
   * @param type what the caller asked for: `inference` or `management`
   * @param authorization has to carry the API key
   * @returns false where the caller may not, asked for something else, or the file cannot be written.
   */
  async rotate(type: string | undefined, authorization: string | undefined): Promise<boolean> {
    if (!this.#matches(this.#api, authorization) || (type !== 'inference' && type !== 'management')) {
      return false;
    }
    const old = this.#scopes[type];
    this.#scopes[type] = this.#fresh();
    try {
      await this.#write();
      return true;
    } catch {
      this.#scopes[type] = old;
      return false;
    }
  }

  #fresh(): Key {
    return { text: newKey(), expires: new Date(this.#now() + this.#lifeMs) };
  }

  #matches(key: Key, authorization: string | undefined): boolean {
    const shown = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
    if (shown === undefined) {
      return false;
    }
    const same = timingSafeEqual(digest(shown), digest(key.text));
    return same && (key.expires === null || this.#now() < key.expires.getTime());
  }

  /** One write at a time; a reader sees the old file or the new one, never a part. */
  #write(): Promise<void> {
    const write = async () => {
      const next = `${this.file}.${process.pid}.new`;
      await writeFile(next, this.#document(), { mode: 0o600 });
      await chmod(next, 0o600);
      await rename(next, this.file);
    };
    this.#writing = this.#writing.catch(() => {}).then(write);
    return this.#writing;
  }

  #document(): string {
    const entry = (key: Key) => ({
      key: key.text,
      ...(key.expires && { 'expiration time': key.expires.toISOString() }),
    });
    return JSON.stringify(
      { management: entry(this.#scopes.management), inference: entry(this.#scopes.inference), API: entry(this.#api) },
      null,
      2,
    );
  }
}

/** Six random bytes: eight characters, as TorchServe's clients expect. */
function newKey(): string {
  return randomBytes(6).toString('base64url');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
