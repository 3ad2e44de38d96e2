// How deep JSON may be nested: what can be read can be far deeper than what can be written again.
import type { JsonValue } from './json.js';

/** Levels that a payload may have. */
export const deepestJson = 1_000;

/** Whether a value has more levels than a payload may have. Uses no stack of its own. */
export function isTooDeep(value: JsonValue): boolean {
  let level: (JsonValue[] | { [key: string]: JsonValue })[] = isNested(value) ? [value] : [];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= deepestJson) return true;
    const below: typeof level = [];
    for (const each of level) {
      for (const inside of Object.values(each)) if (isNested(inside)) below.push(inside);
    }
    level = below;
  }
  return false;
}

const isNested = (value: JsonValue): value is JsonValue[] | { [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null;
