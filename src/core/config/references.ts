// The JSON Schema of plugins.json allows `${NAME:-default}` wherever a value of another form is expected.

type Schema = Record<string, unknown>;

const reference = { type: 'string', pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}' };

/** True for what a plain text would not satisfy, although a reference can stand there. */
function needsReference(schema: Schema): boolean {
  if (schema.type === 'integer' || schema.type === 'number' || schema.type === 'boolean')
    return true;
  return schema.type === 'string' && ('pattern' in schema || 'enum' in schema);
}

/** A copy of a JSON Schema in which every number, boolean and restricted text may be a reference instead. */
export function withReferences(schema: object): object {
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      // Names of properties are restricted by schemas too, and no reference stands there.
      key === 'propertyNames' ? value : visit(value),
    ]),
  );
}

function visit(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(visit);
  if (typeof value !== 'object' || value === null) return value;
  if (!needsReference(value as Schema)) return withReferences(value);
  const { description, default: fallback, ...rest } = value as Schema;
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [rest, reference],
  };
}
