// The layers of docs/architecture.md as rules. Imports go down the list, never up; each rule's comment names the remedy.

/** From the bottom up. What stands together in one entry may import each other. */
const layers = [
  ['lib/base'],
  ['lib/cluster'],
  ['lib/kubectl'],
  ['lib/shell'],
  ['lib/labs', 'lib/grading'],
  ['lib/db'],
  ['lib/content'],
  ['lib/accounts'],
  ['lib/sandbox'],
  ['lib/progress'],
  ['lib/realtime'],
  ['app', 'mdx-components.tsx', 'server.ts', 'scripts', 'bench'],
];

/** Types that both ends of a wire share; they import nothing but other types. */
const contracts = '^lib/(realtime/events|grading/verdict|labs/hosted-session)\\.ts$';

const upward = layers.slice(0, -1).map((folders, index) => ({
  name: `upwards-from-${folders[0].replace('lib/', '')}`,
  comment: `${folders.join(' and ')} may import what stands below them only: move what is shared down, or pass it in as an argument.`,
  severity: 'error',
  from: { path: `^(${folders.join('|')})/` },
  to: {
    path: `^(${layers
      .slice(index + 1)
      .flat()
      .join('|')})(/|$)`,
    pathNot: contracts,
  },
}));

/** Rooms of lib/cluster that meet only through the API server, which is why one of them can be stopped in a lab. */
const components = ['scheduler', 'controllers', 'kubelet', 'proxy', 'dns'];
const strangers = components.map((component) => ({
  name: `${component}-knows-no-other-component`,
  comment: 'Components meet only through the API server: watch and write objects instead.',
  severity: 'error',
  from: { path: `^lib/cluster/${component}/` },
  to: { path: `^lib/cluster/(${components.filter((other) => other !== component).join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...upward,
    ...strangers,
    {
      name: 'one-door-to-the-cluster',
      comment: 'Outside lib/cluster only its index.ts is imported: export there what you need.',
      severity: 'error',
      from: { pathNot: '^(lib/cluster|tests|bench)/' },
      to: { path: '^lib/cluster/', pathNot: '^lib/cluster/index\\.ts$' },
    },
    {
      name: 'no-host-below-the-isomorphic-line',
      comment: 'Everything down to grading runs in a browser too: no Node module there. Time, chance and files are arguments.',
      severity: 'error',
      from: { path: '^lib/(base|cluster|kubectl|shell|labs|grading)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-cycles-between-rooms',
      comment: 'Two folders that need each other are one folder, or miss a third below them.',
      severity: 'error',
      from: { path: '^lib/([^/]+)/' },
      to: { path: '^lib/([^/]+)/', pathNot: '^lib/$1/', circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not-from-tests',
      comment: 'What tests share stays in tests/support.',
      severity: 'error',
      from: { path: '^(lib|app|scripts|server\\.ts)' },
      to: { path: '^tests/' },
    },
    {
      name: 'development-packages-stay-there',
      comment: 'The running site has only `dependencies`: move the package there or do without.',
      severity: 'error',
      from: { path: '^(lib|app|server\\.ts)', pathNot: '\\.test\\.' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(generated|dist|\\.next)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.json'],
    },
  },
};
