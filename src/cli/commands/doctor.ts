// `skep doctor`: connects to everything that is configured and says what it found.
import type { Command } from 'commander';
import { action, addCommand } from '../command.js';

export function doctorCommand(program: Command): void {
  addCommand(program, 'doctor', 'Connect to everything that is configured and say what was found', [
    'skep doctor',
    'skep doctor --json',
  ]).action(
    action(async ({ install }) => {
      await install();
      return 0;
    }),
  );
}
