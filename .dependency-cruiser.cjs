/**
 * Who may import whom. Imports run one way, from the outside in; skipping a layer is fine, going up is not:
 *
 *     bin → cli → server → scaling, api → serving, lifecycle → workflow → registry → workers → batching
 *
 * and workers → workers/link → generated, lifecycle → archive. `errors`, `config` and `observability` are leaves: all
 * may use them, they use nothing above. `benchmark` drives servers from outside: it starts `bin/torchserve` as anyone
 * would, and of the others it knows only where the package is and what proto/ says.
 */
const room = (name) => (name === 'server' ? '^src/(server|assembly)\\.ts$' : `^src/${name}(/|\\.ts$)`);
const leaves = ['errors', 'config', 'observability'];

/** What each room may import beside itself and the leaves. Only api/grpc and workers/link see `generated`. */
const mayImport = {
  cli: [
    'benchmark',
    'server',
    'scaling',
    'api',
    'serving',
    'lifecycle',
    'workflow',
    'registry',
    'workers',
    'batching',
    'archive',
  ],
  server: ['scaling', 'api', 'serving', 'lifecycle', 'workflow', 'registry', 'workers', 'batching', 'archive'],
  benchmark: ['api', 'workers'],
  api: ['serving', 'lifecycle', 'workflow', 'registry', 'workers', 'batching'],
  scaling: ['registry', 'workers', 'batching'],
  serving: ['workflow', 'registry', 'workers', 'batching'],
  lifecycle: ['workflow', 'registry', 'workers', 'batching', 'archive'],
  workflow: ['registry', 'workers', 'batching'],
  registry: ['workers', 'batching'],
  workers: ['batching'],
  batching: [],
  archive: [],
  errors: [],
  config: [],
  observability: [],
};

const seesGenerated = ['^src/workers/link/', '^src/api/grpc/'];

module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Two files that need each other hide a third noun.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unknown-room',
      comment: 'A new folder under src gets its place in the order above first.',
      severity: 'error',
      from: { path: '^src/', pathNot: [...Object.keys(mayImport).map(room), '^src/generated/'] },
      to: {},
    },
    ...Object.entries(mayImport).map(([name, targets]) => ({
      name: `${name}-imports-downward`,
      severity: 'error',
      from: { path: room(name) },
      to: { path: '^src/', pathNot: [name, ...targets, ...leaves].map(room).concat('^src/generated/') },
    })),
    {
      name: 'generated-only-behind-the-doors',
      severity: 'error',
      from: { path: '^src/', pathNot: [...seesGenerated, '^src/generated/'] },
      to: { path: '^src/generated/' },
    },
    {
      name: 'no-test-code-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|benchmarks|examples|\\.ci)/' },
    },
    {
      name: 'only-declared-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'resolvable', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
