// The proxy breaks connections only in the way it is told to.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.js';
import { HalfOpenProxy } from './half-open-proxy.js';

/** Longer than a byte takes on loopback by far, where the proof is that none comes. */
const silenceMs = 90;

describe('a proxy that breaks connections', () => {
  let echo: Server;
  let proxy: HalfOpenProxy;
  const opened: Socket[] = [];
  const arrived: Socket[] = [];

  beforeEach(async () => {
    const port = await freePort();
    arrived.length = 0;
    echo = createServer((socket) => {
      arrived.push(socket);
      socket.on('error', () => undefined).pipe(socket);
    }).listen(port, '127.0.0.1');
    await once(echo, 'listening');
    proxy = await HalfOpenProxy.create(port);
  });
  afterEach(async () => {
    for (const socket of opened.splice(0)) socket.destroy();
    await proxy.close();
    echo.close();
  });

  async function client(): Promise<Socket> {
    const socket = connect(proxy.port, '127.0.0.1');
    opened.push(socket);
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    return socket;
  }

  async function echoOf(socket: Socket, text: string): Promise<string> {
    const answer = once(socket, 'data');
    socket.write(text);
    return String((await answer)[0]);
  }

  /** Whether the socket hears anything, an end included, of what happens now. */
  async function hearsSomething(socket: Socket): Promise<boolean> {
    const signal = AbortSignal.timeout(silenceMs);
    const heard = ['data', 'end', 'close'].map((event) => once(socket, event, { signal }));
    return Promise.any(heard).then(
      () => true,
      () => false,
    );
  }

  it('passes bytes and ends on, both ways', async () => {
    const socket = await client();
    expect(await echoOf(socket, 'one')).toBe('one');
    const [served] = arrived;
    const gone = served && once(served, 'close');
    socket.end();
    await gone;
  });

  it('leads a URL through itself', () => {
    expect(proxy.through('mysql://user:secret@127.0.0.1:3306/skep?a=b')).toBe(
      `mysql://user:secret@127.0.0.1:${proxy.port}/skep?a=b`,
    );
  });

  it('is silent: connections old and new stay open, neither bytes nor ends pass', async () => {
    const old = await client();
    await echoOf(old, 'one');
    const [served] = arrived;
    if (served === undefined) throw new Error('not connected');
    proxy.silence();
    const fresh = await client();
    const heard = [old, fresh, served].map(hearsSomething);
    old.write('two');
    fresh.write('three');
    served.write('four');
    expect(await Promise.all(heard)).toEqual([false, false, false]);
    const servedHears = hearsSomething(served);
    old.destroy();
    expect(await servedHears).toBe(false);
    expect(arrived).toHaveLength(1);
  });

  it('serves new connections when it is restored, and leaves silenced ones dead', async () => {
    const old = await client();
    await echoOf(old, 'one');
    proxy.silence();
    await proxy.restore();
    const oldHears = hearsSomething(old);
    old.write('two');
    expect(await echoOf(await client(), 'three')).toBe('three');
    expect(await oldHears).toBe(false);
  });

  it('delivers late what was sent into the silence, also by a client that is gone, and brings no answer', async () => {
    const [gone, waiting] = [await client(), await client()];
    await echoOf(gone, 'one');
    await echoOf(waiting, 'one');
    const [ofGone, ofWaiting] = arrived;
    if (ofGone === undefined || ofWaiting === undefined) throw new Error('not connected');
    proxy.silence();
    gone.end('two');
    waiting.write('three');
    await proxy.restore();
    const late = [ofGone, ofWaiting].map((socket) => once(socket, 'data').then(String));
    const ended = once(ofGone, 'end');
    const heard = hearsSomething(waiting);
    proxy.deliverLate();
    expect(await Promise.all(late)).toEqual(['two', 'three']);
    await ended;
    expect(await heard).toBe(false);
  });

  it('cuts all connections, silenced ones as well, and serves new ones', async () => {
    const silenced = await client();
    await echoOf(silenced, 'one');
    proxy.silence();
    await proxy.restore();
    const live = await client();
    await echoOf(live, 'two');
    const gone = [silenced, live, ...arrived].map((socket) => once(socket, 'close'));
    proxy.cut();
    await Promise.all(gone);
    expect(await echoOf(await client(), 'three')).toBe('three');
  });

  it('refuses connections until it is restored, on the same port', async () => {
    const live = await client();
    const gone = once(live, 'close');
    await proxy.refuse();
    await gone;
    await expect(client()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.restore();
    expect(await echoOf(await client(), 'again')).toBe('again');
  });
});
