import { describe, expect, it } from 'vitest';
import { Dag } from '../../../src/workflow/dag.js';

const dag = (edges: Record<string, string[]>) => new Dag(new Map(Object.entries(edges)));

describe('a graph of nodes', () => {
  it('knows where requests begin and end, and what comes before and after', () => {
    const graph = dag({ pre: ['m1', 'm2'], m1: ['join'], m2: ['join', 'log'] });
    expect(graph.nodes).toEqual(['pre', 'm1', 'm2', 'join', 'log']);
    expect(graph.start).toBe('pre');
    expect(graph.leaves).toEqual(['join', 'log']);
    expect(graph.parents('join')).toEqual(['m1', 'm2']);
    expect(graph.children('m2')).toEqual(['join', 'log']);
  });

  it('may be one node', () => {
    expect(dag({ m: [] })).toMatchObject({ start: 'm', leaves: ['m'] });
  });

  // TorchServe's answers, recorded: test/reference/workflows.test.ts asks it again.
  it.each([
    [{ pre: ['pre'] }, 'Self loop exception'],
    [{ pre: ['m', 'm'] }, 'loop exception'],
    [{ pre: ['m'], m: ['pre'] }, 'DAG should have only one start node'],
    [{ pre: ['m'], other: ['m'] }, 'DAG should have only one start node'],
    [{ a: ['b'], b: ['c'], c: ['a'] }, 'DAG should have only one start node'],
    [{}, 'DAG should have only one start node'],
    [{ pre: ['a'], a: ['b'], b: ['c'], c: ['a'] }, 'Not a valid DAG'],
    [{ pre: ['z'], a: ['b'], b: ['a'] }, 'Not a valid DAG'],
  ])('%j is refused', (edges, message) => {
    expect(() => dag(edges as Record<string, string[]>)).toThrow(
      expect.objectContaining({ kind: 'invalidDag', message }),
    );
  });
});
