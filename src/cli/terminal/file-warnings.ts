// What `skep doctor` warns of in the files of an installation: others may read them, or everything runs as root.
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { BrokerWarning } from '../../core/ports/broker.js';
import { isOpenToOthers } from '../../core/private-files.js';

/** Files that are named; of the others it is said how many they are. */
const mostNamed = 5;
/** What a mode grants to everybody, and to the group to write. */
const envMask = 0o027;

export interface ExaminedFiles {
  /** Absolute path of the data folder; it may not exist. */
  readonly dataDir: string;
  /** Absolute path of `.env`; it may not exist. */
  readonly envFile: string;
  /** User id of the process; undefined on systems without them. */
  readonly uid: number | undefined;
}

export function fileWarnings({ dataDir, envFile, uid }: ExaminedFiles): BrokerWarning[] {
  return [
    ...folderWarning(dataDir),
    ...contentWarning(dataDir),
    ...envWarning(envFile),
    ...rootWarning(uid),
  ];
}

function folderWarning(dataDir: string): BrokerWarning[] {
  const found = statOf(dataDir);
  if (found === undefined || !isOpenToOthers(found)) return [];
  const message = `other users may enter the data folder ${dataDir} (mode ${modeOf(found)}), which holds payloads and results`;
  return [{ message, remedy: `chmod 700 ${dataDir}` }];
}

function contentWarning(dataDir: string): BrokerWarning[] {
  const open = namesIn(dataDir).filter((name) => {
    const found = statOf(join(dataDir, name));
    return found?.isFile() === true && isOpenToOthers(found);
  });
  if (open.length === 0) return [];
  const rest = open.length - mostNamed;
  const named = open.slice(0, mostNamed).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
  return [
    {
      message: `other users may read or write files of the data folder: ${named}`,
      remedy: `Make them files of the user that runs Skep, and chmod 600 them. \`skep start\` does so with its own databases that belong to its user.`,
    },
  ];
}

function envWarning(file: string): BrokerWarning[] {
  const found = statOf(file);
  if (found === undefined || (found.mode & envMask) === 0) return [];
  return [
    {
      message: `${file} holds passwords, and other users may read or change it (mode ${modeOf(found)})`,
      remedy: `chmod 600 ${file}; or 640, for a group that only the user of Skep is in.`,
    },
  ];
}

function rootWarning(uid: number | undefined): BrokerWarning[] {
  if (uid !== 0) return [];
  return [
    {
      message: 'this runs as root: a task that is led astray may do everything on this machine',
      remedy:
        'Give Skep a user of its own, as with User= in the unit of systemd or USER in the image.',
    },
  ];
}

/** What cannot be asked about is not open to this user either. */
function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const modeOf = ({ mode }: Stats): string => (mode & 0o777).toString(8).padStart(4, '0');
