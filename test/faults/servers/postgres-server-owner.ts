// A process that owns a PostgreSQL and waits to be killed; it prints the URL.
import { PostgresServer } from '../../support/servers/postgres-server.js';

const server = await PostgresServer.create();
process.stdout.write(server.url);
setInterval(() => {}, 60_000);
