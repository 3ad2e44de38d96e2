// A reader that goes away (`skep … | head -1`): what is written to it is lost, and nothing else happens.

/** Keeps a closed pipe from becoming an exception, which would be logged into the same pipe, for ever. */
export function ignoreBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
