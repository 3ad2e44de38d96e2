// Files that only their owner may read, whatever the umask and whatever was there before.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  makePrivateDatabase,
  makePrivateFolder,
  replacePrivateFile,
  writeNewFile,
} from '../../src/core/private-files.js';
import { DatabaseSync } from '../../src/core/sqlite-driver.js';
import { type TempFolder, tempFolder } from '../support/temp-folder.js';

const mode = (path: string): string => (lstatSync(path).mode & 0o777).toString(8);
let folder: TempFolder;
let umask: number;
const at = (name: string): string => join(folder.path, name);

beforeEach(() => {
  folder = tempFolder();
  umask = process.umask(0);
});
afterEach(() => {
  process.umask(umask);
  folder[Symbol.dispose]();
});

describe('a folder', () => {
  it.each([0o000, 0o022, 0o277])('is created as 0700, with those above it (umask %o)', (mask) => {
    process.umask(mask);
    makePrivateFolder(at('a/b'));
    process.umask(0);
    expect([mode(at('a')), mode(at('a/b'))]).toEqual(['700', '700']);
  });

  it('that exists keeps its mode', () => {
    mkdirSync(at('a'), { mode: 0o755 });
    makePrivateFolder(at('a'));
    expect(mode(at('a'))).toBe('755');
  });

  it('below /proc is refused at once', () => {
    expect(() => makePrivateFolder('/proc/skep-test/data')).toThrow(/ENOENT|EACCES|EROFS|EPERM/);
  });

  it('of the name of a file is refused', () => {
    folder.write('file', '');
    expect(() => makePrivateFolder(at('file'))).toThrow(/EEXIST/);
  });
});

describe('a SQLite file', () => {
  const fill = (path: string) => {
    const database = new DatabaseSync(path);
    database.exec(
      'PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS t(v); INSERT INTO t VALUES (1)',
    );
    return database;
  };

  it('is 0600 with all that SQLite creates beside it, and nothing else stays', () => {
    // Of a process that was killed while it created the file.
    folder.write('x.db.new', '');
    makePrivateDatabase(at('x.db'));
    const database = fill(at('x.db'));
    const names = readdirSync(folder.path).sort();
    expect(names).toEqual(['x.db', 'x.db-shm', 'x.db-wal']);
    expect(names.map((name) => mode(at(name)))).toEqual(['600', '600', '600']);
    database.close();
  });

  it('that was created wider is narrowed, and keeps its rows', () => {
    const older = fill(at('x.db'));
    expect(mode(at('x.db-wal'))).toBe('644');
    makePrivateDatabase(at('x.db'));
    expect(readdirSync(folder.path).map((name) => mode(at(name)))).toEqual(['600', '600', '600']);
    expect(older.prepare('SELECT count(*) AS n FROM t').all()).toMatchObject([{ n: 1 }]);
    older.close();
  });

  it.each(['x.db', 'x.db-wal'])(
    'is refused where %s is a symbolic link, and its target is left as it was',
    (name) => {
      folder.write('target', '');
      chmodSync(at('target'), 0o644);
      symlinkSync(at('target'), at(name));
      expect(() => makePrivateDatabase(at('x.db'))).toThrow(`${name} is a symbolic link`);
      expect([mode(at('target')), readFileSync(at('target'), 'utf8')]).toEqual(['644', '']);
    },
  );

  it('is refused where the link leads to nothing, and nothing is created there', () => {
    symlinkSync(at('nowhere'), at('x.db'));
    expect(() => makePrivateDatabase(at('x.db'))).toThrow('is a symbolic link');
    expect(existsSync(at('nowhere'))).toBe(false);
  });
});

describe('a small file', () => {
  it('is replaced as a whole with mode 0600; a link of its name is replaced, not followed', () => {
    folder.write('target', 'mine');
    symlinkSync(at('target'), at('owner.json'));
    replacePrivateFile(at('owner.json'), 'new');
    expect(readFileSync(at('target'), 'utf8')).toBe('mine');
    expect([lstatSync(at('owner.json')).isFile(), mode(at('owner.json'))]).toEqual([true, '600']);
    expect(readdirSync(folder.path).sort()).toEqual(['owner.json', 'target']);
  });

  it('is not written where anything has its name', () => {
    writeFileSync(at('a'), 'old');
    symlinkSync(at('target'), at('b'));
    for (const name of ['a', 'b']) {
      expect(() => writeNewFile(at(name), 'new')).toThrow(/EEXIST/);
    }
    expect([readFileSync(at('a'), 'utf8'), existsSync(at('target'))]).toEqual(['old', false]);
  });

  it('that cannot take its place leaves nothing behind', () => {
    mkdirSync(at('owner.json'));
    expect(() => replacePrivateFile(at('owner.json'), 'new')).toThrow(
      /EISDIR|ENOTDIR|EEXIST|ENOTEMPTY/,
    );
    expect(statSync(at('owner.json')).isDirectory()).toBe(true);
    expect(readdirSync(folder.path)).toEqual(['owner.json']);
  });
});
