import { Keyboard } from '../../support/keyboard';

test.each([
  [`printf '{"a":{"revision":12345}}\\nxxxxxxxxxxxxxxxxx1\\n' | grep -o '[0-9]*'`, '12345\n1\n'],
  [`printf '{"revision":17\\n' | grep -o '"revision":[0-9]*'`, '"revision":17\n'],
  [`printf 'foo bar\\n' | grep -ow '[a-z]*'`, 'foo\nbar\n'],
  [`printf 'foo\\nbar\\n' | grep -oE 'o+|$'`, 'oo\n'],
  [`printf 'one two\\n' | grep -o '\\<t[a-z]*'`, 'two\n'],
  [`printf 'äöäö\\n' | grep --only-matching -n ö`, '1:ö\n1:ö\n'],
  [`printf 'a1\\n' > f; printf 'b2\\n' > g; grep -o '[0-9]' f g`, 'f:1\ng:2\n'],
  [`printf 'a\\n' | grep -o b; echo $?`, '1\n'],
  [`grep -o a /nosuch; echo $?`, 'grep: /nosuch: No such file or directory\n2\n'],
  [`printf 'a1b\\n' | grep -oP '\\d'`, '1\n'],
  [`printf 'abc\\nxyz\\n' | grep -n y`, '2:xyz\n'],
  [`for i in 1 2; do echo "a$i"; done | grep -o '[0-9]*$' | sort -r`, '2\n1\n'],
])('%s prints what it prints on a real system', async (command, output) => {
  const keyboard = await Keyboard.sitDown();
  const screen = (await keyboard.type(`${command}\r`)).replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '');
  expect(screen).toContain(`\n${output}`);
});
