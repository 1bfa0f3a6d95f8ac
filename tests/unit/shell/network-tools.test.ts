import type { HttpRequest, HttpResult } from '@/lib/cluster';
import type { ToolNetwork } from '@/lib/shell/tools/network';
import { emptyNetwork, Keyboard } from '../../support/keyboard';

const page = '<title>Welcome to nginx!</title>\n';

function networkOf(answer: (request: HttpRequest, timeoutMs: number | undefined) => HttpResult): ToolNetwork {
  return { ...emptyNetwork, http: (request, options) => answer(request, options?.timeoutMs) };
}

const serving = networkOf((request) => ({
  type: 'response',
  tookMs: 3,
  remoteIp: '172.18.0.3',
  response: {
    status: request.url.endsWith('/missing') ? 404 : 200,
    headers: { server: 'nginx/1.27.5', 'content-type': 'text/html' },
    body: page,
  },
}));

describe('curl', () => {
  test('prints the body, the head with -i, and what -w asks for', async () => {
    const keyboard = await Keyboard.sitDown({ network: serving });
    await keyboard.type('curl web\r');
    expect(await keyboard.wait(3)).toBe(`${page}~ $ `);
    await keyboard.type('curl -sI web\r');
    expect(await keyboard.wait(3)).toBe('HTTP/1.1 200 OK\nServer: nginx/1.27.5\nContent-Type: text/html\n\n~ $ ');
    await keyboard.type("curl -s -o /dev/null -w '%{http_code}\\n' web/missing\r");
    expect(await keyboard.wait(3)).toBe('404\n~ $ ');
  });

  test('fails with its own codes and sentences', async () => {
    const errors = { 'could-not-resolve': ['', 6], refused: ['', 7], timeout: ['', 28] } as const;
    const said = await Promise.all(
      Object.keys(errors).map(async (error) => {
        const keyboard = await Keyboard.sitDown({
          network: networkOf(() => ({ type: 'error', error: error as 'refused', message: '', tookMs: 5 })),
        });
        await keyboard.type('curl -m 2 web:8080; echo $?\r');
        return keyboard.wait(5);
      }),
    );
    expect(said).toEqual([
      'curl: (6) Could not resolve host: web\n6\n~ $ ',
      'curl: (7) Failed to connect to web port 8080 after 5 ms: Could not connect to server\n7\n~ $ ',
      'curl: (28) Connection timed out after 5 milliseconds\n28\n~ $ ',
    ]);
  });

  test('waits as long as the answer took, and Ctrl-C stops waiting', async () => {
    const keyboard = await Keyboard.sitDown({
      network: networkOf(() => ({ type: 'error', error: 'timeout', message: '', tookMs: 130_000 })),
    });
    await keyboard.type('curl 10.96.0.1\r');
    expect(await keyboard.wait(60_000)).toBe('');
    expect(await keyboard.type('\x03')).toBe('^C\n~ $ ');
  });

  test('refuses options it does not know, as curl does', async () => {
    const keyboard = await Keyboard.sitDown();
    expect(await keyboard.type('curl --nosuch web\r')).toContain(
      "curl: option --nosuch: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
    );
  });
});

test('watch fills the screen again and again until Ctrl-C', async () => {
  const keyboard = await Keyboard.sitDown({ columns: 60 });
  expect(await keyboard.type('watch -n 5 date\r')).toContain('Every 5.0s: date');
  expect(await keyboard.wait(5000)).toContain('Mon Jan  5 08:00:05 UTC 2026');
  expect(await keyboard.type('\x03')).toBe('^C\n~ $ ');
});
