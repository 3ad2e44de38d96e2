// What `skep doctor` warns of in a data source that works: rights to write where nothing should be written, and the network.
import type { BrokerWarning } from '../../core/ports/broker.js';
import type { ProbeReport } from '../../datasources/index.js';

/** Rights that are named; of the others it is said how many they are. */
const mostNamed = 5;

export function sourceWarnings(report: ProbeReport): BrokerWarning[] {
  return [...rightsWarning(report), ...transportWarning(report)];
}

function rightsWarning({ name, mayWrite = [] }: ProbeReport): BrokerWarning[] {
  if (mayWrite.length === 0) return [];
  const rest = mayWrite.length - mostNamed;
  const named = mayWrite.slice(0, mostNamed).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
  return [
    {
      message: `the user of ${name} may do more than read: ${named}`,
      remedy:
        'Give it a user with the right to read alone; docs/guide/data-sources.md has the statements for each engine.',
    },
  ];
}

function transportWarning({ name, transport }: ProbeReport): BrokerWarning[] {
  if (transport === undefined || transport.isLoopback) return [];
  if (!transport.isEncrypted) {
    return [
      {
        message: `${name} is not on this machine, and the connection is not encrypted: rows and the password can be read on the way`,
        remedy: `Add ?ssl=true to its URL, or "tls" to dataSources.${name} in plugins.json.`,
      },
    ];
  }
  if (transport.isVerified) return [];
  return [
    {
      message: `the certificate of ${name} is not verified: anybody on the way can take its place`,
      remedy: `Give the certificate of its authority in dataSources.${name}.tls.ca.`,
    },
  ];
}
