import { getCommandNames } from 'just-bash';

/** Programs of the library that would reach the host's clock or its network, or that nobody has at hand. */
const absent: readonly string[] = ['html-to-markdown', 'sqlite3', 'python', 'python3', 'js-exec', 'node', 'xan', 'rg'];

/** What every shell has of the library. */
export const libraryCommands: readonly string[] = getCommandNames().filter((name) => !absent.includes(name));
