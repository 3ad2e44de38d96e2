// Entities that no plugin contributes: the message names entity and data source, and the line to add.
import { EntitySchema } from 'typeorm';
import { entities, Hris, Maria } from '../../src/datasources/index.js';
import { tempFolder } from '../support/temp-folder.js';
import { errorOf, install } from './support.js';

const id = { type: Number, primary: true } as const;

class Person {
  declare id: number;
}
const PersonSchema = new EntitySchema<Person>({
  name: 'Person',
  target: Person,
  columns: { id },
});
const PetSchema = new EntitySchema<{ id: number; owner: object }>({
  name: 'Pet',
  columns: { id },
  relations: { owner: { type: 'many-to-one', target: 'Person' } },
});

/** What a query for persons in Maria fails with, while `contributed` is all that plugins contribute. */
async function failure(
  contributed: ReturnType<typeof entities>,
  target: typeof PersonSchema | typeof Person | string,
): Promise<unknown> {
  using folder = tempFolder();
  const { provider, openRun } = install({
    environment: {},
    folder: folder.path,
    plugins: [{ name: 'people', contributes: [contributed] }],
  });
  const { scope, source } = openRun();
  try {
    return await errorOf(() =>
      source(Maria).use((manager) => manager.getRepository(target).find()),
    );
  } finally {
    await scope.dispose();
    await provider.close();
  }
}

const told = expect.objectContaining({
  code: 'SKEP_ENTITY_UNKNOWN',
  message: expect.stringMatching(
    /^maria: the entity Person .*no plugin contributes it.*`entities\(Maria, \[Person\]\)`/,
  ),
});

test.each([
  ['its class', Person],
  ['its schema', PersonSchema],
  ['its name', 'Person'],
])('an entity that is asked for by %s', async (_, target) => {
  expect(await failure(entities(Maria, []), target)).toEqual(told);
});

test('an entity that is contributed to another data source', async () => {
  expect(await failure(entities(Hris, [PersonSchema]), Person)).toEqual(told);
});

test('an entity that only a relation leads to', async () => {
  expect(await failure(entities(Maria, [PetSchema]), 'Pet')).toMatchObject({
    code: 'SKEP_ENTITY_UNKNOWN',
    message: expect.stringContaining('the relation Pet.owner leads to it'),
  });
});
