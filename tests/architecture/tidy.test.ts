import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '../..');

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(entry.name)) yield path;
  }
}

/** Every line of code in `folder` that matches, as `path:line: text`. Comments and strings in docs do not count. */
function offenders(folder: string, pattern: RegExp): string[] {
  return [...sources(folder)].flatMap((path) =>
    readFileSync(join(root, path), 'utf8')
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) && !/^\s*(\*|\/\/|\/\*)/.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

test('the simulation takes time, chance and the network as arguments', () => {
  const forbidden =
    /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|\bsetImmediate\(|\bqueueMicrotask\(|\bperformance\.now\(|\bfetch\(|\bprocess\.(env|hrtime|exit|cwd|platform|argv|nextTick|memoryUsage|stdout|stdin)\b/;
  expect(offenders('lib/cluster', forbidden)).toEqual([]);
});

test('the simulation has no promises: whatever waits is an entry of the kernel', () => {
  expect(offenders('lib/cluster', /\bnew Promise\(|\basync \(|\basync function|\basync [a-z#]+\(|\bawait /)).toEqual([]);
});

test("strings are never compared by the host's locale", () => {
  expect(offenders('lib', /\.localeCompare\(|\.toLocale[A-Z]/).filter((line) => !/^lib\/(content|progress|accounts)\//.test(line))).toEqual(
    [],
  );
});

test('no work is left behind as a note', () => {
  expect([...offenders('lib', /\b(TODO|FIXME|XXX|HACK)\b/), ...offenders('app', /\b(TODO|FIXME|XXX|HACK)\b/)]).toEqual([]);
});

test('every room of lib has a README of its own', () => {
  const rooms = readdirSync(join(root, 'lib'))
    .filter((name) => name !== 'cluster')
    .map((name) => `lib/${name}`);
  const inner = readdirSync(join(root, 'lib/cluster'))
    .filter((name) => statSync(join(root, 'lib/cluster', name)).isDirectory())
    .map((name) => `lib/cluster/${name}`);
  expect([...rooms, 'lib/cluster', ...inner].filter((folder) => !existsSync(join(root, folder, 'README.md')))).toEqual([]);
});

test('file and folder names are nouns in kebab-case, components in PascalCase', () => {
  const named = [...sources('lib')]
    .map((path) => relative('', path))
    .filter((path) => !/^lib(\/[a-z0-9]+(-[a-z0-9]+)*)+(\.worker|\.client|\.d)?\.tsx?$/.test(path));
  expect(named).toEqual([]);
});
