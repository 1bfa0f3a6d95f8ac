import { Cluster } from '@/lib/cluster';
import { flag, parseArguments } from '@/lib/kubectl/flags';
import { freshCluster } from '../../support/template';
import { Desk } from '../../support/kubectl';

const flags = [
  flag.string('output,o', ''),
  flag.bool('watch,w', ''),
  flag.strings('label,l', ''),
  flag.array('literal', ''),
  flag.int('replicas', '', 1),
  flag.string('cascade', '', 'background', { alone: 'background' }),
];

test('flags and arguments may be mixed until --', () => {
  const parsed = parseArguments(['pods', '-wo', 'wide', '--label=a,b', '-lc', '--cascade', 'web', '--', '-x'], flags);
  expect(parsed.args).toEqual(['pods', 'web', '-x']);
  expect(parsed.dashAt).toBe(2);
  expect([parsed.flags.string('output'), parsed.flags.bool('watch'), parsed.flags.list('label'), parsed.flags.string('cascade')]).toEqual([
    'wide',
    true,
    ['a', 'b', 'c'],
    'background',
  ]);
});

test.each([
  [['--foo'], 'unknown flag: --foo'],
  [['-z'], "unknown shorthand flag: 'z' in -z"],
  [['-o'], "flag needs an argument: 'o' in -o"],
  [['--output'], 'flag needs an argument: --output'],
  [['--replicas=x'], 'invalid argument "x" for "--replicas" flag: strconv.ParseInt: parsing "x": invalid syntax'],
  [['--watch=maybe'], 'invalid argument "maybe" for "-w, --watch" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
])('%j is refused in pflag’s words', (words, sentence) => {
  expect(() => parseArguments(words, flags)).toThrow(sentence);
});

describe('on a cluster', () => {
  let cluster: Cluster;
  beforeAll(() => {
    cluster = freshCluster();
  });

  test.each([
    ['gte', 'error: unknown command "gte" for "kubectl"\n\nDid you mean this?\n\tget\n'],
    ['get --foo', "error: unknown flag: --foo\nSee 'kubectl get --help' for usage.\n"],
    ['rollout foo', 'error: unknown command "foo"\nSee \'kubectl rollout -h\' for help and examples\n'],
    ['scale', 'error: required flag(s) "replicas" not set\n'],
    ['create foo', "error: Unexpected args: [foo]\nSee 'kubectl create -h' for help and examples\n"],
    ['apply -f nope.yaml', 'error: the path "nope.yaml" does not exist\n'],
    [
      'exec a ls',
      "error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples\n",
    ],
    ['get foo', 'error: the server doesn\'t have a resource type "foo"\n'],
    ['delete pods', 'error: resource(s) were provided, but no name was specified\n'],
    [
      'get pods/a b',
      "error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'\n",
    ],
    ['get pods nope', 'Error from server (NotFound): pods "nope" not found\n'],
    ['create deployment x --image=nginx --dry-run=foo', 'error: Invalid dry-run value (foo). Must be "none", "server", or "client".\n'],
    ['top nodes', 'error: Metrics API not available\n'],
    ['proxy', 'error: proxy is not simulated; use kubectl get --raw PATH\n'],
    ['auth reconcile -f x', 'error: auth reconcile is not simulated; use kubectl apply\n'],
    ['apply edit-last-applied deploy/x', 'error: apply edit-last-applied is not simulated; use kubectl apply set-last-applied\n'],
  ])('kubectl %s explains itself and exits with 1', async (command, stderr) => {
    expect(await new Desk(cluster).run(command)).toEqual({ stdout: '', stderr, exitCode: 1 });
  });

  test('Tab completes verbs, types, names and flags', async () => {
    const desk = new Desk(cluster);
    const candidates = async (...words: string[]) => (await desk.complete(words)).candidates;
    expect(await candidates('des')).toEqual(['describe']);
    expect(await candidates('rollout', 'st')).toEqual(['status']);
    expect(await candidates('get', 'nod')).toEqual(['node', 'nodes']);
    expect(await candidates('get', 'node', 'wor')).toEqual(['worker-1', 'worker-2']);
    expect(await candidates('describe', 'node/cp')).toEqual(['node/cp-1']);
    expect(await candidates('-n', 'kube-s')).toEqual(['kube-system']);
    expect(await candidates('get', 'pods', '--all-n')).toEqual(['--all-namespaces']);
    expect(await candidates('get', '-o', 'ya')).toEqual(['yaml']);
    expect(await candidates('cordon', 'worker-2')).toEqual(['worker-2']);
  });
});
