// A process that owns a Redis and waits to be killed; it prints the port.
import { RedisServer } from '../../support/servers/redis-server.js';

const server = await RedisServer.create();
process.stdout.write(String(server.port));
setInterval(() => {}, 60_000);
