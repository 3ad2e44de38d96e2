// `skep executions list|show|replay|cancel`: what was asked for, what became of it, and to have it again or no more.
import type { Command } from 'commander';
import { cancelCommand } from './cancel.js';
import { listCommand } from './list.js';
import { replayCommand } from './replay.js';
import { showCommand } from './show.js';

export function executionsCommand(group: Command): void {
  for (const add of [listCommand, showCommand, replayCommand, cancelCommand]) add(group);
}
