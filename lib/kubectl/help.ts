import type { Command, CommandGroup } from './command';
import { initialText, type FlagDefinition } from './flags';

const optionsHint = 'Use "kubectl options" for a list of global command-line options (applies to all commands).\n';

/** `kubectl --help` (`kubectl/pkg/util/templates`). */
export function rootHelp(groups: readonly CommandGroup[]): string {
  const width = columnWidth(groups.flatMap(({ commands }) => commands));
  const sections = groups.map(({ title, commands }) => `${title}:\n${commandLines(commands, width)}`);
  return (
    `kubectl controls the Kubernetes cluster manager.\n\n Find more information at: https://kubernetes.io/docs/reference/kubectl/\n\n${sections.join('\n')}\n` +
    `Usage:\n  kubectl [flags] [options]\n\nUse "kubectl <command> --help" for more information about a given command.\n${optionsHint}`
  );
}

export function commandHelp(command: Command, path: string): string {
  const sections = [
    `${command.long ?? `${command.short}.`}\n`,
    command.aliases ? `Aliases:\n${[command.name, ...command.aliases].join(', ')}\n` : '',
    command.examples ? `Examples:\n${command.examples.map(([purpose, line]) => `  # ${purpose}\n  ${line}\n`).join('  \n')}` : '',
    command.subcommands ? `Available Commands:\n${commandLines(command.subcommands, columnWidth(command.subcommands))}` : '',
    command.flags?.length ? `Options:\n${flagHelp(command.flags).trimEnd()}\n` : '',
    `Usage:\n  ${usageLine(command, path)}\n`,
    (command.subcommands ? `Use "${path} <command> --help" for more information about a given command.\n` : '') + optionsHint,
  ];
  return sections.filter(Boolean).join('\n');
}

function usageLine(command: Command, path: string): string {
  return `${path} ${command.usage ?? (command.subcommands ? 'SUBCOMMAND' : '[flags]')} [options]`.replace('  ', ' ');
}

export function flagHelp(flags: readonly FlagDefinition[]): string {
  return [...flags]
    .filter((one) => !one.isHidden)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((one) => `    ${one.shorthand ? `-${one.shorthand}, ` : ''}--${one.name}=${initialText(one)}:\n\t${one.usage}\n\n`)
    .join('');
}

function columnWidth(commands: readonly Command[]): number {
  return Math.max(11, ...commands.map(({ name }) => name.length)) + 3;
}

function commandLines(commands: readonly Command[], width: number): string {
  return commands.map(({ name, short }) => `  ${name.padEnd(width)}${short}\n`).join('');
}
