import { tlsSchema, tlsSettings } from '../../src/datasources/tls.js';
import { tempFolder } from '../support/temp-folder.js';
import { errorOf } from './support.js';

const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

describe('TLS of a connection', () => {
  it('is off unless it is asked for, and verifies unless it is told not to', () => {
    expect(tlsSettings(undefined)).toBeUndefined();
    expect(tlsSettings(false)).toBeUndefined();
    expect(tlsSettings(true)).toEqual({ rejectUnauthorized: true });
    expect(tlsSettings(tlsSchema.parse({}))).toEqual({ rejectUnauthorized: true });
    expect(tlsSettings(tlsSchema.parse({ rejectUnauthorized: false }))).toEqual({
      rejectUnauthorized: false,
    });
  });

  it('takes certificates as text or as files', () => {
    using folder = tempFolder();
    const ca = folder.write('ca.pem', pem);
    expect(tlsSettings({ ca, cert: pem, key: pem, rejectUnauthorized: true })).toEqual({
      ca: pem,
      cert: pem,
      key: pem,
      rejectUnauthorized: true,
    });
  });

  it('names the place of what cannot be read, and not what is given: it may be a key', async () => {
    const given = '/no/such.pem';
    const error = await errorOf(() => tlsSettings({ ca: given, rejectUnauthorized: true }));
    expect(error.message).not.toContain(given);
    expect(error).toMatchObject({
      code: 'SKEP_CONFIG_INVALID',
      message: 'tls.ca is no PEM text, and no file (ENOENT)',
    });
  });
});
