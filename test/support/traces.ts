import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { ReceivedSpan } from './otlp-receiver.js';

/** A caller's own trace, as its headers have it. */
export function caller(sampled = true) {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}` };
}

/** That each is the parent of the next, and lasts at least as long. */
export function expectChain(spans: Record<string, ReceivedSpan>, names: readonly string[]): void {
  for (const [index, name] of names.slice(1).entries()) {
    const parent = spans[names[index] as string] as ReceivedSpan;
    const child = spans[name] as ReceivedSpan;
    expect(child.parentId, `${parent.name} → ${name}`).toBe(parent.spanId);
    expect(child.start, `${name} begins within ${parent.name}`).toBeGreaterThanOrEqual(parent.start - 2000);
    expect(child.end, `${name} ends within ${parent.name}`).toBeLessThanOrEqual(parent.end + 2000);
  }
}

/** The spans right beneath another, in the order in which they began. */
export function beneath(spans: readonly ReceivedSpan[], parent: ReceivedSpan): ReceivedSpan[] {
  return spans.filter(({ parentId }) => parentId === parent.spanId);
}

/** That the work on a batch is beneath it. */
export function expectBatch(spans: readonly ReceivedSpan[], batch: ReceivedSpan): void {
  const [worker, ...more] = beneath(spans, batch) as [ReceivedSpan, ...ReceivedSpan[]];
  const [handler] = beneath(spans, worker) as [ReceivedSpan];
  expect(more).toEqual([]);
  expectChain({ batch, worker, handler }, ['batch', 'worker', 'handler']);
}
