import { Disk } from '@/lib/cluster/kernel';
import { defineTool } from '@/lib/shell/tool';
import { Keyboard } from '../../support/keyboard';

describe('a terminal', () => {
  test('shows the prompt, what is typed, and what it prints', async () => {
    const keyboard = await Keyboard.sitDown();
    expect(keyboard.news()).toBe('~ $ ');
    expect(await keyboard.type('echo hi\r')).toBe('echo hi\nhi\n~ $ ');
  });

  test('prints what a loop says while the loop goes on, and Ctrl-C ends it with 130', async () => {
    const keyboard = await Keyboard.sitDown();
    expect(await keyboard.type('while true; do echo tick; sleep 1; done\r')).toMatch(/done\ntick\n$/);
    expect(await keyboard.wait(2500)).toBe('tick\ntick\n');
    expect(await keyboard.type('\x03')).toBe('^C\n~ $ ');
    expect(await keyboard.wait(5000)).toBe('');
    expect(await keyboard.type('echo $?\r')).toBe('echo $?\n130\n~ $ ');
  });

  test('waits on simulated time only: sleep ends when the clock has gone on', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type('sleep 60; echo awake\r');
    expect(await keyboard.wait(59_000)).toBe('');
    expect(await keyboard.wait(1_000)).toBe('awake\n~ $ ');
  });

  test('stops a loop that never waits, and says so', async () => {
    const keyboard = await Keyboard.sitDown({ limits: { turnsMax: 2000, outputMax: 1000 } });
    expect(await keyboard.type('while :; do :; done\r')).toContain('bash: stopped after 2000 turns of a loop without a pause');
    expect(await keyboard.type('echo on\r')).toContain('on\n~ $ ');
  });

  test('stops a command that prints without end', async () => {
    const keyboard = await Keyboard.sitDown({ limits: { turnsMax: 2000, outputMax: 1000 } });
    expect(await keyboard.type('while :; do echo "much of the same"; done\r')).toMatch(
      /bash: stopped after printing 1000 characters without a pause\n~ \$ $/,
    );
  });

  test('prints in a function called on the terminal as its commands end, and captures the same function in $( )', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type('count() { echo one; sleep 1; echo two; }\r');
    expect(await keyboard.type('count\r')).toBe('count\none\n');
    expect(await keyboard.wait(1000)).toBe('two\n~ $ ');
    await keyboard.type('both=$(count); echo "[$both]"\r');
    expect(await keyboard.wait(1000)).toBe('[one\ntwo]\n~ $ ');
  });

  test('asks for the rest of a command line that is not whole', async () => {
    const keyboard = await Keyboard.sitDown();
    expect(await keyboard.type('cat <<END\r')).toBe('~ $ cat <<END\n> ');
    expect(await keyboard.type('one\r')).toBe('one\n> ');
    expect(await keyboard.type('END\r')).toBe('END\none\n~ $ ');
    expect(await keyboard.type("echo 'a\r")).toMatch(/> $/);
    expect(await keyboard.type("b'\r")).toBe("b'\na\nb\n~ $ ");
    expect(await keyboard.type('echo a |\r')).toMatch(/> $/);
    expect(await keyboard.type('wc -l\r')).toBe('wc -l\n1\n~ $ ');
  });

  test('says what bash says of a line that can never be whole', async () => {
    const keyboard = await Keyboard.sitDown();
    expect(await keyboard.type('fi\r')).toBe("~ $ fi\nbash: syntax error near unexpected token `fi'\n~ $ ");
  });

  test('keeps directory, variables, functions, arrays and aliases from line to line', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type('mkdir -p a/b; cd a; export WHO=me; names=(x "y z"); alias say=echo; hello() { echo "hello $1"; }\r');
    expect(await keyboard.type('pwd; printenv WHO; echo "${names[1]}"; say aliased; hello you\r')).toContain(
      '/home/learner/a\nme\ny z\naliased\nhello you\n~/a $ ',
    );
  });

  test('keeps what the first commands of an interrupted line changed', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type('cd /tmp; sleep 60\r');
    expect(await keyboard.type('\x03')).toBe('^C\n/tmp $ ');
  });

  test('remembers command lines in a file of the workstation', async () => {
    const disk = new Disk('workstation');
    const first = await Keyboard.sitDown({ disk });
    await first.type('echo one\r');
    const second = await Keyboard.sitDown({ disk: disk.fork() });
    expect(await second.type('\x1b[A\r')).toContain('one\n');
    expect(await second.type('!ec\r')).toContain('echo one\none\n');
  });

  test('finds an earlier line with Ctrl-R', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type('echo needle\r');
    await keyboard.type('echo hay\r');
    expect(await keyboard.type('\x12need')).toContain("(reverse-i-search)`need': echo needle");
    expect(await keyboard.type('\r')).toMatch(/\nneedle\n~ \$ $/);
  });

  test('edits the line where the cursor is', async () => {
    const keyboard = await Keyboard.sitDown();
    expect(await keyboard.type('echo ac\x1b[Db\x01\x06\x05!\r')).toMatch(/\nabc!\n~ \$ $/);
    expect(await keyboard.type('echo one two\x17three\r')).toMatch(/\none three\n~ \$ $/);
    expect(await keyboard.type('garbage\x15echo clean\r')).toMatch(/\nclean\n~ \$ $/);
    expect(await keyboard.type('echo keep drop\x1b[D\x1b[D\x1b[D\x1b[D\x0b\r')).toMatch(/\nkeep\n~ \$ $/);
  });

  test('takes a paste of several lines as one, to be run at Enter', async () => {
    const keyboard = await Keyboard.sitDown();
    expect(await keyboard.type('\x1b[200~for i in 1 2; do\necho $i\ndone\n\x1b[201~')).not.toContain('\n1\n');
    expect(await keyboard.type('\r')).toBe('\n1\n2\n~ $ ');
  });

  test('runs what was typed ahead when its turn comes', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type('sleep 1\recho next\r');
    expect(await keyboard.wait(1000)).toBe('~ $ echo next\nnext\n~ $ ');
  });

  test('reads lines for programs: read, and cat until Ctrl-D', async () => {
    const keyboard = await Keyboard.sitDown();
    expect(await keyboard.type('read -p "name? " name; echo "hello $name"\r')).toMatch(/name\? $/);
    expect(await keyboard.type('Ada\r')).toBe('Ada\nhello Ada\n~ $ ');
    await keyboard.type('cat > notes\r');
    await keyboard.type('first\rsecond\r');
    await keyboard.type('\x04');
    expect(await keyboard.type('cat notes\r')).toContain('first\nsecond\n');
  });

  test('opens the page’s editor for vim, and saves what comes back', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type('vim web.yaml\r');
    expect(keyboard.edits).toMatchObject([{ title: 'web.yaml', text: '' }]);
    expect(await keyboard.save('kind: Pod\n')).toBe('~ $ ');
    expect(await keyboard.type('cat web.yaml\r')).toContain('kind: Pod\n');
  });

  test('gives a page that comes back exactly what it missed', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type('echo one\r');
    const { end } = keyboard.terminal.scrollback;
    keyboard.news();
    await keyboard.type('echo two\r');
    const missed = keyboard.terminal.scrollback.since(end);
    expect(missed.offset).toBe(end);
    expect(missed.text).toContain('two\r\n');
    expect(missed.text).not.toContain('one');
  });

  test('is taken up with the line that was being typed', async () => {
    const before = await Keyboard.sitDown();
    await before.type('echo hal');
    const snapshot = before.terminal.snapshot();
    expect(snapshot.line).toEqual({ text: 'echo hal', cursor: 8 });
    const after = await Keyboard.sitDown({ restored: snapshot });
    expect(after.news()).toContain('echo hal');
    expect(await after.type('lo\r')).toMatch(/\nhallo\n~ \$ $/);
  });

  test('ends with exit, and with Ctrl-D on an empty line', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type('exit 3\r');
    expect(keyboard.exitCode).toBe(3);
    const other = await Keyboard.sitDown();
    await other.type('\x04');
    expect(other.exitCode).toBe(0);
  });

  test('streams what a program prints while it runs, but not into a pipe', async () => {
    const kubectl = defineTool({
      name: 'kubectl',
      summary: '',
      async run(context) {
        context.stdout('first\n');
        await context.sleep(1000);
        context.stdout('second\n');
        return 0;
      },
    });
    const keyboard = await Keyboard.sitDown({ tools: [kubectl] });
    expect(await keyboard.type('kubectl get pods -w\r')).toMatch(/-w\nfirst\n$/);
    expect(await keyboard.wait(1000)).toBe('second\n~ $ ');
    expect(await keyboard.type('kubectl get pods | sort -r\r')).not.toContain('first');
    expect(await keyboard.wait(1000)).toBe('second\nfirst\n~ $ ');
  });
});

test('xargs takes the value of an option with it or after it', async () => {
  const keyboard = await Keyboard.sitDown();
  expect(await keyboard.type("printf 'a\\nb\\n' | xargs -n1 echo one\r")).toContain('one a\none b\n');
  expect(await keyboard.type("printf 'a\\nb\\n' | xargs -I{} echo one {}\r")).toContain('one a\none b\n');
  expect(await keyboard.type("printf 'a\\nb\\n' | xargs -n 2 -t echo\r")).toContain('a b\n');
});

test('what the library would bring along is not there', async () => {
  const keyboard = await Keyboard.sitDown();
  expect(await keyboard.type('python3 -c 1; echo $?; which python3\r')).toContain('bash: python3: command not found\n127\n');
});
