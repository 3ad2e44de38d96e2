// Configuration and boot, and the command line.
import { type CatalogueEntry, entry } from './entry.js';

export const bootErrors = {
  SKEP_CONFIG_NOT_FOUND: entry(
    2,
    'There is no plugins.json where Skep looked.',
    'Run in the folder that holds plugins.json, or name it with --config.',
  ),
  SKEP_CONFIG_SYNTAX: entry(
    2,
    'plugins.json is not valid JSON.',
    'Mend the line and column that the message names.',
  ),
  SKEP_CONFIG_INVALID: entry(
    2,
    'A value or key in plugins.json or in the environment is not what is expected there.',
    'Change the named place to what the message expects.',
  ),
  SKEP_PLUGIN_NOT_FOUND: entry(
    2,
    'The module of a plugin cannot be found.',
    'Correct the module in plugins.json, or install the package.',
  ),
  SKEP_PLUGIN_LOAD: entry(
    2,
    'A plugin threw while its module was loaded, or did not finish loading in time.',
    "Mend the plugin; --verbose shows the plugin's own error.",
  ),
  SKEP_PLUGIN_INVALID: entry(
    2,
    'A module is not a plugin, or its manifest is not valid.',
    'Export definePlugin({ … }) as default and mend what the message names.',
  ),
  SKEP_PLUGIN_DEPENDENCY: entry(
    2,
    'A plugin needs another one that is missing, disabled, too old, or that needs it in turn.',
    'Enable the named plugin in plugins.json, or update it.',
  ),
  SKEP_PLUGIN_START: entry(
    2,
    'A plugin failed to start, or did not start before its deadline.',
    'Read the cause; raise startTimeout in plugins.json when the plugin is merely slow.',
  ),
  SKEP_PLUGIN_FAILED: entry(
    1,
    'Code of a plugin failed outside of its start: what it contributes could not be made, or a probe of `skep doctor`.',
    "Read the message; --verbose shows the plugin's own error.",
  ),
  SKEP_TASK_INVALID: entry(
    2,
    'A task class is declared wrongly.',
    'Mend the decorator or the constructor parameter that the message names.',
  ),
  SKEP_INJECTION_INVALID: entry(
    2,
    'A task, or a service that it needs, asks in its constructor for something that cannot be given.',
    'Register it in register() of a plugin, mark its class @injectable(), or correct the token that the message names.',
  ),
  SKEP_TASK_DUPLICATE: entry(
    2,
    'Two task classes have the same code.',
    'Give one of them another code.',
  ),
  SKEP_NODE_TOO_OLD: entry(
    2,
    'This version of Node lacks what Skep needs.',
    'Install a newer Node, or run Skep with one: `node --version` shows which one is found.',
  ),
  SKEP_USAGE: entry(
    2,
    'The command line has a mistake: an unknown word, a value that is missing or not allowed, or options that do not go together.',
    'Add --help to the command to see what it takes.',
  ),
  SKEP_CONFIRMATION_NEEDED: entry(
    2,
    'A command that changes many executions asks first, and the command line does not say --yes.',
    'Look at what fits, then give the same command with --yes.',
  ),
  SKEP_INTERNAL: entry(
    1,
    'An error that Skep did not expect.',
    'Run again with --verbose and report what it prints.',
  ),
} as const satisfies Record<string, CatalogueEntry>;
