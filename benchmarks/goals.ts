/** What a row is asked to reach. */
export interface Goal {
  /** What ours is compared with: another participant of the row, or nothing, where the figure itself counts. */
  readonly against: 'TorchServe 0.12.0' | 'plain loop' | null;
  /** Ours over the other's, or the figure: at least so much where more is better, else at most. */
  readonly must: number | null;
  /** Further than that; text, since some name something else than a ratio. */
  readonly aim: string;
}

const reference = (must: number | null, aim = ''): Goal => ({ against: 'TorchServe 0.12.0', must, aim });
const itself = (must: number | null, aim = ''): Goal => ({ against: null, must, aim });
const loop: Goal = { against: 'plain loop', must: 0.95, aim: '0.98×' };

/** By row name; a row that is not here is told for what it is. */
const goals: Readonly<Record<string, Goal>> = {
  'one a batch, 32 connections': reference(3, '6×'),
  'up to 8 a batch, 32 connections': reference(2.5, '5×, and half of bare fastify'),
  'one a batch, 1 connection, p50': reference(0.9, '0.5×'),
  'p99 at half of TorchServe’s peak, open loop': reference(0.5, '0.25×'),
  '1 MB bodies, 8 connections': reference(2, '3×, and half of bare node http'),
  '20 MB body, one connection': reference(2),
  'streamed pieces, time to first': reference(0.5),
  'streamed pieces a second': reference(4),
  'start to first prediction': reference(0.8, 'bound by import torch'),
  'scale from 1 to 2 workers': reference(0.2, 'under 100 ms'),
  'recovery after kill -9': reference(0.2, 'under 150 ms'),
  'memory of 4 workers of one model': reference(0.4, 'one worker’s plus 10 %'),
  'memory of the frontend': reference(0.5),
  'gRPC, 32 connections': reference(3),
  'gRPC, 32 calls over one connection': reference(3),
  'gRPC of REST, 32 connections': itself(0.8),
  // As `ghz` sends them unless it is told otherwise.
  'gRPC of REST, 32 calls over one connection': itself(0.8),
  '200 registered models, idle CPU': itself(1),
  '200 registered models, list of all': itself(50),
  '1,000 connections, errors': itself(0),
  '1,000 connections, memory of the last quarter to the first': itself(110),
  '1,000 connections, p99 of the last quarter to the first': itself(120),
};

export function goalOf(row: string): Goal | null {
  return goals[row] ?? (/^ResNet-18, \d workers?, batch \d+$/.test(row) ? loop : null);
}
