import type { RawData, WebSocket } from 'ws';
import type { ApiConnection } from '@/lib/cluster';
import { bytesOf } from './websocket-bytes';

/** Newest first (`apimachinery/pkg/util/remotecommand/constants.go`). v5 is v4 plus a way to close one channel. */
export const subprotocols: readonly string[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Carries a process's streams over one WebSocket: the first byte of every message names the channel. */
export function speakChannels(websocket: WebSocket, connection: ApiConnection): void {
  const process = connection.start({
    stdout: (text) => websocket.send(frame(channel.stdout, text)),
    stderr: (text) => websocket.send(frame(channel.stderr, text)),
    exit({ code, message }) {
      websocket.send(frame(channel.error, JSON.stringify(exitStatus(code, message))));
      websocket.close(1000);
    },
  });
  // A rune may be cut between two messages, so the text is put together across them.
  const decoder = new TextDecoder('utf-8');
  websocket.on('message', (message: RawData) => receive(bytesOf(message), process, decoder));
  websocket.on('close', () => process.hangUp());
  websocket.on('error', () => websocket.terminate());
}

function receive(bytes: Buffer, process: ReturnType<ApiConnection['start']>, decoder: TextDecoder): void {
  const rest = bytes.subarray(1);
  switch (bytes[0]) {
    case channel.stdin:
      return process.stdin(decoder.decode(rest, { stream: true }));
    case channel.resize:
      return resize(rest.toString('utf8'), process);
    case channel.close:
      return rest[0] === channel.stdin ? process.closeStdin() : undefined;
    default:
      return undefined;
  }
}

function resize(text: string, process: ReturnType<ApiConnection['start']>): void {
  try {
    const { Width, Height } = JSON.parse(text) as { Width?: number; Height?: number };
    if (Number.isInteger(Width) && Number.isInteger(Height)) process.resize(Number(Width), Number(Height));
  } catch {
    // A client that garbles its window size keeps the size it had.
  }
}

function frame(number: number, text: string): Buffer {
  return Buffer.concat([Buffer.from([number]), Buffer.from(text, 'utf8')]);
}

/** `metav1.Status` as the kubelet ends an exec (`remotecommand/websocket.go`). */
function exitStatus(code: number, message: string | undefined): object {
  if (code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: message ?? `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}
