/** The rooms and who may enter them: ARCHITECTURE.md tells why. `npm run rooms` checks it. */

/** Every package and what it may import; nothing else, and never in a circle. */
const rooms = {
  postgres: [],
  domain: ['postgres'],
  batch: ['domain', 'formats', 'postgres'],
  cache: ['domain', 'postgres'],
  formats: ['postgres'],
  container: ['batch', 'cache', 'domain', 'postgres'],
  testing: [],
  cli: ['batch', 'domain', 'formats', 'postgres', 'testing'],
};

/** Third-party packages that one room alone may import. */
const keepers = {
  inversify: 'packages/container|apps/',
  'reflect-metadata': 'packages/container|apps/',
  'lru-cache': 'packages/cache',
  'p-queue': 'packages/(domain|batch)',
  'csv-parse': 'packages/formats',
  'lossless-json': 'packages/formats',
  pg: 'packages/(postgres|container|testing|cli)|apps/benchmark',
  commander: 'packages/cli',
};

const packageRules = Object.entries(rooms).map(([room, allowed]) => ({
  name: `${room}-imports-only-${allowed.join('-') || 'nothing-of-ours'}`,
  severity: 'error',
  from: { path: `^packages/${room}/src` },
  to: { path: `^packages/(?!(${[room, ...allowed].join('|')})/)|^apps/` },
}));

const keeperRules = Object.entries(keepers).map(([name, path]) => ({
  name: `${name}-stays-in-its-room`,
  severity: 'error',
  from: { path: '^(packages|apps)/[^/]+/src', pathNot: `^(${path})` },
  to: { path: `node_modules/${name}/` },
}));

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'packages-enter-each-other-by-their-door',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/src' },
      to: { path: '^packages/([^/]+)/src/(?!index\\.ts$)', pathNot: '^(packages|apps)/$2/src' },
    },
    {
      name: 'sources-do-not-import-tests',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src' },
      to: { path: '^(packages|apps)/[^/]+/test|^test/' },
    },
    {
      name: 'everything-imported-is-there',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src' },
      to: { couldNotResolve: true },
    },
    {
      name: 'manifests-name-what-is-imported',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src' },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'],
        dependencyTypesNot: ['npm', 'npm-peer'],
        pathNot: 'node_modules/@types/',
      },
    },
    ...packageRules,
    ...keeperRules,
  ],
  options: {
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    exclude: { path: '/dist/|/test/support/import-source' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@uno/source', 'import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js'],
    },
  },
};
