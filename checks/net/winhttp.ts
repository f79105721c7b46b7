/** The machine's proxy setting of WinHTTP, as the registry keeps it. */

export interface WinHttpSettings {
  /** `HOST:PORT`, or `http=HOST:PORT;https=HOST:PORT`; absent: none is used. */
  readonly proxy?: string;
  /** The bypass list as written. */
  readonly bypass: string;
}

const proxyFlag = 2;
const maxTextBytes = 8192;

/**
 * Reads the value `WinHttpSettings` of HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet
 * Settings\Connections: three little-endian words (version, counter, flags), then proxy and bypass
 * list, each with its length before it.
 * @throws an Error of one line where the bytes are no such value
 */
export const parseWinHttpSettings = (bytes: Uint8Array): WinHttpSettings => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 8;
  const word = (what: string): number => {
    if (at + 4 > view.byteLength)
      throw new Error(`WinHttpSettings: ended at byte ${view.byteLength}, expected ${what}`);
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const text = (what: string): string => {
    const length = word(`the length of the ${what}`);
    if (length > maxTextBytes || at + length > view.byteLength)
      throw new Error(
        `WinHttpSettings: the ${what} has ${length} bytes, found ${view.byteLength - at}`,
      );
    at += length;
    return Buffer.from(bytes.subarray(at - length, at))
      .toString('latin1')
      .replace(/\0+$/, '');
  };
  const flags = word('flags');
  // Without a proxy some versions of Windows write nothing more.
  const proxy = at === view.byteLength ? '' : text('proxy');
  const bypass = at === view.byteLength ? '' : text('bypass list');
  return { ...((flags & proxyFlag) !== 0 && proxy !== '' && { proxy }), bypass };
};
