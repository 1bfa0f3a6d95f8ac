import { lastCommand } from '@/lib/shell/completion';
import { defineTool } from '@/lib/shell/tool';
import { Keyboard } from '../../support/keyboard';

describe('Tab', () => {
  test('finishes the only command, file or directory that fits', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type('mkdir manifests; echo x > manifests/web.yaml\r');
    expect(await keyboard.type('kube\t')).toMatch(/kubectl $/);
    expect(await keyboard.type('\x15cat man\t')).toMatch(/cat manifests\/$/);
    expect(await keyboard.type('w\t')).toMatch(/cat manifests\/web\.yaml $/);
    expect(await keyboard.type('\x15cat < man\t')).toMatch(/cat < manifests\/$/);
    expect(await keyboard.type('\x15echo $HOM\t')).toMatch(/echo \$HOME $/);
  });

  test('goes as far as all candidates agree, and lists them at the second time', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type('touch web-1.yaml web-2.yaml\r');
    expect(await keyboard.type('cat w\t')).toMatch(/cat web-$/);
    expect(await keyboard.type('\t')).toBe('\nweb-1.yaml  web-2.yaml\n\r~ $ cat web-');
  });

  test('asks the program for what only it knows, also behind an alias', async () => {
    const kubectl = defineTool({
      name: 'kubectl',
      summary: '',
      run: () => 0,
      complete: (args) => ({ from: 0, candidates: args.length === 1 ? [{ text: 'get' }] : [{ text: 'pods' }] }),
    });
    const keyboard = await Keyboard.sitDown({ tools: [kubectl] });
    await keyboard.type('alias k=kubectl\r');
    expect(await keyboard.type('k g\t')).toMatch(/k get $/);
    expect(await keyboard.type('po\t')).toMatch(/k get pods $/);
  });

  test('knows what the learner has named, also as a program that is not there', async () => {
    const keyboard = await Keyboard.sitDown();
    expect(await keyboard.type('sqlit\t')).not.toContain('sqlite3');
    await keyboard.type('\x15node() { echo mine; }\r');
    expect(await keyboard.type('nod\t')).toMatch(/node $/);
  });

  test('completes the command that is being typed, not the one before it', () => {
    expect(lastCommand('kubectl get pods | gre')).toEqual({ words: ['gre'], from: 19 });
    expect(lastCommand('FOO=1 kubectl get ')).toEqual({ words: ['kubectl', 'get', ''], from: 18 });
    expect(lastCommand('echo "a b" c')).toEqual({ words: ['echo', 'a b', 'c'], from: 11 });
  });
});
