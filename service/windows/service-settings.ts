/** What a service has beside its command line: ChangeServiceConfig2W and QueryServiceConfig2W (winsvc.h). */

import type KoffiModule from 'koffi';
import type { Native } from './native.ts';
import { WindowsError, windowsErrors } from './windows-error.ts';

export interface ServiceSettings {
  readonly description: string;
  /** Restarts after a failure, the first, the second and all later ones; counted anew after so long without one. */
  readonly recovery: { readonly resetAfterS: number; readonly restartAfterMs: readonly number[] };
  /** Started after the services that the system itself needs. */
  readonly delayedStart: boolean;
  /** Whether a service that says STOPPED with an error is started again as one that crashed is. */
  readonly recoverFromErrors: boolean;
  /** Whether the service has an identity of its own, `NT SERVICE\NAME`. */
  readonly ownIdentity: boolean;
  /** All others are taken from the process. */
  readonly privileges: readonly string[];
}

export type SettingName = keyof ServiceSettings;

/** SERVICE_CONFIG_… */
const levels: Readonly<Record<SettingName, number>> = {
  description: 1,
  recovery: 2,
  delayedStart: 3,
  recoverFromErrors: 4,
  ownIdentity: 5,
  privileges: 6,
};

const restart = 1; // SC_ACTION_RESTART
const bufferBytes = 8192; // the most that QueryServiceConfig2W takes

type Koffi = typeof KoffiModule;

/** A setting, and the structure that it is for Windows. */
export interface Codec<T> {
  readonly type: ReturnType<Koffi['struct']>;
  readonly encode: (value: T) => Record<string, unknown>;
  readonly decode: (raw: Record<string, unknown>) => T;
}

const flagCodec = (koffi: Koffi): Codec<boolean> => ({
  type: koffi.struct({ value: 'uint32' }), // SERVICE_SID_TYPE_UNRESTRICTED is 1, as TRUE is
  encode: (value) => ({ value: value ? 1 : 0 }),
  decode: ({ value }) => value === 1,
});

const descriptionCodec = (koffi: Koffi): Codec<string> => ({
  type: koffi.struct({ lpDescription: 'str16' }),
  encode: (text) => ({ lpDescription: text }),
  decode: ({ lpDescription }) => (typeof lpDescription === 'string' ? lpDescription : ''),
});

const recoveryCodec = (koffi: Koffi): Codec<ServiceSettings['recovery']> => {
  const action = koffi.struct({ Type: 'int', Delay: 'uint32' });
  return {
    type: koffi.struct({
      dwResetPeriod: 'uint32',
      lpRebootMsg: 'void *',
      lpCommand: 'void *',
      cActions: 'uint32',
      lpsaActions: koffi.pointer(action),
    }),
    encode: ({ resetAfterS, restartAfterMs }) => ({
      dwResetPeriod: resetAfterS,
      lpRebootMsg: null,
      lpCommand: null,
      cActions: restartAfterMs.length,
      lpsaActions: restartAfterMs.map((delay) => ({ Type: restart, Delay: delay })),
    }),
    decode({ dwResetPeriod, cActions, lpsaActions }) {
      const actions =
        lpsaActions === null
          ? []
          : (koffi.decode(lpsaActions, action, Number(cActions)) as {
              Type: number;
              Delay: number;
            }[]);
      return {
        resetAfterS: Number(dwResetPeriod),
        restartAfterMs: actions.flatMap(({ Type, Delay }) => (Type === restart ? [Delay] : [])),
      };
    },
  };
};

const privilegesCodec = (koffi: Koffi): Codec<readonly string[]> => ({
  type: koffi.struct({ pmszRequiredPrivileges: 'void *' }),
  // Each ends with a zero, and the list with one more
  encode: (names) => ({
    pmszRequiredPrivileges: Buffer.from(
      names.map((name) => `${name}\0`).join('') + '\0',
      'utf16le',
    ),
  }),
  decode({ pmszRequiredPrivileges }) {
    const names: string[] = [];
    if (pmszRequiredPrivileges === null) return names;
    for (let offset = 0; ;) {
      const name = String(koffi.decode(pmszRequiredPrivileges, offset, 'char16', -1));
      if (name === '') return names;
      names.push(name);
      offset += 2 * (name.length + 1);
    }
  },
});

export const settingCodecs = (
  koffi: Koffi,
): { readonly [Name in SettingName]: Codec<ServiceSettings[Name]> } => {
  const flag = flagCodec(koffi);
  return {
    description: descriptionCodec(koffi),
    recovery: recoveryCodec(koffi),
    delayedStart: flag,
    recoverFromErrors: flag,
    ownIdentity: flag,
    privileges: privilegesCodec(koffi),
  };
};

/** By an open service. */
export interface SettingCalls {
  /** undefined where this Windows does not know the setting. @throws WindowsError */
  read<Name extends SettingName>(service: unknown, name: Name): ServiceSettings[Name] | undefined;
  /** @throws WindowsError */
  write<Name extends SettingName>(service: unknown, name: Name, value: ServiceSettings[Name]): void;
}

export const bindSettings = ({ koffi, advapi32, lastError }: Native): SettingCalls => {
  const codecs = settingCodecs(koffi);
  const change = advapi32.func(
    'int __stdcall ChangeServiceConfig2W(void *service, uint32 level, void *info)',
  );
  const query = advapi32.func(
    'int __stdcall QueryServiceConfig2W(void *service, uint32 level, _Out_ uint8 *info, uint32 size, _Out_ uint32 *needed)',
  );
  return {
    read(service, name) {
      const codec = codecs[name];
      const info = Buffer.alloc(bufferBytes);
      if (query(service, levels[name], info, info.length, [0]))
        return codec.decode(koffi.decode(info, codec.type) as Record<string, unknown>);
      const code = lastError();
      if (code === windowsErrors.invalidLevel) return undefined;
      throw new WindowsError(code);
    },
    write(service, name, value) {
      const codec = codecs[name];
      const info = koffi.as(codec.encode(value), koffi.pointer(codec.type));
      if (!change(service, levels[name], info)) throw new WindowsError(lastError());
    },
  };
};
