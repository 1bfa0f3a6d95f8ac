import type { WebSocket } from 'ws';
import { failure, type ApiForwarding } from '@/lib/cluster';
import { bytesOf } from '../websocket-bytes';

/** `v4` is what a kubelet serves; `v5` is for clients that know nothing older. */
export const channelProtocols: readonly string[] = ['v4.channel.k8s.io', 'v5.channel.k8s.io'];

/** The ports named in the query, as `portforward.NewV4Options` reads them. */
export function portsOf(url: string): readonly number[] {
  const values = new URLSearchParams(url.split('?')[1] ?? '').getAll('ports').flatMap((value) => value.split(','));
  if (values.length === 0) throw failure(400, 'BadRequest', 'query parameter "port" is required');
  return values.map((value) => {
    if (value === '') throw failure(400, 'BadRequest', 'query parameter "port" cannot be empty');
    const port = Number(value);
    if (!/^\d+$/.test(value) || port > 65_535) throw failure(400, 'BadRequest', `unable to parse ${JSON.stringify(value)} as a port`);
    if (port < 1) throw failure(400, 'BadRequest', `port ${JSON.stringify(value)} must be > 0`);
    return port;
  });
}

const closeSignal = 255;

/**
 * One connection to each port over one WebSocket, two channels each: an even one for data, the next for what went wrong. Each begins with the
 * port it stands for (`kubelet/pkg/cri/streaming/portforward/websocket.go`).
 */
export function speakPortChannels(websocket: WebSocket, forwarding: ApiForwarding, ports: readonly number[]): void {
  const send = (channel: number, bytes: Uint8Array): void => {
    if (websocket.readyState === websocket.OPEN) websocket.send(Buffer.concat([Buffer.from([channel]), bytes]));
  };
  let left = ports.length;
  const connections = ports.map((port, index) => {
    const [data, error] = [2 * index, 2 * index + 1];
    const name = Buffer.alloc(2);
    name.writeUInt16LE(port);
    send(data, name);
    send(error, name);
    return forwarding.open(port, {
      data: (bytes) => send(data, bytes),
      end(message) {
        if (message !== undefined) send(error, Buffer.from(message));
        if (--left === 0) websocket.close(1000);
      },
    });
  });
  websocket.on('message', (message) => {
    const bytes = bytesOf(message);
    const channel = bytes[0] ?? 0;
    if (channel === closeSignal) connections[(bytes[1] ?? 0) / 2]?.closeWrite();
    else if (channel % 2 === 0) connections[channel / 2]?.write(bytes.subarray(1));
  });
  websocket.on('close', () => forwarding.close());
  websocket.on('error', () => websocket.terminate());
}
