import type { ProcessContext } from '@/lib/cluster/runtime/program';
import { textApplets } from '@/lib/cluster/images/applets/text';

/** What GNU's and busybox's print. */
const cases: readonly [stdin: string, argv: readonly string[], stdout: string][] = [
  ['{"a":{"revision":12345,"x":1}}\n', ['grep', '-o', '"revision":[0-9]*'], '"revision":12345\n'],
  ['ab\nxxxxxxxxxxxx1\na1\n', ['grep', '-o', '[0-9]*'], '1\n1\n'],
  ['abc\n', ['grep', '-o', 'x*'], ''],
  ['aab\n', ['grep', '-o', '^a'], 'a\n'],
  ['äöäö\n', ['grep', '-o', 'ö'], 'ö\nö\n'],
  ['😀a😀\n', ['grep', '-o', '.'], '😀\na\n😀\n'],
  ['foo bar foot\n', ['grep', '-ow', 'foo'], 'foo\n'],
  ['foo\nbar\n', ['grep', '-oE', 'o+|$'], 'oo\n'],
  ['a b\nb\n', ['grep', '-on', 'b'], '1:b\n2:b\n'],
  ['AbA\n', ['grep', '-io', 'a'], 'A\nA\n'],
  ['a.b.c\n', ['grep', '-oF', '.'], '.\n.\n'],
  ['abc\n', ['grep', '-o', 'b\\|c'], 'b\nc\n'],
  ['a1b22\n', ['grep', '-oE', '[0-9]+'], '1\n22\n'],
  ['aaa\n', ['grep', '-o', 'a\\{2\\}'], 'aa\n'],
  ['a\n\nb\n', ['grep', '-n', '^$'], '2:\n'],
  ['one two\n', ['grep', '-o', '\\<t[a-z]*'], 'two\n'],
  ['a+b\naab\n', ['grep', 'a+b'], 'a+b\n'],
  ['a+b\naab\n', ['grep', '-E', 'a+b'], 'aab\n'],
  ['a]b\n', ['grep', '-o', '[]]'], ']\n'],
  ['a\\b\n', ['grep', '-o', '[\\]'], '\\\n'],
  ['ab12\n', ['grep', '-o', '[[:digit:]][[:digit:]]'], '12\n'],
  ['*a\na\n', ['grep', '*a'], '*a\n'],
  ['a^b\n', ['grep', 'a^b'], 'a^b\n'],
  ['a$b\n', ['grep', 'a$b'], 'a$b\n'],
  ['foo\nfoobar\n', ['grep', '-x', 'foo'], 'foo\n'],
  ['1\n2\n3\n', ['grep', '-m', '2', '.'], '1\n2\n'],
  ['abcd\n', ['grep', '-oE', 'ab|abcd'], 'abcd\n'],
  ['x{y\n', ['grep', '-o', '{y'], '{y\n'],
  ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n', ['grep', '-cE', '(a+)+$'], '0\n'],
  ['a\nb\n', ['grep', '-ov', 'a'], ''],
  ['hello\n', ['sed', 's/x*/-/g'], '-h-e-l-l-o-\n'],
  ['baaac\n', ['sed', 's/a*/x/g'], 'xbxcx\n'],
  ['abcabc\n', ['sed', 's/b/X/2'], 'abcaXc\n'],
  ['abcabcabc\n', ['sed', 's/b/X/2g'], 'abcaXcaXc\n'],
  ['aaa\n', ['sed', 's/^a/x/g'], 'xaa\n'],
  ['aaa\n', ['sed', 's/a$/x/g'], 'aax\n'],
  ['äöä\n', ['sed', 's/ä/&&/g'], 'ääöää\n'],
  ['😀a\n', ['sed', 's/./x/g'], 'xx\n'],
  ['hello\n', ['sed', '-E', 's/(l)(l)/\\2-\\1/'], 'hel-lo\n'],
  ['hello\n', ['sed', 's/\\(l*\\)o/[\\1]/g'], 'he[ll]\n'],
  ['a\nb\n', ['sed', 's/$/!/g'], 'a!\nb!\n'],
  ['a\nb\n', ['sed', 's/^/> /g'], '> a\n> b\n'],
  ['foo.bar.x\n', ['sed', 's/[^.]*\\./X/g'], 'XXx\n'],
  ['abc\nb\nc\n', ['sed', '-n', 's/b/X/gp'], 'aXc\nX\n'],
  ['aAbB\n', ['sed', 's/b/x/Ig'], 'aAxx\n'],
  ['/a/b\n', ['sed', 's|/|-|g'], '-a-b\n'],
  ['/a/b\n', ['sed', 's/\\//-/g'], '-a-b\n'],
  ['a.b\n', ['sed', 's/\\./\\n/'], 'a\nb\n'],
  ['abc\n', ['sed', '/b/d'], ''],
  ['a/b\nc\n', ['sed', '-n', '/a\\/b/p'], 'a/b\n'],
  ['ab\n', ['sed', 's/\\(a\\|ab\\)\\(c\\|bcd\\)*/[&]/'], '[ab]\n'],
  ['a b\n', ['sed', 's/\\s/_/'], 'a_b\n'],
];

function run(stdin: string, argv: readonly string[]) {
  const context = { argv, stdin, files: { read: () => undefined } } as unknown as ProcessContext;
  return textApplets[argv[0] as string]?.(context);
}

test.each(cases)('of %j, %j makes what it makes on a real system', (stdin, argv, stdout) => {
  expect(run(stdin, argv)?.stdout ?? '').toBe(stdout);
});

test.each(['x', '-1', '1.5'])('grep refuses to stop after %s lines', (count) => {
  expect(run('abc\n', ['grep', '-m', count, 'b'])).toEqual({ stderr: `grep: invalid number '${count}'\n`, code: 2 });
});

test.each(['-P', '-L', '-r', '-A', '--include=x'])('grep refuses %s, which it would not heed', (flag) => {
  const said = `grep: not simulated: ${flag.replace('=x', '')}\n`;
  expect(run('abc\n', ['grep', 'b', flag])).toEqual({ stderr: said, code: 2 });
});

test.each(['s/b/X/0', 's/b/X/0g', 's/b/X/02'])('sed has no match to replace by %j', (command) => {
  expect(run('abcabc\n', ['sed', command])).toEqual({ stderr: `sed: not simulated: ${command}\n`, code: 2 });
});

test('a pattern that goes back where it came from is refused, as it would take time without end', () => {
  expect(run('aa\n', ['grep', '\\(a\\)\\1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('bad regex') });
});
