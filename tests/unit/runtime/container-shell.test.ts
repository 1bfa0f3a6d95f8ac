import { busyboxPrograms } from '@/lib/cluster/images/applets';
import { compile } from '@/lib/cluster/runtime/container-shell/compiler';
import { LoneContainer, ok } from '../../support/container';
import { collectGarbage } from '../../support/garbage';

const programs = busyboxPrograms();
const files = { '/etc/motd': 'hello\nworld\n' };

/** Everything a script prints, and its exit code when that is not 0. */
function sh(script: string, options: { stdin?: string; ms?: number; args?: string[] } = {}): string {
  const { stdin, ms = 60_000, args = [] } = options;
  const container = new LoneContainer({
    programs,
    files,
    argv: ['sh', '-c', script, ...args],
    ...(stdin === undefined ? {} : { stdin }),
    http: ({ url }) => ok(`page of ${url}\n`),
  });
  container.run(ms);
  return (
    container.stdout +
    container.stderr +
    (container.exitCode ? `(${container.exitCode})` : container.exitCode === undefined ? '(still running)' : '')
  );
}

describe('a shell in a container', () => {
  test.each([
    ['runs one command after another', 'echo one; echo two', 'one\ntwo\n'],
    ['ends with the status it is told', 'exit 3', '(3)'],
    ['ends with the status of its last command', 'true; false', '(1)'],
    [
      'expands variables and their defaults',
      'x=1; echo $x ${y:-two} ${z:=three} $z ${#z} ${z%ee} ${z#th}',
      '1 two three three 5 thr ree\n',
    ],
    ['splits what is not quoted, and only that', 'x="a  b"; echo $x "$x" \'$x\'', 'a b a  b $x\n'],
    ['replaces a command by its output', 'echo "<$(echo a; echo b)>" `echo c`', '<a\nb> c\n'],
    ['nests substitutions', 'echo "a $(echo "b $(echo c)")"', 'a b c\n'],
    ['calculates with whole numbers', 'i=2; echo $((i * 3 + 1)) $((7 / 2)) $((i++)) $i', '7 3 2 3\n'],
    ['chooses by status', 'if false; then echo a; elif [ 1 -lt 2 ]; then echo b; else echo c; fi', 'b\n'],
    [
      'chooses by pattern',
      'for f in a.txt b.md c; do case $f in *.txt) echo text;; *.md|*.rst) echo prose;; *) echo other;; esac; done',
      'text\nprose\nother\n',
    ],
    [
      'loops while and until',
      'i=0; while [ $i -lt 2 ]; do i=$((i+1)); echo $i; done; until [ $i -eq 0 ]; do i=$((i-1)); done; echo $i',
      '1\n2\n0\n',
    ],
    [
      'leaves and continues loops, several at once too',
      'for i in 1 2; do for j in a b; do [ $j = b ] && continue 2; echo $i$j; done; done',
      '1a\n2a\n',
    ],
    [
      'calls functions with arguments, locals and a status',
      'f() { local x=2; echo "$1 $# $x"; return 4; }; x=1; f a b; echo $? $x',
      'a 2 2\n4 1\n',
    ],
    ['keeps a subshell to itself', '(cd /tmp; x=1; pwd); pwd; echo "<$x>"', '/tmp\n/\n<>\n'],
    ['joins commands by status', 'true && echo yes || echo no; false && echo yes || echo no', 'yes\nno\n'],
    ['negates a status', '! true; echo $?; ! false; echo $?', '1\n0\n'],
    ['pipes', 'printf "b\\na\\nb\\n" | sort | uniq -c | tr -d " "', '1a\n2b\n'],
    [
      'reads lines from a pipe and from a file',
      'echo "one two three" | { read a b; echo "$b"; }; while read line; do echo "<$line>"; done < /etc/motd',
      'two three\n<hello>\n<world>\n',
    ],
    ['redirects to files and from them', 'echo a > /tmp/x; echo b >> /tmp/x; cat /tmp/x; wc -l < /tmp/x', 'a\nb\n2\n'],
    [
      'sends errors where it is told',
      'ls /nope 2>&1 | tr a-z A-Z; ls /nope 2>/dev/null; echo $?',
      'LS: /NOPE: NO SUCH FILE OR DIRECTORY\n1\n',
    ],
    ['reads here-documents', 'cat <<EOF\nhome is $HOME\nEOF\ncat <<"EOF"\n$HOME\nEOF', 'home is /root\n$HOME\n'],
    ['matches file names', 'echo /etc/m*d "/etc/m*" /zz*', '/etc/motd /etc/m* /zz*\n'],
    ['passes its arguments on', 'echo "$0 $# $2"; shift; echo "$@"', 'name 2 b c\nb c\n'],
    [
      'stops at the first failure with set -e, but not at one that is looked at',
      'set -e; if false; then :; fi; false || true; echo on; false; echo off',
      'on\n(1)',
    ],
    ['runs what a trap says when it ends', 'trap "echo bye" EXIT; echo hi', 'hi\nbye\n'],
    ['evaluates text', 'x="echo ev"; eval "$x; y=9"; echo $y', 'ev\n9\n'],
    ['says when there is no such command', 'nosuch; echo $?', '127\nsh: nosuch: not found\n'],
    ['refuses what it does not know, visibly', '[[ a == b ]]', 'sh: not simulated: [[\n(2)'],
    ['refuses a script that is none', 'for i in 1; do echo', 'sh: syntax error: unexpected end of file (expecting "done")\n(2)'],
  ])('%s', (_what, script, expected) => {
    const args = script.includes('$0') ? ['name', 'a', 'b c'] : [];
    expect(sh(script, { args })).toBe(expected);
  });

  test.each([
    ['case 7 in [[:digit:]]) echo digit;; *) echo none;; esac', 'digit\n'],
    ['case ] in [!]a]) echo other;; []a]) echo bracket;; esac', 'bracket\n'],
    ["case a]c in a[\\]]c) echo quoted;; esac; case - in [a'-'z]) echo dash;; esac", 'quoted\ndash\n'],
    ['case m in [z-a]) echo y;; *) echo n;; esac; x=abc; echo ${x#[z-a]} ${x/[z-a]/q} [z-a]*', 'n\nabc abc [z-a]*\n'],
    ['echo "<$constructor>"; constructor=1 true; f() { local constructor=2; echo $constructor; }; f; echo "<$constructor>"', '<>\n2\n<>\n'],
    ['constructor', 'sh: constructor: not found\n(127)'],
    ['a=xxxxxxxxxx; while true; do a=$a$a; done', 'sh: out of memory\n(1)'],
    ['printf "%1000000000s" x | head -c 3; printf "%.200f" 1 | head -c 3', '   1.0'],
  ])('survives what it is given: %s', (script, printed) => {
    expect(sh(script)).toBe(printed);
  });

  test('runs the last command of a list in its own place', () => {
    const container = new LoneContainer({ programs, argv: ['sh', '-c', 'echo started; sleep 100'] });
    expect(container.run(50_000).exitCode).toBeUndefined();
    expect(container.run(60_000).exitCode).toBe(0);
  });

  test('loops in the rhythm of its sleeps and of the network', () => {
    const container = new LoneContainer({
      programs,
      argv: ['sh', '-c', 'while true; do wget -qO- http://web; sleep 1; done'],
      http: () => ok('hello\n', 3),
    });
    container.run(3_100);
    expect(container.printed).toEqual([3, 1_006, 2_009, 3_012].map((ms) => ({ ms, text: 'hello\n' })));
  });

  test('goes on in the middle of a loop when it is restored from a snapshot', () => {
    const options = { programs, argv: ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo $i; sleep 10; done'] };
    const before = new LoneContainer(options).run(25_000);
    const after = new LoneContainer(options, { kernel: before.kernel, image: JSON.parse(JSON.stringify(before.image)) });
    before.disk.delete('/process');
    after.run(10_000);
    expect(before.stdout).toBe('1\n2\n3\n4\n');
    expect(after.printed).toEqual([{ ms: 5_000, text: '4\n' }]);
  });

  test('waits for what it started in the background', () => {
    const container = new LoneContainer({
      programs,
      argv: ['sh', '-c', '(sleep 2; echo late) & sleep 1; echo early; wait; echo done'],
    }).run(5_000);
    expect(container.printed).toEqual([
      { ms: 1_000, text: 'early\n' },
      { ms: 2_000, text: 'late\ndone\n' },
    ]);
  });

  test('as the first process does not hear SIGTERM unless it traps it', () => {
    const deaf = new LoneContainer({ programs, argv: ['sh', '-c', 'while :; do sleep 1; done'] }).run(500).signal('SIGTERM').run(5_000);
    expect(deaf.exitCode).toBeUndefined();
    expect(deaf.signal('SIGKILL').exitCode).toBe(137);
    const trapping = new LoneContainer({ programs, argv: ['sh', '-c', 'trap "echo stopping; exit 0" TERM; while :; do sleep 1; done'] })
      .run(500)
      .signal('SIGTERM');
    expect(trapping.exitCode).toBeUndefined();
    expect(trapping.run(500)).toMatchObject({ exitCode: 0, stdout: 'stopping\n' });
  });

  test('beside the first process ends at SIGTERM like any other', () => {
    expect(new LoneContainer({ programs, argv: ['sh', '-c', 'sleep 100'], pid: 7 }).run(500).signal('SIGTERM').exitCode).toBe(143);
  });

  test('without a script and a terminal has nothing to do', () => {
    expect(new LoneContainer({ programs, argv: ['sh'] }).run(1).exitCode).toBe(0);
  });

  test('cannot hang the cluster with a busy loop, nor flood a log', () => {
    const container = new LoneContainer({ programs, argv: ['sh', '-c', 'while true; do echo flood; done'] }).run(10_000);
    expect(container.exitCode).toBeUndefined();
    expect(container.stdout.length).toBeLessThan(50_000);
  });
});

test('long scripts are kept while they run, not for ever', async () => {
  const long = (name: string) => `echo ${name.repeat(400_000)}`;
  const codeOf = (name: string) => new WeakRef(compile(long(name)));
  const first = codeOf('a');
  expect(compile(long('a'))).toBe(first.deref());
  for (const name of ['b', 'c', 'd']) codeOf(name);
  await collectGarbage();
  expect(first.deref()).toBeUndefined();
});
