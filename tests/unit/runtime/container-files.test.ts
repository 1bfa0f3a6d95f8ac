import { Disk } from '@/lib/cluster/kernel';
import { ContainerFiles, type Mount } from '@/lib/cluster/runtime';

function filesWith(mounts: Mount[] = [], options: { isReadonly?: boolean } = {}) {
  const disk = new Disk('worker-1', [
    ['/volumes/config/key', 'value'],
    ['/volumes/sub/deep/file', 'deep'],
  ]);
  return {
    disk,
    files: new ContainerFiles({ disk, layer: { '/etc/motd': 'hello', '/usr/share/page': 'page' }, writable: '/layer', mounts, ...options }),
  };
}

describe("a container's files", () => {
  test('a write goes to its own layer and hides the image’s file; the image is untouched', () => {
    const { disk, files } = filesWith();
    files.write('/etc/motd', 'mine');
    expect(files.read('/etc/motd')).toBe('mine');
    expect(disk.get('/layer/etc/motd')).toBe('mine');
    expect(filesWith().files.read('/etc/motd')).toBe('hello');
  });

  test('a removed file of the image stays removed', () => {
    const { files } = filesWith();
    expect(files.remove('/etc/motd')).toBe(true);
    expect(files.exists('/etc/motd')).toBe(false);
    expect(files.list('/etc')).not.toContain('motd');
  });

  test('a volume covers what the image has there, and is seen by every container that mounts it', () => {
    const mounts = [{ containerPath: '/usr/share', hostPath: '/volumes/shared' }];
    const { disk, files } = filesWith(mounts);
    expect(files.read('/usr/share/page')).toBeUndefined();
    expect(files.isDirectory('/usr/share')).toBe(true);
    files.write('/usr/share/new', 'shared');
    expect(new ContainerFiles({ disk, layer: {}, writable: '/other', mounts }).read('/usr/share/new')).toBe('shared');
  });

  test('one file may be mounted over another', () => {
    const { files } = filesWith([{ containerPath: '/etc/motd', hostPath: '/volumes/config/key', isFile: true }]);
    expect(files.read('/etc/motd')).toBe('value');
    expect(files.list('/etc')).toContain('motd');
  });

  test('what is mounted read-only, or in a read-only container, cannot be written', () => {
    const { files } = filesWith([{ containerPath: '/config', hostPath: '/volumes/config', readonly: true }]);
    expect(() => files.write('/config/key', 'x')).toThrow('Read-only file system');
    expect(() => filesWith([], { isReadonly: true }).files.write('/etc/motd', 'x')).toThrow('Read-only file system');
  });

  test('a machine’s disk is full at some point, for all of its containers and for nobody else; what is removed makes room', () => {
    const { disk, files } = filesWith();
    const neighbour = new ContainerFiles({ disk, layer: {}, writable: '/other', mounts: [] });
    const fill = () => {
      for (let index = 0; index < 100; index++) files.write(`/tmp/${index}`, 'x'.repeat(1_000_000));
    };
    expect(fill).toThrow('No space left on device');
    expect(files.list('/tmp').length).toBeGreaterThan(30);
    expect(() => neighbour.write('/tmp/a', 'x'.repeat(1_000_000))).toThrow('No space left on device');
    filesWith().files.write('/tmp/a', 'x'.repeat(1_000_000));
    files.write('/tmp/0', 'y'.repeat(1_000_000));
    files.remove('/tmp/0');
    neighbour.write('/tmp/a', 'x'.repeat(1_000_000));
  });

  test('many small files and directories fill a disk too, and one that is written again and again does not', () => {
    const { files } = filesWith();
    for (let index = 0; index < 200; index++) files.write('/tmp/same', `${index}`.repeat(200_000));
    expect(() => {
      for (let index = 0; index < 20_000; index++) files.write(`/tmp/${index}`, '');
    }).toThrow('No space left on device');
    expect(() => files.makeDirectory('/tmp/directory')).toThrow('No space left on device');
  });

  test('directories are listed with what is right below them, mount points too', () => {
    const { files } = filesWith([{ containerPath: '/data/sub', hostPath: '/volumes/sub' }]);
    expect(files.list('/data')).toEqual(['sub']);
    expect(files.list('/data/sub')).toEqual(['deep']);
    files.makeDirectory('/data/empty');
    expect(files.isDirectory('/data/empty')).toBe(true);
    expect(files.list('/data/empty')).toEqual([]);
  });

  test('a write below nothing, or over a directory, is refused as the kernel refuses it', () => {
    const { files } = filesWith();
    expect(() => files.write('/no/such/file', 'x')).toThrow('No such file or directory');
    expect(() => files.write('/etc', 'x')).toThrow('Is a directory');
    expect(() => files.write('/etc/motd/file', 'x')).toThrow('Not a directory');
  });
});
