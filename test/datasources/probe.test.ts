import { Hris, Maria } from '../../src/datasources/index.js';
import { freePort } from '../support/servers/free-port.js';
import { errorOf, install, onBothEngines } from './support.js';

onBothEngines('a probe', ({ dialect, url }) => {
  it('tells engine, version, latency, clock and whether writing is refused, and leaves nothing open', async () => {
    const { provider } = install({ environment: { MARIA_URL: url(), HRIS_URL: url() } });
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
    expect(provider.account()).toMatchObject({ opened: 2, closed: 2, open: 0 });
    await provider.close();
  });
});

describe('a probe of what is not there', () => {
  it('throws what connecting throws', async () => {
    const url = `mysql://u:hunter2@127.0.0.1:${await freePort()}/d`;
    const { provider } = install({ environment: { MARIA_URL: url } });
    expect(await errorOf(() => provider.probe(Maria))).toMatchObject({
      code: 'SKEP_CONNECT_FAILED',
    });
    expect(provider.account()).toMatchObject({ opened: 0, open: 0 });
    await provider.close();
  });
});
