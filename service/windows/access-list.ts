/**
 * Access lists of files in Windows' text form (SDDL), e.g. `D:PAI(A;OICI;FA;;;SY)(A;OICIID;0x1200a9;;;BU)`:
 * flags, then entries of type, inheritance, rights and whom they are for.
 */

/** What is granted to one account, by its security identifier. */
export interface Grant {
  readonly sid: string;
  readonly rights: 'read' | 'modify';
  /** A folder's are for all below it too. */
  readonly kind: 'file' | 'folder';
}

/** FILE_GENERIC_READ | FILE_GENERIC_EXECUTE, and those with FILE_GENERIC_WRITE and DELETE */
const masks = { read: '0x1200a9', modify: '0x1301bf' } as const;

interface Entry {
  readonly text: string;
  readonly type: string;
  readonly flags: string;
  readonly rights: string;
  readonly sid: string;
}

const entriesOf = (list: string): Entry[] =>
  [...list.matchAll(/\(([^()]*)\)/g)].map(([text, inside = '']) => {
    const [type = '', flags = '', rights = '', , , sid = ''] = inside.split(';');
    return { text, type, flags, rights, sid };
  });

const isInherited = ({ flags }: Entry): boolean => /^(?:..)*ID/.test(flags);

const entry = ({ sid, rights, kind }: Grant): string =>
  `(A;${kind === 'folder' ? 'OICI' : ''};${masks[rights]};;;${sid})`;

/** No list at all: everybody may do everything. */
const isUnlimited = (list: string): boolean => list.includes('NO_ACCESS_CONTROL');

/** Whether a list grants just this to the account. */
export const grants = (list: string, grant: Grant): boolean =>
  isUnlimited(list) ||
  entriesOf(list).some(
    ({ type, rights, sid }) => type === 'A' && sid === grant.sid && rights === masks[grant.rights],
  );

/** The list with one grant more, behind what is denied, where Windows wants it; all else stays as it is. */
export const withGrant = (list: string, grant: Grant): string => {
  const earlier = entriesOf(list).filter(
    (present) => present.sid === grant.sid && !isInherited(present),
  );
  const others = earlier.reduce((text, present) => text.replace(present.text, ''), list);
  const denied = /^D:[A-Z]*(?:\(D;(?:OI|CI|NP|IO)*;[^()]*\))*/;
  return others.replace(denied, (head) => head + entry(grant));
};

/**
 * A list for administrators, the system, and services with an identity of their own: this one, and those that
 * had their grants. Nothing is inherited.
 */
export const restrictedList = (list: string, grant: Grant): string => {
  const inheritance = grant.kind === 'folder' ? 'OICI' : '';
  const services = entriesOf(list).filter(
    (present) =>
      present.sid.startsWith('S-1-5-80-') && present.sid !== grant.sid && !isInherited(present),
  );
  return [
    `D:PAI(A;${inheritance};FA;;;SY)(A;${inheritance};FA;;;BA)`,
    entry(grant),
    ...services.map(({ text }) => text),
  ].join('');
};

/** Everyone, authenticated users, users, interactive users. */
const crowds: ReadonlySet<string> = new Set(['WD', 'AU', 'BU', 'IU']);

/** FILE_WRITE_DATA, FILE_APPEND_DATA, DELETE, WRITE_DAC, WRITE_OWNER, and the generic rights that hold them */
const writing = 0x2 | 0x4 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000;
const writingWords: ReadonlySet<string> = new Set(['FA', 'FW', 'GA', 'GW', 'SD', 'WD', 'WO']);

const mayWrite = (rights: string): boolean =>
  rights.startsWith('0x')
    ? (Number(rights) & writing) !== 0
    : (rights.match(/../g) ?? []).some((word) => writingWords.has(word));

/** Whether everybody who can log on may change the file. */
export const crowdMayChange = (list: string): boolean =>
  isUnlimited(list) ||
  entriesOf(list).some(
    ({ type, flags, sid, rights }) =>
      type === 'A' && !/^(?:..)*IO/.test(flags) && crowds.has(sid) && mayWrite(rights),
  );

/** LocalService, whoever runs as a service, all services with identities of their own. */
const services = ['LS', 'SU', 'S-1-5-80-0'];

/** Whether a service that is no administrator may read the file; by its own grant, or as everybody may. */
export const serviceMayRead = (list: string, sids: readonly string[]): boolean =>
  isUnlimited(list) ||
  entriesOf(list).some(
    ({ type, sid }) => type === 'A' && (crowds.has(sid) || [...services, ...sids].includes(sid)),
  );
