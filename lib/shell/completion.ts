import { libraryCommands } from './library-commands';
import type { Shell } from './shell';

export interface Candidate {
  /** What stands in place of the word. */
  readonly text: string;
  /** What a list shows, where that is shorter. */
  readonly shown?: string;
  /** More of the word may follow: a directory, `--flag=`. */
  readonly isPartial?: boolean;
}

export interface Completion {
  /** Where in the line the word begins. */
  readonly from: number;
  readonly candidates: readonly Candidate[];
}

/** What Tab may put at the end of `line`: a program, a file, a variable, or what the program itself proposes. */
export async function completeLine(shell: Shell, line: string): Promise<Completion> {
  const { words, from } = lastCommand(line);
  const word = words.at(-1) ?? '';
  const variable = /\$(\w*)$/.exec(line);
  if (variable) return variables(shell, line.length - variable[0].length, variable[1] as string);
  if (words.length === 1 && !word.includes('/')) return { from, candidates: commands(shell, word) };
  const proposed = await proposals(shell, words);
  if (proposed) return { from: from + proposed.from, candidates: proposed.candidates };
  const redirection = /^\d?[<>]+/.exec(word)?.[0].length ?? 0;
  return { from: from + redirection, candidates: files(shell, word.slice(redirection), words[0] === 'cd' || words[0] === 'rmdir') };
}

const builtins = [
  'alias',
  'cd',
  'declare',
  'echo',
  'eval',
  'exit',
  'export',
  'false',
  'local',
  'printf',
  'pwd',
  'read',
  'set',
  'shopt',
  'source',
  'test',
  'true',
  'type',
  'unalias',
  'unset',
];

/** Every program the shell finds without a path. */
export function commandNames(shell: Shell): string[] {
  return [
    ...new Set([...libraryCommands, ...builtins, ...shell.host.tools.map((tool) => tool.name), ...shell.aliases, ...shell.functions]),
  ].sort();
}

function commands(shell: Shell, prefix: string): Candidate[] {
  return commandNames(shell)
    .filter((name) => name.startsWith(prefix))
    .map((text) => ({ text }));
}

function variables(shell: Shell, from: number, prefix: string): Completion {
  return {
    from,
    candidates: Object.keys(shell.env)
      .filter((name) => name.startsWith(prefix) && !name.startsWith('BASH_ALIAS_'))
      .sort()
      .map((name) => ({ text: `$${name}` })),
  };
}

async function proposals(shell: Shell, words: readonly string[]): Promise<Completion | undefined> {
  const expanded = expandAlias(shell, words);
  const tool = shell.host.tools.find((one) => one.name === expanded[0]);
  const proposed = await tool?.complete?.(expanded.slice(1), { cwd: shell.cwd, env: shell.env, files: shell.host.files });
  return proposed && proposed.candidates.length > 0 ? proposed : undefined;
}

function expandAlias(shell: Shell, words: readonly string[]): readonly string[] {
  const alias = shell.env[`BASH_ALIAS_${words[0]}`];
  return alias === undefined ? words : [...alias.trim().split(/\s+/), ...words.slice(1)];
}

function files(shell: Shell, word: string, isForDirectories: boolean): Candidate[] {
  const { files: system } = shell.host;
  const slash = word.lastIndexOf('/');
  const typed = word.slice(0, slash + 1);
  const home = shell.env['HOME'] ?? '/';
  const directory = system.resolvePath(shell.cwd, typed.replace(/^~(?=\/)/, home) || '.');
  if (system.kindOf(directory) !== 'directory') return [];
  const prefix = word.slice(slash + 1);
  return system.listDirectory(directory).flatMap((name) => {
    if (!name.startsWith(prefix) || (name.startsWith('.') && !prefix.startsWith('.'))) return [];
    const isDirectory = system.kindOf(`${directory}/${name}`) === 'directory';
    if (isForDirectories && !isDirectory) return [];
    const end = isDirectory ? '/' : '';
    return [{ text: quoted(typed + name) + end, shown: name + end, isPartial: isDirectory }];
  });
}

function quoted(name: string): string {
  return name.replace(/[ '"$&();<>|*?]/g, '\\$&');
}

/** The words of the command being typed, the last one unfinished, and where that one begins. Quotes are removed. */
export function lastCommand(line: string): { words: string[]; from: number } {
  let words: string[] = [];
  let word = '';
  let from = 0;
  let isInWord = false;
  let quote = '';
  const end = (): void => {
    if (isInWord) words.push(word);
    word = '';
    isInWord = false;
  };
  for (let index = 0; index < line.length; index++) {
    const character = line[index] as string;
    if (!isInWord) from = index;
    if (quote) {
      if (character === quote) quote = '';
      else word += character;
    } else if (character === '\\') {
      word += line[++index] ?? '';
      isInWord = true;
    } else if (character === "'" || character === '"') {
      quote = character;
      isInWord = true;
    } else if (/\s/.test(character)) end();
    else if (/[|&;(]/.test(character)) {
      end();
      words = [];
    } else {
      word += character;
      isInWord = true;
    }
  }
  if (!isInWord) from = line.length;
  return { words: [...withoutAssignments(words), word], from };
}

function withoutAssignments(words: readonly string[]): readonly string[] {
  const first = words.findIndex((word) => !/^\w+=/.test(word));
  return first < 0 ? [] : words.slice(first);
}
