export { DiskStore, type FileStore } from './file-store';
export { MachineFileSystem } from './file-system';
export { createMachineShell, type MachineShellOptions } from './machine-shell';
export { Shell, type CommandOutcome, type ShellHost } from './shell';
export { Terminal, type TerminalOptions, type TerminalSnapshot } from './terminal';
export { defineTool, ToolError, type Tool, type ToolContext } from './tool';
export { createKubectl, type Dial } from './tools/kubectl';
export type { ToolNetwork } from './tools/network';
export { createWorkstationShell, createWorkstationTerminal, firstFiles, home, type WorkstationOptions } from './workstation';
