import { readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BodyStore } from '../../../../src/workers/shared-memory/body-store.js';
import { MemoryFile } from '../../../../src/workers/shared-memory/memory-file.js';
import { SharedMemory } from '../../../../src/workers/shared-memory/shared-memory.js';

const size = 1024 * 1024;

describe.runIf(process.platform === 'linux')('the store of bodies', () => {
  let file: MemoryFile;
  let store: BodyStore;

  beforeEach(() => {
    vi.useFakeTimers();
    file = MemoryFile.create('/dev/shm', size) as MemoryFile;
    store = new BodyStore(file, 100);
  });
  afterEach(() => {
    store.close();
    vi.useRealTimers();
  });

  it('keeps what arrives piece by piece, for this process and others', () => {
    const body = store.reserve(200);
    expect([body?.append(Buffer.alloc(150, 1)), body?.append(Buffer.alloc(50, 2))]).toEqual([true, true]);
    const whole = Buffer.concat([Buffer.alloc(150, 1), Buffer.alloc(50, 2)]);
    expect(body?.read()).toEqual(whole);
    expect(readFileSync(file.path).subarray(body?.offset, (body?.offset ?? 0) + 200)).toEqual(whole);
    expect(() => body?.append(Buffer.alloc(1))).toThrow('more arrives than was announced');
  });

  it('leaves short values and what it has no room for to others', () => {
    expect(store.keep(Buffer.alloc(99))).toBeNull();
    expect(store.reserve(size + 1)).toBeNull();
    const all = store.reserve(size);
    expect(store.reserve(100)).toBeNull();
    expect([store.takenBytes, store.refused]).toEqual([size, 2]);
    all?.release();
    expect(store.takenBytes).toBe(0);
    expect(store.reserve(100)).not.toBeNull();
  });

  it('keeps a value until its last holder has released it', () => {
    const body = store.keep(Buffer.alloc(size, 7));
    expect(body?.hold()).toBe(true);
    body?.release();
    expect(store.reserve(100)).toBeNull();
    body?.release();
    expect(store.reserve(100)?.offset).toBe(0);
    body?.release();
    expect(body?.hold()).toBe(false);
  });

  it('gives its memory back when nothing has lain in it for a while', () => {
    const pages = () => statSync(file.path).blocks * 512;
    const body = store.keep(Buffer.alloc(size, 7));
    body?.release();
    store.keep(Buffer.alloc(100))?.release();
    vi.advanceTimersByTime(9_999);
    expect(pages()).toBe(size);
    vi.advanceTimersByTime(1);
    expect(pages()).toBe(0);
    const next = store.keep(Buffer.alloc(100, 3));
    vi.advanceTimersByTime(60_000);
    expect(next?.read()).toEqual(Buffer.alloc(100, 3));
  });
});

describe.runIf(process.platform === 'linux')('shared memory', () => {
  it('lies in the first folder that can hold it, and leaves no file there', () => {
    const memory = SharedMemory.open(['/nowhere', '/dev/shm', tmpdir()], 8 * size);
    expect(memory?.valuesFile.size).toBe(8 * size);
    expect(memory?.answers()?.size).toBe(2 * size);
    memory?.close();
  });

  it('is not there where it is not wanted, or no folder has room', () => {
    expect(SharedMemory.open(['/dev/shm'], 0)).toBeNull();
    expect(SharedMemory.open(['/nowhere'], size)).toBeNull();
  });
});
