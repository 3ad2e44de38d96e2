// A process that owns a server and waits to be killed; it prints the port.
import { MariaServer } from '../../support/servers/mariadb-server.js';

const server = await MariaServer.create();
process.stdout.write(String(server.port));
setInterval(() => {}, 60_000);
