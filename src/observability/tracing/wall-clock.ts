/** How long an estimate holds, in ms: the two clocks drift apart, and somebody may set the one. */
const validMs = 10_000;

let offset = Number.NEGATIVE_INFINITY;
let validUntil = 0;

/**
 * Milliseconds since 1970 of a recent moment that performance.now() told. Date.now() knows whole milliseconds only, which is
 * a whole request here: the difference between the clocks is the largest that was seen lately.
 */
export function wallClock(moment = performance.now()): number {
  const now = performance.now();
  const seen = Date.now() - now;
  if (now > validUntil) {
    offset = seen;
    validUntil = now + validMs;
  } else if (seen > offset) offset = seen;
  return moment + offset;
}
