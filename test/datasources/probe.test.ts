import { NotInTime } from '../../src/core/within.js';
import { Hris, Maria } from '../../src/datasources/index.js';
import { probe } from '../../src/datasources/probe.js';
import type { Source } from '../../src/datasources/source.js';
import { asInTime, errorOf, install, onBothEngines } from './support.js';

onBothEngines('a probe', ({ dialect, url }) => {
  it('tells engine, version, latency, clock and whether writing is refused, and leaves nothing open', async () => {
    const environment = { MARIA_URL: url(), HRIS_URL: url() };
    const { provider, lines } = install({ environment });
    const began = performance.now();
    const maria = await provider.probe(Maria);
    const hris = await provider.probe(Hris);
    const mostMs = performance.now() - began;
    expect(maria).toMatchObject({ name: 'maria', dialect, readOnly: false });
    expect(hris).toMatchObject({ name: 'hris', dialect, readOnly: true });
    for (const { latencyMs, connectMs } of [maria, hris]) {
      expect(latencyMs).toBeGreaterThan(0);
      expect(connectMs).toBeGreaterThan(0);
      expect(latencyMs + connectMs).toBeLessThanOrEqual(mostMs);
    }
    if (dialect === 'mariadb') {
      expect(maria.version).toMatch(/^MariaDB \d+\.\d+\.\d+$/);
      // Server and test read one clock, at most that far apart.
      expect(Math.abs(maria.clockSkewMs ?? Number.NaN)).toBeLessThanOrEqual(mostMs);
      expect(maria.address).toBe(
        new URL(url()).href.replace('mysql:', 'mariadb:').replace(/:[^:/]+@/, '@'),
      );
    } else {
      expect(maria.version).toMatch(/^SQLite \d+\.\d+\.\d+$/);
      expect(maria).not.toHaveProperty('clockSkewMs');
    }
    expect(asInTime(provider.account(), lines)).toMatchObject({ opened: 2, closed: 2, open: 0 });
    await provider.close();
  });
});

describe('a probe of a server that takes its time', () => {
  /** Of what a probe asks a source for. */
  function slow(answer: (timeoutMs: number) => Promise<void>): Source {
    const connection = { ping: answer };
    const pool = { acquire: async () => ({ connection }), end: async () => 'closed' };
    const engine = { dialect: 'mariadb', address: 'db:3306/app', facts: async () => ({}) };
    const definition = { readOnly: false };
    return { name: 'maria', definition, pool, engine } as unknown as Source;
  }

  it('waits for ten seconds', async () => {
    const patience: number[] = [];
    const source = slow(async (timeoutMs) => void patience.push(timeoutMs));
    expect(await probe(source, () => 0)).toMatchObject({ name: 'maria' });
    expect(patience).toEqual(Array(5).fill(10_000));
  });

  it('says then that it does not answer', async () => {
    const source = slow(() => Promise.reject(new NotInTime(10_000)));
    expect(await errorOf(() => probe(source, () => 0))).toMatchObject({
      code: 'SKEP_CONNECT_FAILED',
      message: 'maria at db:3306/app does not answer within 10000 ms',
    });
  });
});

describe('a probe of what is not there', () => {
  it('throws what connecting throws', async () => {
    // Of the ports that are reserved for the system, so that no other test listens there meanwhile.
    const url = 'mysql://u:hunter2@127.0.0.1:1/d';
    const { provider } = install({ environment: { MARIA_URL: url } });
    expect(await errorOf(() => provider.probe(Maria))).toMatchObject({
      code: 'SKEP_CONNECT_FAILED',
    });
    expect(provider.account()).toMatchObject({ opened: 0, open: 0 });
    await provider.close();
  });
});
