import { Disk } from '@/lib/cluster/kernel';
import { DiskStore } from '@/lib/shell/file-store';
import { MachineFileSystem } from '@/lib/shell/file-system';
import { Keyboard } from '../../support/keyboard';

describe('files of a workstation', () => {
  test('are on its disk, so that they are part of its snapshot', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type('mkdir -p manifests; echo "kind: Pod" > manifests/web.yaml\r');
    expect(keyboard.disk.get('fs/home/learner/manifests/web.yaml')).toMatchObject({ type: 'file', text: 'kind: Pod\n' });
    const fork = await Keyboard.sitDown({ disk: keyboard.disk.fork() });
    await fork.type('rm -r manifests\r');
    expect(await keyboard.type('cat manifests/web.yaml\r')).toContain('kind: Pod');
  });

  test('have no more room than the device: writing fails in the words of the system', async () => {
    const files = new MachineFileSystem({
      store: new DiskStore(new Disk('d'), { limits: { bytesMax: 100, filesMax: 3, fileBytesMax: 80 } }),
      now: () => 0,
    });
    files.makeDirectory('/home');
    files.writeText('/home/a', 'x'.repeat(30));
    expect(() => files.writeText('/home/b', 'x'.repeat(60))).toThrow('no space left on device');
    expect(() => files.writeText('/home/b', 'x'.repeat(90))).toThrow('file too large');
    files.writeText('/home/b', '');
    expect(() => files.writeText('/home/c', '')).toThrow('no space left on device');
    files.remove('/home/b');
    files.writeText('/home/c', '');
  });

  test('are touched at the time of the simulation, not of the host', async () => {
    const keyboard = await Keyboard.sitDown();
    expect(await keyboard.type('touch a; ls -l a\r')).toMatch(/Jan +5 +(2026|08:00) a\n/);
    expect(await keyboard.type('touch -d 2001-02-03 a; ls -l a\r')).toContain('2001 a');
  });

  test('a redirection that cannot be opened says why, and the command does not run', async () => {
    const keyboard = await Keyboard.sitDown();
    expect(await keyboard.type('echo hi > /nosuch/file; echo $?\r')).toContain('bash: /nosuch/file: No such file or directory\n1\n');
    expect(await keyboard.type('echo hi > /etc/hosts; echo $?\r')).toContain('bash: /etc/hosts: Permission denied\n1\n');
    expect(await keyboard.type('echo hi > /tmp; echo $?\r')).toContain('bash: /tmp: Is a directory\n1\n');
  });

  test('symbolic links lead on, and a circle of them is an error', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type('echo text > file; ln -s file link; ln -s loop loop\r');
    expect(await keyboard.type('cat link; cat loop\r')).toMatch(/\ntext\ncat: loop: /);
  });

  test('bytes that are no text come out as they went in', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type("echo /wD+ | base64 -d > bytes; printf 'grüße' > text\r");
    expect(await keyboard.type('wc -c < bytes; od -An bytes; cat text\r')).toMatch(/\n3\n 377 000 376\s*\ngrüße/);
  });

  test('a script runs by its path once it may be executed, with its arguments, on the terminal', async () => {
    const keyboard = await Keyboard.sitDown();
    await keyboard.type(`printf 'echo "got $1"; sleep 1; echo end' > go.sh\r`);
    expect(await keyboard.type('./go.sh\r')).toContain('bash: ./go.sh: Permission denied\n');
    expect(await keyboard.type('chmod +x go.sh; ./go.sh it\r')).toMatch(/\ngot it\n$/);
    expect(await keyboard.wait(1000)).toBe('end\n~ $ ');
    expect(await keyboard.type('./none.sh\r')).toContain('bash: ./none.sh: No such file or directory\n');
  });
});
