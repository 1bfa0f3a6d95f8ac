import { join } from 'node:path';
import { RaftGroup, written, type GroupMessage } from '@/tests/support/raft-group';
import { testTranscripts } from '../support/transcripts';

/**
 * Each file is commands and their whole output: `UPDATE_TRANSCRIPTS=1 npm test -- --selectProjects transcripts` writes the output anew, to be read as a diff.
 *
 *     > stabilize
 *     1→2 append term 2 …
 */
testTranscripts(join(import.meta.dirname, 'raft'), play);

function play(text: string): string {
  const lines = text.split('\n').filter((line) => line.startsWith('> ') || line.startsWith('# '));
  let group: RaftGroup | undefined;
  const output: string[] = [];
  for (const line of lines) {
    if (line.startsWith('# ')) {
      output.push(...(output.length > 0 ? [''] : []), line);
      continue;
    }
    output.push('', line);
    const words = line.slice(2).split(' ');
    if (words[0] === 'group') group = create(words, output);
    else if (group) perform(group, words, output);
  }
  return `${output.join('\n')}\n`.trimStart();
}

function create([, size, ...flags]: readonly string[], output: string[]): RaftGroup {
  const group = new RaftGroup({
    size: Number(size),
    seed: 'transcript',
    learners: flags.includes('learner') ? 1 : 0,
    raft: { preVote: !flags.includes('no-pre-vote') },
  });
  const before = new Map(group.members.map(({ id }) => [id, 'follower']));
  group.onReady = (id, ready) => {
    const { role, term, leader } = group.node(id);
    const state = `${role} in term ${term}${leader === undefined ? '' : leader === id ? '' : `, following ${leader}`}`;
    if (before.get(id) !== state) output.push(`  ${id} is ${state}`);
    before.set(id, state);
    if (ready.snapshot) output.push(`  ${id} installs a snapshot at ${ready.snapshot.term}/${ready.snapshot.index}`);
    if (ready.entries.length > 0) output.push(`  ${id} saves ${ready.entries.map(written).join(', ')}`);
    for (const entry of ready.committed) output.push(`  ${id} applies ${written(entry)}`);
    for (const message of ready.messages) output.push(`  ${spoken(message)}`);
  };
  return group;
}

function perform(group: RaftGroup, [command, ...words]: readonly string[], output: string[]): void {
  const [id = '', ...rest] = words;
  switch (command) {
    case 'campaign':
      return group.act(id, (node) => node.campaign());
    case 'tick':
      return group.tick(id, Number(rest[0] ?? 1));
    case 'propose':
      return group.propose(id, rest.join(' '));
    case 'read':
      return group.act(id, (node) => node.readIndex(rest[0] as string));
    case 'transfer':
      return group.act(id, (node) => node.transferLeadership(rest[0] as string));
    case 'add-voter':
    case 'add-learner':
    case 'remove':
      return group.change(id, { steps: [{ type: command, member: rest[0] as string }] });
    case 'replace':
      return group.change(id, {
        steps: [
          { type: 'remove', member: rest[0] as string },
          { type: 'add-voter', member: rest[1] as string },
        ],
      });
    case 'partition':
      return group.partition(id.split(','), (rest[0] as string).split(','));
    case 'heal':
      return group.heal();
    case 'crash':
      return group.crash(id);
    case 'start':
      group.start(id);
      return group.settle(id);
    case 'compact':
      return group.compact(id);
    case 'stabilize':
      return group.stabilize();
    case 'status':
      for (const member of group.members) output.push(`  ${status(group, member.id)}`);
      return;
    default:
      throw new Error(`no command ${command}`);
  }
}

function status(group: RaftGroup, id: string): string {
  const { node, applied } = group.member(id);
  if (!node) return `${id} is down`;
  const { term, role, log } = node;
  return `${id} ${role} term ${term} log ${log.firstIndex}..${log.lastIndex} committed ${log.committed} applied [${applied.map(({ data }) => data).join(' ')}]`;
}

function spoken(message: GroupMessage): string {
  const header = `${message.from}→${message.to} ${message.type} term ${message.term}`;
  switch (message.type) {
    case 'vote':
    case 'pre-vote':
      return `${header} log ends at ${message.lastTerm}/${message.lastIndex}${message.isTransfer ? ' (transfer)' : ''}`;
    case 'vote-response':
    case 'pre-vote-response':
      return `${header} ${message.isRejected ? 'no' : 'yes'}`;
    case 'append':
      return `${header} after ${message.previousTerm}/${message.previousIndex} commit ${message.commit} [${message.entries.map(written).join(', ')}]`;
    case 'append-response':
      return `${header} ${message.isRejected ? `refused at ${message.index}, try ${message.hintTerm}/${message.hintIndex}` : `up to ${message.index}`}`;
    case 'heartbeat':
      return `${header} commit ${message.commit}${message.context === undefined ? '' : ` read ${message.context}`}`;
    case 'heartbeat-response':
      return `${header}${message.context === undefined ? '' : ` read ${message.context}`}`;
    case 'snapshot':
      return `${header} at ${message.snapshot.term}/${message.snapshot.index}`;
    case 'read-index':
      return `${header} ${message.context}`;
    case 'read-index-response':
      return `${header} ${message.context} at ${message.index}`;
    case 'propose':
      return `${header} ${message.entries.length}`;
    case 'transfer-leader':
      return `${header} to ${message.transferee}`;
    default:
      return header;
  }
}
