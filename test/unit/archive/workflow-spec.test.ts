import { describe, expect, it } from 'vitest';
import { parseWorkflowSpec } from '../../../src/archive/workflow-spec.js';

const parse = (yaml: string) => parseWorkflowSpec(yaml, 'spec.yaml');

describe('a workflow specification', () => {
  it('is read, limits for all models holding for those below them', () => {
    const { models, limits, dag, warnings } = parse(`
models:
  max-workers: 2
  early:
    url: a.mar
  timeout-ms: 500
  late:
    url: http://h/b.mar
    max-workers: 3
    batch-size: 8
    max-batch-delay: 0
dag:
  pre: [early, late, ""]
  early: [post]
  late:
`);
    expect([...models]).toEqual([
      ['early', { url: 'a.mar', limits: { 'max-workers': 2 } }],
      [
        'late',
        {
          url: 'http://h/b.mar',
          limits: { 'max-workers': 3, 'timeout-ms': 500, 'batch-size': 8, 'max-batch-delay': 0 },
        },
      ],
    ]);
    expect(limits).toEqual({ 'max-workers': 2, 'timeout-ms': 500 });
    expect([...dag]).toEqual([
      ['pre', ['early', 'late']],
      ['early', ['post']],
      ['late', []],
    ]);
    expect(warnings).toEqual([]);
  });

  it('keeps the order of nodes whose names look like numbers, and says what it passes over', () => {
    const { dag, warnings } = parse('models:\n  2:\n    url: a.mar\n    min-wokers: 1\ndag:\n  b: [2, 1]\n  1: [c]\n');
    expect([...dag]).toEqual([
      ['b', ['2', '1']],
      ['1', ['c']],
    ]);
    expect(warnings).toEqual(['Ignored models.2.min-wokers in spec.yaml, which means nothing.']);
  });

  const model = 'models:\n  m:\n    url: a.mar\n';
  it.each([
    ['[', /^Failed to parse yaml\. spec\.yaml: /],
    ['', /: it is missing; it should be a mapping with the keys models and dag$/],
    ['- a', /: it should be a mapping with the keys models and dag$/],
    [model, /: dag is missing; it should be a mapping of nodes to lists of nodes$/],
    ['dag:\n  a: []', /: models is missing; it should be a mapping of names to models$/],
    ['models: []\ndag:\n  a: []', /: models should be a mapping of names to models$/],
    [`${model}dag: [m]`, /: dag should be a mapping of nodes to lists of nodes$/],
    [`${model}dag:\n  m: post`, /: dag\.m should be a list of nodes$/],
    [`${model}dag:\n  m: [[post]]`, /: dag\.m\.0 should be the name of a node$/],
    [`${model}dag:\n  "": [m]`, /: dag\. should not be blank$/],
    ['models:\n  m:\ndag:\n  m: []', /: models\.m is missing; it /],
    ['models:\n  m: a.mar\ndag:\n  m: []', /: models\.m /],
    ['models:\n  m:\n    batch-size: 1\ndag:\n  m: []', /: models\.m\.url is missing; it should be the name or url of/],
    ['models:\n  min-workers: a\ndag:\n  m: []', /: models\.min-workers should be a whole number of 0 or more$/],
    [`${model}    batch-size: 0\ndag:\n  m: []`, /: models\.m\.batch-size should be a whole number of 1 or more$/],
    [`${model}    timeout-ms: 1.5\ndag:\n  m: []`, /: models\.m\.timeout-ms should be a whole number of 1 or more$/],
    [`${model}    retry-attempts: -1\ndag:\n  m: []`, /: models\.m\.retry-attempts should be a whole number of 0/],
  ])('is refused: %j', (yaml, message) => {
    expect(() => parse(yaml)).toThrow(
      expect.objectContaining({ kind: 'invalidWorkflow', message: expect.stringMatching(message) }),
    );
  });

  it('of aliases without end is refused', () => {
    const bomb = [
      'a: &a [x, x]',
      ...'bcdefghij'.split('').map((key, i) => `${key}: &${key} [${`*${'abcdefghi'[i]}, `.repeat(9)}]`),
    ];
    expect(() => parse(`models:\n  ${bomb.join('\n  ')}\ndag:\n  m: []`)).toThrow(/^Failed to parse yaml\. .*alias/);
  });
});
