import { expect, test } from 'vitest';
import type { Row } from '../../../benchmarks/contest.js';
import { figuresText } from '../../../benchmarks/results.js';
import { spreadOf } from '../../../src/benchmark/statistics.js';

function row(name: string, rising: boolean, figures: Record<string, number[]>): Row {
  return {
    name,
    unit: 'u',
    rising,
    figures: Object.fromEntries(Object.entries(figures).map(([who, all]) => [who, { ...spreadOf(all), all }])),
  };
}

test('rows that fall short come first, then those with a goal, then the others', () => {
  const rows = [
    row('one a batch, 8 connections', true, { torchbridge: [10], 'TorchServe 0.12.0': [5] }),
    row('one a batch, 32 connections', true, {
      torchbridge: [30, 40, 80],
      'TorchServe 0.12.0': [10, 8, 20],
      'bare fastify': [90],
    }),
    row('memory of the frontend', false, { torchbridge: [90], 'TorchServe 0.12.0': [100] }),
    row('ResNet-18, 2 workers, batch 1', true, { torchbridge: [29], 'TorchServe 0.12.0': [6], 'plain loop': [30] }),
    row('1,000 connections, errors', false, { torchbridge: [0] }),
  ];
  const machine = { cpu: 'C', cores: 2, memory: 2 ** 33, platform: 'linux x64', node: '20' };
  const text = figuresText([{ scenario: 's', started: '', machine, rounds: 5, seconds: 3, rows }], 'Node 20');
  const cells = text.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  expect(text.split('\n')[0]).toBe(
    '2 × C, 8.00 GiB, linux x64. Node 20. Median of 5 rounds of 3 s in turns (least–most).',
  );
  expect(cells.slice(4)).toEqual([
    ['memory of the frontend', 'u', '90.0', '100', '', '**0.90×, short**', '≤ 0.5×', ''],
    [
      'one a batch, 32 connections',
      'u',
      '40.0 (30.0–80.0)',
      '10.0 (8.00–20.0)',
      'bare fastify 90.0',
      '4.00× (3.00–5.00)',
      '≥ 3×',
      '6×',
    ],
    ['ResNet-18, 2 workers, batch 1', 'u', '29.0', '6.00', 'plain loop 30.0', '0.97×', '≥ 0.95×', '0.98×'],
    ['1,000 connections, errors', 'u', '0', '', '', '0', '≤ 0', ''],
    ['one a batch, 8 connections', 'u', '10.0', '5.00', '', '2.00×', '', ''],
  ]);
});
