// Which hosts are this machine: nobody else is on the way to them.

/** @param host a name or an address, as in a URL */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    /^127(\.\d+){3}$/.test(name) ||
    name === '::1'
  );
}
