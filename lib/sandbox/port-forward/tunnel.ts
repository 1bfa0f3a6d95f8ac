import type { WebSocket } from 'ws';
import type { ApiForwarding, ForwardedConnection } from '@/lib/cluster';
import { bytesOf } from '../websocket-bytes';
import { SpdyConnection } from './spdy';

/** SPDY inside WebSocket messages, as kubectl speaks from 1.31 on (`apimachinery/pkg/util/portforward/constants.go`). */
export const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io';

/** The two streams of one connection, which the client names by the same `requestID`. */
interface Pair {
  error?: number;
  data?: number;
  connection?: ForwardedConnection;
}

/** Carries any number of connections over one WebSocket (`kubelet/pkg/cri/streaming/portforward/httpstream.go`). */
export function speakTunnel(websocket: WebSocket, forwarding: ApiForwarding): void {
  const pairs = new Map<string, Pair>();
  const byStream = new Map<number, { readonly key: string; readonly isData: boolean }>();
  const connectionOf = (id: number): ForwardedConnection | undefined => {
    const stream = byStream.get(id);
    return stream?.isData ? pairs.get(stream.key)?.connection : undefined;
  };
  const forget = (key: string): void => {
    const pair = pairs.get(key);
    pairs.delete(key);
    for (const id of [pair?.error, pair?.data]) if (id !== undefined) byStream.delete(id);
  };

  const open = (key: string, pair: Pair, port: number, error: number, data: number): void => {
    pair.connection = forwarding.open(port, {
      data: (bytes) => spdy.write(data, bytes),
      end(message) {
        if (message !== undefined) spdy.write(error, Buffer.from(message));
        spdy.end(error);
        spdy.end(data);
        forget(key);
      },
    });
  };

  const spdy = new SpdyConnection({
    send: (bytes) => websocket.readyState === websocket.OPEN && websocket.send(bytes),
    close: () => websocket.close(),
    handler: {
      onStream(id, headers) {
        const key = headers.get('requestid') ?? String(id);
        const isData = headers.get('streamtype') === 'data';
        const pair = pairs.get(key) ?? {};
        pairs.set(key, pair);
        byStream.set(id, { key, isData });
        pair[isData ? 'data' : 'error'] = id;
        if (pair.data !== undefined && pair.error !== undefined) open(key, pair, Number(headers.get('port')), pair.error, pair.data);
      },
      onData: (id, bytes) => connectionOf(id)?.write(bytes),
      onEnd: (id) => connectionOf(id)?.closeWrite(),
      onReset(id) {
        const key = byStream.get(id)?.key;
        connectionOf(id)?.hangUp();
        if (key !== undefined) forget(key);
      },
    },
  });

  websocket.on('message', (message) => spdy.receive(bytesOf(message)));
  websocket.on('error', () => websocket.terminate());
  websocket.on('close', () => {
    spdy.dispose();
    forwarding.close();
  });
}
