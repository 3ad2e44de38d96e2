// Outlives the process that started it, by a moment: when its stdin closes (the other end was closed, or
// its process died in whatever way), it kills the server of one folder and removes the folder.
// Usage: node guardian.mjs FOLDER. While a server runs, FOLDER/server.pid holds the id of its process group.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const [, , folder = ''] = process.argv;

function killServer() {
  try {
    const group = Number(readFileSync(join(folder, 'server.pid'), 'utf8'));
    if (group > 0) process.kill(-group, 'SIGKILL');
  } catch {
    // No such file, no such process: it does not run.
  }
}

process.stdin.resume().on('close', () => {
  killServer();
  // The server may write until it is gone: try again while the folder fills behind us.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
});
