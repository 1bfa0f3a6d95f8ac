import { Session, type SessionMessage } from '@/lib/labs';
import { smallLab, testHost } from '../../support/lab-folders';

const lab = smallLab(`- id: web\n  cel: 'true'`, {});
let session: Session;
let screens: Record<string, string>;
const sequences: Record<string, number> = {};

beforeAll(async () => {
  screens = {};
  const hear = (message: SessionMessage): void => {
    if (message.name !== 'terminal:output') return;
    const { terminal, text } = message.payload as { terminal: string; text: string };
    screens[terminal] = (screens[terminal] ?? '') + text;
  };
  session = Session.create({ lab, seed: '1', host: testHost, listener: { onChange: () => undefined, onMessage: hear } });
  await session.ask('terminal:open', { terminal: '2' });
  await type('1', 'kubectl run web --image=nginx --port=80 --expose && kubectl wait --for=condition=Ready pod/web\r', 'condition met');
});

afterAll(() => session.stop());

/** Types into a terminal, and lets time pass until it shows what is waited for. Answers what it showed since. */
async function type(terminal: string, text: string, expected: string): Promise<string> {
  screens[terminal] = '';
  sequences[terminal] = (sequences[terminal] ?? 0) + 1;
  await session.ask('terminal:input', { terminal, sequence: sequences[terminal], text });
  for (let turns = 0; turns < 400 && !screens[terminal].includes(expected); turns++) {
    await new Promise((resolve) => setTimeout(resolve, 4));
    session.advance(50);
  }
  expect(screens[terminal]).toContain(expected);
  return screens[terminal];
}

test('a port forwarded in one terminal answers in another, until Ctrl-C', async () => {
  const opened = await type('1', 'kubectl port-forward svc/web 8080:80\r', 'Forwarding from [::1]:8080 -> 80');
  expect(opened).toContain('Forwarding from 127.0.0.1:8080 -> 80');
  await type('2', 'curl -s localhost:8080 | head -n 4\r', 'Welcome to nginx!');
  expect(screens['1']).toContain('Handling connection for 8080');
  expect(await type('2', 'kubectl port-forward pod/web 8080:80\r', 'error: unable')).toContain('bind: address already in use');
  await type('1', '\x03', '$ ');
  await type('2', 'curl localhost:8080\r', 'Failed to connect to localhost port 8080');
});

test('a port nobody listens on ends it at the first connection', async () => {
  await type('1', 'kubectl port-forward pod/web 8081:81\r', '[::1]:8081 -> 81');
  await type('2', 'curl -s localhost:8081; echo done\r', 'done');
  await type('1', '', 'error: lost connection to pod');
  expect(screens['1']).toContain('an error occurred forwarding 8081 -> 81: error forwarding port 81 to pod ');
});

test.each([
  ['port-forward', 'error: TYPE/NAME and list of ports are required for port-forward'],
  ['port-forward svc/web 99', 'error: Service web does not have a service port 99'],
  ['port-forward pod/web http', "error: Pod 'web' does not have a named port 'http'"],
  ['port-forward pod/nope 80', 'Error from server (NotFound): pods "nope" not found'],
])('kubectl %s is refused', async (command, message) => {
  await type('2', `clear; kubectl ${command}\r`, message);
});
