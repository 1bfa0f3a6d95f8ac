import { watch } from '@/lib/sandbox/etcd/streams';
import { EtcdGroup } from '../../support/etcd-group';

test('a watch from the past tells of a revision with many events, however many, in one answer', () => {
  const group = new EtcdGroup({ size: 1 });
  const member = group.member('cp-1');
  for (let count = 0; count < 150_000; count++) member.put(`k${count}`, 1);
  const { revision } = member.deleteRange('k', { end: 'l' });
  const answers: { events?: readonly unknown[] }[] = [];
  const talk = watch(member, { write: (message) => void answers.push(message), end: () => undefined } as Parameters<typeof watch>[1]);
  talk.message({ create_request: { key: 'k', range_end: 'l', start_revision: revision } });
  expect(answers.map(({ events }) => events?.length)).toEqual([undefined, 150_000]);
  talk.close();
});
