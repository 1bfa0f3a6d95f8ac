import { defineTool, ToolError, type Tool } from '../tool';

/** Who and where one is: `whoami`, `id`, `hostname`, `uname`. */
export function createIdentity({ user, hostname, uid }: { user: string; hostname: string; uid: number }): readonly Tool[] {
  const say = (name: string, summary: string, text: (args: readonly string[]) => string): Tool =>
    defineTool({ name, summary, run: ({ args, stdout }) => (stdout(`${text(args)}\n`), 0) });
  return [
    say('whoami', 'print who you are', () => user),
    say('id', 'print user and group', (args) =>
      args.includes('-u') ? String(uid) : `uid=${uid}(${user}) gid=${uid}(${user}) groups=${uid}(${user})`,
    ),
    say('hostname', "print this machine's name", () => hostname),
    say('uname', 'print the system', (args) =>
      args.includes('-a')
        ? `Linux ${hostname} 6.12.48 #1 SMP PREEMPT_DYNAMIC x86_64 GNU/Linux`
        : args.includes('-r')
          ? '6.12.48'
          : args.includes('-m')
            ? 'x86_64'
            : args.includes('-n')
              ? hostname
              : 'Linux',
    ),
  ];
}

/** What a learner may try and finds refused, with what to do instead. */
export const refusals: readonly Tool[] = [
  refuse('ssh', 'ssh: this workstation has no key for the nodes. Reach Pods with: kubectl exec -it POD -- sh'),
  refuse('scp', "scp: not simulated; read a node's file with: ssh NODE 'cat FILE' > FILE"),
  refuse('sudo', 'learner is not in the sudoers file.'),
  refuse('docker', 'docker: there is no container engine on this workstation; Pods run on the nodes.'),
  refuse('helm', 'helm: not installed here. kubectl apply -f does what the labs need.'),
];

function refuse(name: string, message: string): Tool {
  return defineTool({ name, summary: '', run: () => Promise.reject(new ToolError(message)) });
}
