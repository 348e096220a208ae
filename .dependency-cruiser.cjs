/** Who may import whom. Changing this takes a record in decisions/. */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Of types as little as of what runs: what two modules share is a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'the-site-knows-the-protocol-alone',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^sandbox-server/', pathNot: '^sandbox-server/protocol/' },
    },
    {
      name: 'the-platform-knows-the-protocol-alone',
      comment: 'A cluster is its kubeconfig.',
      severity: 'error',
      from: { path: '^sandbox-server/platform/' },
      to: { path: '^sandbox-server/', pathNot: '^sandbox-server/(platform|protocol)/' },
    },
    {
      name: 'the-cluster-knows-nobody',
      severity: 'error',
      from: { path: '^sandbox-server/cluster/' },
      to: { path: '^sandbox-server/', pathNot: '^sandbox-server/cluster/' },
    },
    {
      name: 'the-cluster-has-one-door',
      severity: 'error',
      from: { pathNot: '^sandbox-server/cluster/|^tests/' },
      to: { path: '^sandbox-server/cluster/', pathNot: '^sandbox-server/cluster/index\\.ts$' },
    },
    {
      name: 'only-main-opens-the-door',
      severity: 'error',
      from: { pathNot: '^sandbox-server/(main\\.ts$|cluster/)|^scripts/build\\.ts$|^tests/' },
      to: { path: '^sandbox-server/cluster/index\\.ts$' },
    },
    {
      name: 'the-protocol-knows-nobody',
      severity: 'error',
      from: { path: '^sandbox-server/protocol/' },
      to: { path: '^sandbox-server/', pathNot: '^sandbox-server/protocol/' },
    },
    {
      name: 'the-translation-does-no-io',
      comment: 'A snapshot and a proxy in, resources out: no file, socket, clock or process.',
      severity: 'error',
      from: { path: '^sandbox-server/cluster/istiod/translation/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nothing-unresolved',
      comment: 'kubernetes-types is declarations only; astro: modules exist during a build.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(kubernetes-types/|astro:)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules)/|\\.astro$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
}
