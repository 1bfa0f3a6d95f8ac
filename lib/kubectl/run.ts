import type { Command } from './command';
import { globalFlags } from './common-flags';
import { commandGroups, commands } from './commands/registry';
import { Context } from './context';
import { CommandError, explainFailure, ServerUnreachable } from './errors';
import { aloneValue, FlagError, parseArguments, type FlagDefinition } from './flags';
import { commandHelp, flagHelp, rootHelp } from './help';
import type { KubectlIo } from './io';
import { klogHead } from './client';
import { loadKubeconfig, type Kubeconfig } from './kubeconfig';

/** Runs one kubectl command line (without the word `kubectl`) and returns its exit code. */
export async function kubectl(argv: readonly string[], io: KubectlIo): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    const { text, exitCode } = explainFailure(error);
    io.stderr(text);
    return exitCode;
  }
}

async function dispatch(argv: readonly string[], io: KubectlIo): Promise<number> {
  const { command, path, words } = findCommand(argv);
  if (!command) return runRoot(words, io);
  const isHelp = command.name === 'help' && path === 'kubectl help';
  if (isHelp) return printHelpFor(words, io);
  return runCommand(command, path, words, io);
}

/** Follows the words to the deepest command they name; flags may stand between them. */
export function findCommand(argv: readonly string[]): { command: Command | undefined; path: string; words: readonly string[] } {
  let command: Command | undefined;
  let path = 'kubectl';
  let words = argv;
  for (;;) {
    const known = [...globalFlags, ...(command?.flags ?? [])];
    const at = firstArgument(words, known);
    const next =
      at < 0
        ? undefined
        : (command?.subcommands ?? (command ? [] : commands)).find(
            (one) => one.name === words[at] || one.aliases?.includes(words[at] as string),
          );
    if (!next) return { command, path, words };
    command = next;
    path += ` ${next.name}`;
    words = words.filter((_, index) => index !== at);
  }
}

function firstArgument(words: readonly string[], flags: readonly FlagDefinition[]): number {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word === '--') return -1;
    if (!word.startsWith('-') || word === '-') return at;
    if (takesNextWord(word, flags)) at++;
  }
  return -1;
}

function takesNextWord(word: string, flags: readonly FlagDefinition[]): boolean {
  if (word.includes('=')) return false;
  const definition = word.startsWith('--')
    ? flags.find((one) => one.name === word.slice(2))
    : word.length === 2
      ? flags.find((one) => one.shorthand === word[1])
      : undefined;
  return definition !== undefined && aloneValue(definition) === undefined;
}

function runRoot(words: readonly string[], io: KubectlIo): number {
  const name = words[firstArgument(words, globalFlags)];
  if (name !== undefined) throw unknownCommand(name);
  const { wantsHelp } = parseRoot(words);
  io.stdout(rootHelp(commandGroups));
  return wantsHelp || words.length === 0 ? 0 : 0;
}

function parseRoot(words: readonly string[]) {
  try {
    return parseArguments(words, globalFlags);
  } catch (error) {
    throw error instanceof FlagError ? new CommandError(`${error.message}\nSee 'kubectl --help' for usage.`) : error;
  }
}

function unknownCommand(name: string): CommandError {
  const near = commands
    .filter((one) => editDistance(one.name, name) <= 2 || one.name.toLowerCase().startsWith(name.toLowerCase()))
    .map((one) => one.name);
  const hint = near.length
    ? `\n\nDid you mean this?\n${near
        .sort()
        .map((one) => `\t${one}\n`)
        .join('')}`
    : '';
  return new CommandError(`unknown command ${JSON.stringify(name)} for "kubectl"${hint}`);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length] as number;
}

function printHelpFor(words: readonly string[], io: KubectlIo): number {
  const { command, path } = findCommand(words.filter((word) => !word.startsWith('-')));
  io.stdout(command ? commandHelp(command, path) : rootHelp(commandGroups));
  return 0;
}

async function runCommand(command: Command, path: string, words: readonly string[], io: KubectlIo): Promise<number> {
  if (command.name === 'options') return (io.stdout(`The following options can be passed to any command:\n\n${flagHelp(globalFlags)}`), 0);
  const parsed = parse(command, path, words);
  if (parsed.wantsHelp) return (io.stdout(commandHelp(command, path)), 0);
  const context = new Context({ io, command, path, ...parsed, config: await configOrError(io, parsed.flags.string('kubeconfig')) });
  if (!command.run) return groupOnly(context);
  requireFlags(context);
  return warningsCount(context, await runReporting(context));
}

function parse(command: Command, path: string, words: readonly string[]) {
  const flags = flagsOf(command);
  try {
    return parseArguments(command.takesAnything ? words.filter(asksForHelp) : words, flags);
  } catch (error) {
    throw error instanceof FlagError ? new CommandError(`${error.message}\nSee '${path} --help' for usage.`, command.failureCode) : error;
  }
}

const asksForHelp = (word: string) => word === '-h' || word === '--help';

/** A command's own flags hide global ones of the same name or shorthand. */
export function flagsOf(command: Command): readonly FlagDefinition[] {
  const own = command.flags ?? [];
  return [
    ...globalFlags.filter(
      (global) => !own.some((one) => one.name === global.name || (one.shorthand !== undefined && one.shorthand === global.shorthand)),
    ),
    ...own,
  ];
}

async function configOrError(io: KubectlIo, explicit: string): Promise<Kubeconfig | CommandError> {
  try {
    return await loadKubeconfig(io, explicit);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}

function groupOnly(context: Context): number {
  const [unknown] = context.args;
  if (unknown !== undefined) throw context.usageError(`unknown command ${JSON.stringify(unknown)}`);
  context.warn(commandHelp(context.command, context.path));
  return 1;
}

function requireFlags({ command, flags }: Context): void {
  const missing = (command.flags ?? []).filter((one) => one.isRequired && !flags.changed(one.name)).map(({ name }) => JSON.stringify(name));
  if (missing.length) throw new CommandError(`required flag(s) ${missing.join(', ')} not set`);
}

async function runReporting(context: Context): Promise<number> {
  try {
    return (await context.command.run?.(context)) ?? 0;
  } catch (error) {
    if (error instanceof ServerUnreachable) complainOfDiscovery(context, error);
    throw error;
  }
}

/** What client-go logs while discovery fails, before kubectl says it in its own words. */
function complainOfDiscovery(context: Context, { server, url, reason }: ServerUnreachable): void {
  if (!/\/apis?(\?|$)/.test(url)) return;
  const cause = JSON.stringify(`couldn't get current server API group list: Get ${JSON.stringify(`${server}/api?timeout=32s`)}: ${reason}`);
  for (let time = 0; time < 5; time++) context.warn(`${klogHead('E', context.io.now())} memcache.go:265] "Unhandled Error" err=${cause}\n`);
}

function warningsCount(context: Context, code: number): number {
  const count = context.hasClient ? context.client.warningCount : 0;
  if (!context.flags.bool('warnings-as-errors') || count === 0) return code;
  throw new CommandError(`${count} warning${count === 1 ? '' : 's'} received`);
}
