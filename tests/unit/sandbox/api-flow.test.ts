import type { ApiForwarding, ApiResponse } from '@/lib/cluster';
import { receiveAnswer, sendAnswer } from '@/lib/sandbox/api-flow';
import type { ClientFlow, ServerFlow } from '@/lib/sandbox/protocol';

/** An answer as it comes out of a worker thread: everything is copied on its way. */
function across(response: ApiResponse): ApiResponse {
  let hear: (flow: ServerFlow) => void = () => undefined;
  const { answer, flow } = sendAnswer(response, (sent) => hear(structuredClone(sent)));
  return receiveAnswer(structuredClone(answer), {
    send: (sent: ClientFlow) => flow?.(structuredClone(sent)),
    receive: (listener) => void (hear = listener),
  });
}

/** Echoes in capitals; port 81 is refused. */
function echo(events: string[]): ApiForwarding {
  return {
    open(port, sink) {
      events.push(`open ${port}`);
      if (port === 81) sink.end('refused');
      return {
        write: (bytes) => sink.data(Buffer.from(Buffer.from(bytes).toString().toUpperCase())),
        closeWrite: () => sink.end(),
        hangUp: () => void events.push(`hang up ${port}`),
      };
    },
    close: () => void events.push('close'),
  };
}

test('forwarded connections go through side by side, each to its end', () => {
  const events: string[] = [];
  const { forward, status } = across({ status: 101, headers: {}, forward: echo(events) });
  const seen: string[] = [];
  const open = (name: string, port: number) =>
    forward?.open(port, {
      data: (bytes) => void seen.push(`${name} ${Buffer.from(bytes).toString()}`),
      end: (error) => void seen.push(`${name} ends ${error ?? 'well'}`),
    });
  const [a, b] = [open('a', 80), open('b', 8080)];
  open('c', 81);
  b?.write(Buffer.from('two'));
  a?.write(Buffer.from('one'));
  a?.closeWrite();
  b?.hangUp();
  forward?.close();
  expect(status).toBe(101);
  expect(seen).toEqual(['c ends refused', 'b TWO', 'a ONE', 'a ends well']);
  expect(events).toEqual(['open 80', 'open 8080', 'open 81', 'hang up 8080', 'close']);
});

test('whose sandbox is gone hears it: a watch ends, and no command is said to have ended', () => {
  let lose: () => void = () => undefined;
  const receive = (kind: 'stream' | 'connect') =>
    receiveAnswer(
      { status: 101, headers: {}, kind },
      { send: () => undefined, receive: (listener) => (lose = () => listener({ lost: true })) },
    );
  const heard: string[] = [];
  receive('stream').stream?.start({ write: () => undefined, end: () => void heard.push('watch ends') });
  lose();
  const { connect, whenLost } = receive('connect');
  whenLost?.(() => void heard.push('connection lost'));
  connect?.start({ stdout: () => undefined, stderr: () => undefined, exit: () => void heard.push('command ends') });
  lose();
  expect(heard).toEqual(['watch ends', 'connection lost']);
});
